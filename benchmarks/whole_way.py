"""A weather file of millions of rows on its whole way, each step in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.comparison import Comparison, Job, Variant, Work
from benchmarks.destinations import WEATHER_ROWS, Topic

if TYPE_CHECKING:
    from pathlib import Path

    from dataflow360.pipeline.extraction import Extraction

TOPIC = Topic("whole-way")

#: Days of weather that are drawn; a longer file has them again, on later days.
_DAYS_DRAWN = 366 * 4
_HOURS = 24


def file_of(job: Job) -> Path:
    """Where the file of a job lies."""
    return job.folder / "weather.csv"


def write_file(job: Job) -> None:
    """Write the file of a job: cities one after the other, each hour from 1950 on."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pacsv
    from faker import Faker

    from benchmarks.names import FIRST_DAY
    from dataflow360.airports import AIRPORTS
    from dataflow360.faker_providers import WeatherProvider

    fake = Faker()
    fake.add_provider(WeatherProvider)
    days = -(-job.rows // (_HOURS * len(AIRPORTS)))
    options = pacsv.WriteOptions(include_header=False, quoting_style="none")
    left = job.rows
    with file_of(job).open("wb") as file:
        for airport in AIRPORTS.values():
            drawn = fake.weather_days(airport.iata, FIRST_DAY, min(days, _DAYS_DRAWN))
            if file.tell() == 0:
                file.write(f"{','.join(drawn.column_names)}\n".encode())
            for start in range(0, days, _DAYS_DRAWN):
                rows = drawn.slice(0, min(left, (days - start) * _HOURS))
                later = pc.add(
                    pc.cast(rows["date_observation"], pa.int32()), pa.scalar(start, pa.int32())
                )
                rows = rows.set_column(2, "date_observation", pc.cast(later, pa.date32()))
                rows = rows.set_column(1, "aeroport", pa.repeat(airport.city, rows.num_rows))
                pacsv.write_csv(rows, file, options)
                left -= rows.num_rows


def _extraction(job: Job) -> Extraction:
    from airflow.sdk import ObjectStoragePath

    from benchmarks.records import WEATHER
    from dataflow360.sources.csv_files import files

    name = str(file_of(job).relative_to(job.folder.parent))  # another one in each run
    extraction = files.file(ObjectStoragePath(file_of(job)), name)
    return replace(extraction, record=WEATHER, topic=TOPIC.name)


@contextmanager
def _extract(job: Job) -> Iterator[Work]:
    import dataflow360.sources.csv_files.files  # noqa: F401  # here, and not within the work
    from benchmarks import batches
    from dataflow360.pipeline import extraction

    def work() -> None:
        batch_id = extraction.extract(_extraction(job), batches.run("whole-way"), refetch=False)
        batches.remember(job, [batch_id])

    yield work


@contextmanager
def _stage(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.pipeline import staging

    batch_id = batches.recall(job)
    yield lambda: staging.stage(batch_id)


@contextmanager
def _publish(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.pipeline import publishing

    batch_id = batches.recall(job)
    yield lambda: publishing.publish(batch_id)


@contextmanager
def _reconcile(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.pipeline import reconciling

    batch_id = batches.recall(job)
    yield lambda: reconciling.reconcile(batch_id, batches.run("whole-way"))


COMPARISON = Comparison(
    name="whole-way",
    title="a weather file",
    rows=1_000_000,
    variants=(
        Variant("extract", "extract", _extract),
        Variant("stage", "stage", _stage),
        Variant("publish", "publish", _publish),
        Variant("reconcile", "reconcile", _reconcile),
    ),
    destinations=(WEATHER_ROWS, TOPIC),
    prepare=lambda job, _: write_file(job),
    repeatable=False,
)
