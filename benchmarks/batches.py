"""Landed batches of made rows, for the variants that work on one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.comparison import Job
from benchmarks.names import DAG_ID, FIRST_DAY
from benchmarks.records import BOARDS, FLIGHTS, WEATHER
from dataflow360.airports import AIRPORTS
from dataflow360.records.contract import RecordType
from dataflow360.records.donnees_meteo import SYNTHETIC
from dataflow360.records.mesures_villes import MEASUREMENTS, MESURES_VILLES

if TYPE_CHECKING:
    from dataflow360.pipeline.chunk import Chunk
    from dataflow360.pipeline.run import Run

_DAYS_OF_FLIGHTS = 30
_LINES_OF_A_BOARD = 25
_FILE = "batches.json"


def weather(rows: int) -> Iterator[pa.Table]:
    """At least ``rows`` hourly observations from 1950 on, a table for each airport."""
    from faker import Faker

    from dataflow360.faker_providers import WeatherProvider

    fake = Faker()
    fake.add_provider(WeatherProvider)
    days = -(-rows // (24 * len(AIRPORTS)))
    for airport in AIRPORTS:
        table = fake.weather_days(airport, FIRST_DAY, days)
        yield table.append_column("provenance", pa.repeat(SYNTHETIC, table.num_rows))


def flights(rows: int) -> Iterator[pa.Table]:
    """At least ``rows`` departures of a month of 1950, a table for each airport."""
    from faker import Faker

    from dataflow360.faker_providers import FlightProvider

    fake = Faker()
    fake.add_provider(FlightProvider)
    each = -(-rows // (_DAYS_OF_FLIGHTS * len(AIRPORTS)))
    days = [FIRST_DAY + timedelta(days=number) for number in range(_DAYS_OF_FLIGHTS)]
    for airport in AIRPORTS:
        yield pa.concat_tables(fake.flights(airport, day, rows=each) for day in days)


def boards(rows: int) -> Iterator[pa.Table]:
    """At least ``rows`` lines on the departure boards of made places, all of one day of 1950."""
    places = -(-rows // _LINES_OF_A_BOARD)
    departures = np.arange(places * _LINES_OF_A_BOARD)
    lines, step = departures % _LINES_OF_A_BOARD, 1_440 // _LINES_OF_A_BOARD
    minutes = lines * step
    times = pa.array(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)
    yield pa.table(
        {
            "Vol": pa.array(f"HC{100 + line}" for line in lines),
            "Code_Compagnie": pa.repeat("HC", len(lines)),
            "Compagnie": pa.repeat("Air Sénégal", len(lines)),
            "Heure_Depart": times,
            "Heure_Arrivee": times,
            "Destination": pa.array(list(AIRPORTS)[line % len(AIRPORTS)] for line in lines),
            "Pays": pa.repeat("Sénégal", len(lines)),
            "Aeroport": pa.array(f"P{place}" for place in departures // _LINES_OF_A_BOARD),
            "Date_Depart": pa.repeat(pa.scalar(FIRST_DAY), len(lines)),
        },
        BOARDS.arrow_schema,
    )


def measurements(rows: int) -> Iterator[pa.Table]:
    """At least ``rows`` hours of weather and air from 1970 on, all cities together."""
    hours = -(-rows // len(AIRPORTS))
    numbers = np.arange(hours * len(AIRPORTS))
    airports = [list(AIRPORTS.values())[number % len(AIRPORTS)] for number in numbers]
    columns: dict[str, object] = {
        "ville": [airport.city for airport in airports],
        "pays": [airport.country for airport in airports],
        "aeroport": [airport.iata for airport in airports],
        "timestamp": numbers // len(AIRPORTS) * 3_600_000,
        "aqi": numbers % 5 + 1,
    }
    for name in MEASUREMENTS:
        columns.setdefault(name, 900 + numbers % 100 if name == "pressure" else numbers % 50)
    schema = MESURES_VILLES.arrow_schema
    yield pa.table({field.name: pa.array(columns[field.name], field.type) for field in schema})


_MADE = {
    WEATHER.name: weather,
    FLIGHTS.name: flights,
    BOARDS.name: boards,
    MESURES_VILLES.name: measurements,
}


def run(name: str) -> Run:
    """A run of the benchmark, as the pipeline enters it in its accounts."""
    from dataflow360.pipeline.run import Interval, Run

    start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    return Run(DAG_ID, name, -1, Interval(start, start + timedelta(days=1)))


def land(record: RecordType, job: Job, rounds: int, topic: str = "none") -> list[str]:
    """Land a batch of made rows for each round, through the extract step.

    Their ids are noted for the processes that work on them. No two runs of the benchmarks give
    the same ids: the ledger topic may still know those of an earlier run.
    """
    from dataflow360.pipeline.extraction import Extraction, extract

    batch_ids = []
    for number in range(rounds):
        extraction = Extraction(
            record=record,
            topic=topic,
            source_key=f"{job.folder.name}/{number}",
            source_name=f"made {record.name}",
            request="{}",
            fetch=lambda: _chunks(record, job.rows),
        )
        batch_ids.append(extract(extraction, run(f"round-{number}"), refetch=False))
    remember(job, batch_ids)
    return batch_ids


def _chunks(record: RecordType, rows: int) -> Iterator[Chunk]:
    from dataflow360.pipeline.chunk import Chunk

    start = 0
    for table in _MADE[record.name](rows):
        wanted = table.slice(0, rows - start)
        positions = np.arange(start, start + wanted.num_rows, dtype=np.int64) + 1
        yield Chunk(wanted, positions, raw=lambda _: b"")
        start += wanted.num_rows


def remember(job: Job, batch_ids: list[str]) -> None:
    """Note the batch of each round."""
    (job.folder / _FILE).write_text(json.dumps(batch_ids))


def recall(job: Job) -> str:
    """The batch of a job's round."""
    batch_ids: list[str] = json.loads((job.folder / _FILE).read_text())
    return batch_ids[job.round]


def landed_rows(job: Job) -> list[pa.Table]:
    """The first rows of the round's batch, with event ids and content hashes."""
    from dataflow360.clients import mysql
    from dataflow360.pipeline import landing, registry

    with mysql.connect() as connection:
        batch = registry.get(connection, recall(job))
    tables, left = [], job.rows
    for table in landing.valid_rows(batch.folder):
        tables.append(table.slice(0, left))
        left -= tables[-1].num_rows
        if not left:
            break
    return tables
