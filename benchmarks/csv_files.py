"""Reading a weather file: pyarrow and pandas by themselves against the project's checked chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks import whole_way
from benchmarks.comparison import Comparison, Job, Target, Variant, Work

if TYPE_CHECKING:
    from dataflow360.records.contract import RecordType


def _counted(rows: int, expected: int) -> None:
    if rows != expected:
        raise RuntimeError(f"{rows} of {expected} rows were read; the time would mean nothing.")


def _types(record: RecordType) -> dict[str, Any]:
    """Types of the file's columns: those of the contract."""
    return {field.name: field.type for field in record.arrow_schema if field.name != "provenance"}


@contextmanager
def _pyarrow(job: Job) -> Iterator[Work]:
    import pyarrow.csv as pacsv

    from dataflow360.records.donnees_meteo import DONNEES_METEO

    options = pacsv.ConvertOptions(column_types=_types(DONNEES_METEO))

    def work() -> None:
        with pacsv.open_csv(whole_way.file_of(job), convert_options=options) as batches:
            _counted(sum(batch.num_rows for batch in batches), job.rows)

    yield work


@contextmanager
def _pandas(job: Job) -> Iterator[Work]:
    import pandas as pd

    from dataflow360.records.donnees_meteo import DONNEES_METEO

    types = _types(DONNEES_METEO)
    numbers = {
        name: pd.ArrowDtype(dtype) for name, dtype in types.items() if name != "date_observation"
    }

    def work() -> None:
        frame = pd.read_csv(whole_way.file_of(job), dtype=numbers, parse_dates=["date_observation"])
        _counted(len(frame), job.rows)

    yield work


@contextmanager
def _ours(job: Job) -> Iterator[Work]:
    from airflow.sdk import ObjectStoragePath

    from dataflow360.records.validation import check
    from dataflow360.sources.csv_files import files
    from dataflow360.sources.csv_files.formats import formats

    def work() -> None:
        extraction = files.file(ObjectStoragePath(whole_way.file_of(job)), "weather.csv")
        checked = (check(extraction.record, chunk.table) for chunk in extraction.fetch())
        _counted(sum(each.valid.num_rows for each in checked), job.rows)

    # Libraries load parts of themselves at their first use, which is not the file's cost.
    few = Job(job.folder / "few", 1_000)
    few.folder.mkdir(exist_ok=True)
    whole_way.write_file(few)
    path = ObjectStoragePath(whole_way.file_of(few))
    for chunk in files.file(path, "few.csv").fetch():
        check(formats()["donnees_meteo"].record, chunk.table)
    yield work


COMPARISON = Comparison(
    name="csv",
    title="reading a weather file",
    rows=2_000_000,
    variants=(
        Variant("pyarrow", "pyarrow.csv.open_csv, typed columns, unchecked", _pyarrow),
        Variant("pandas", "pandas.read_csv, typed columns, unchecked", _pandas),
        Variant("ours", "ours: up to the validated chunks", _ours),
    ),
    targets=(Target("ours", "ours", "pyarrow", 0.4),),
    prepare=lambda job, _: whole_way.write_file(job),
)
