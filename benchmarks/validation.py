"""Checking rows against their contract: valid ones, bad ones, and jsonschema row by row."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from benchmarks.comparison import Comparison, Job, Target, Variant, Work

if TYPE_CHECKING:
    import pyarrow as pa


def _valid() -> pa.Table:
    """A chunk of weather."""
    import pyarrow as pa

    from benchmarks import batches
    from dataflow360.pipeline.chunk import CHUNK_ROWS

    return pa.concat_tables(batches.weather(CHUNK_ROWS)).slice(0, CHUNK_ROWS).combine_chunks()


def _one_bad() -> pa.Table:
    """A chunk in which each row has another temperature that is none."""
    import numpy as np
    import pyarrow as pa

    table = _valid()
    place = table.schema.get_field_index("temperature")
    return table.set_column(place, "temperature", pa.array(100.5 + np.arange(table.num_rows)))


def _all_bad() -> pa.Table:
    """A chunk without one good value; numbers and text are others in each row."""
    import numpy as np
    import pyarrow as pa

    from dataflow360.pipeline.chunk import CHUNK_ROWS
    from dataflow360.records.donnees_meteo import DONNEES_METEO

    numbers = np.arange(CHUNK_ROWS)

    def bad(dtype: pa.DataType) -> pa.Array:
        if pa.types.is_floating(dtype):
            return pa.array(1e5 + numbers)
        if pa.types.is_integer(dtype):
            return pa.array(-1 - numbers % 100, dtype)
        if pa.types.is_string(dtype):
            return pa.array(f" {number}" for number in numbers)
        return pa.nulls(CHUNK_ROWS, dtype)

    schema = DONNEES_METEO.arrow_schema
    return pa.table([bad(dtype) for dtype in schema.types], schema=schema)


def _checked(
    make: Callable[[], pa.Table], *, bad: bool
) -> Callable[[Job], AbstractContextManager[Work]]:
    """Check one chunk as often as makes the job's rows."""

    @contextmanager
    def opened(job: Job) -> Iterator[Work]:
        from dataflow360.records.donnees_meteo import DONNEES_METEO
        from dataflow360.records.validation import check

        chunk = make()

        def work() -> None:
            for _ in range(job.rows // chunk.num_rows):
                refused = len(check(DONNEES_METEO, chunk).refused)
                if refused != bad * chunk.num_rows:
                    raise RuntimeError(f"{refused} rows were refused; the time means nothing.")

        work()  # Arrow loads parts of itself at their first use
        yield work

    return opened


@contextmanager
def _jsonschema(job: Job) -> Iterator[Work]:
    from dataflow360.records.documents import json_schema
    from jsonschema import Draft202012Validator

    from dataflow360.records.donnees_meteo import DONNEES_METEO

    validator = Draft202012Validator(json_schema(DONNEES_METEO))
    event_id = {DONNEES_METEO.id_column: str(uuid.UUID(int=0))}
    rows = [
        event_id | row | {"date_observation": row["date_observation"].isoformat()}
        for row in _valid().slice(0, job.rows).to_pylist()
    ]

    def work() -> None:
        if not all(map(validator.is_valid, rows)):
            raise RuntimeError("A valid row was refused; the time means nothing.")

    yield work


COMPARISON = Comparison(
    name="validation",
    title="checking weather rows, 50,000 at a time",
    rows=1_000_000,
    variants=(
        Variant("jsonschema", "jsonschema, row by row", _jsonschema, most_rows=5_000),
        Variant("valid", "ours: valid rows", _checked(_valid, bad=False)),
        Variant("bad", "ours: one bad value in each row", _checked(_one_bad, bad=True)),
        Variant("all-bad", "ours: every value bad", _checked(_all_bad, bad=True)),
    ),
    targets=(
        Target("valid", "ours", "jsonschema", 10),
        Target("bad", "one bad value", "valid", 1 / 3),
    ),
)
