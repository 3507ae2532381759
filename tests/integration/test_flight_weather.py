"""Departures with their weather: in the table, on the topic and in files by day."""

import random
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from dataflow360.clients import mysql
from dataflow360.errors import SkippableError
from dataflow360.pipeline import day_table, extraction, staging
from dataflow360.pipeline.chunk import Chunk
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.request import DerivedRequest
from dataflow360.pipeline.run import Run, day_interval
from dataflow360.records.contract import RecordType
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.meteo_aeroports import METEO_AEROPORTS
from dataflow360.records.vols_meteo import VOLS_METEO
from dataflow360.sources.flight_weather import FLIGHT_WEATHER
from tests.integration.support import ends, finish, received_since
from tests.unit.sources.test_flight_weather import departure, observation

TOPIC = "vols_meteo"


@pytest.fixture
def day() -> date:
    """A day of this century that no other test works on."""
    return lone_day()


def lone_day() -> date:
    """A day of this century on whose neighbours, which the join reads, nobody works either."""
    return date(2001, 1, 1) + timedelta(days=random.randrange(8_000))


def load(
    dag_id: str,
    record: RecordType,
    day: date,
    rows: list[dict[str, Any]],
    then: Callable[[str, Run], object] = finish,
) -> None:
    """Bring rows into the system as their own source would."""
    run = Run(dag_id, f"test__{uuid.uuid4()}", -1, day_interval(day))
    table = pa.Table.from_pylist(rows, record.arrow_schema)
    chunk = Chunk(table, np.arange(1, len(rows) + 1), lambda row: str(rows[row]).encode())
    (topic,) = record.topics
    wanted = Extraction(record, topic, run.interval.key, "test", "{}", lambda: [chunk])
    then(extraction.extract(wanted, run, refetch=True), run)


def board(day: date, *times: str, then: Callable[[str, Run], object] = finish) -> None:
    rows = [
        departure(time=time, Vol=f"HC{number}", Date_Depart=day)
        for number, time in enumerate(times, start=300)
    ]
    load("scrape_departures", DEPARTS_AEROPORTS, day, rows, then)


def join_day(day: date) -> dict[str, int]:
    run = Run("flight_weather", f"test__{uuid.uuid4()}", -1, day_interval(day))
    wanted = FLIGHT_WEATHER.extraction(DerivedRequest(), run)
    batch_id = extraction.extract(wanted, run, refetch=True)
    account = finish(batch_id, run)
    day_table.write(batch_id)
    return account


def files(day: date) -> list[dict[str, Any]]:
    """What someone reads who reads the files as one table."""
    rows = day_table.dataset(VOLS_METEO).to_table(filter=ds.field("date_depart") == day)
    return rows.sort_by("vol").to_pylist()


def test_departures_meet_their_weather_and_a_second_run_changes_nothing(day: date) -> None:
    board(day, "08:15", "10:30")
    load("openweather", METEO_AEROPORTS, day, [observation(f"{day} 10:02")])
    start = ends(TOPIC)
    account = join_day(day)
    assert (account["rows_new"], account["messages_published"]) == (2, 2)
    before = files(day)
    assert [row["temperature"] for row in before] == [None, 27.5]

    assert join_day(day) == account
    assert len(received_since(TOPIC, start)) == 2
    assert files(day) == before


def test_when_the_weather_comes_the_departure_changes(day: date) -> None:
    board(day, "08:15", "10:30")
    assert join_day(day)["rows_new"] == 2
    start = ends(TOPIC)
    load("openweather", METEO_AEROPORTS, day, [observation(f"{day} 08:02", temperature=24.0)])
    account = join_day(day)
    assert (account["rows_changed"], account["rows_unchanged"]) == (1, 1)
    (sent,) = received_since(TOPIC, start)
    assert orjson.loads(sent.value)["temperature"] == 24.0
    assert [row["temperature"] for row in files(day)] == [24.0, None]


def test_files_and_table_hold_the_same(day: date, connection: object) -> None:
    board(day, "08:15", "10:30", "23:59")
    load("openweather", METEO_AEROPORTS, day, [observation(f"{day} 10:02")])
    join_day(day)
    columns = "vol, destination, depart_utc, observation, temperature"
    rows = mysql.fetch(
        connection,
        f"SELECT {columns} FROM aerien_db.vols_meteo WHERE date_depart = %s ORDER BY vol",
        (day,),
    )
    names = columns.split(", ")
    assert [tuple(row[name] for name in names) for row in files(day)] == rows


def test_of_a_departure_that_was_read_twice_the_later_version_counts(day: date) -> None:
    board(day, "08:15")
    board(day, "09:20")
    join_day(day)
    assert [row["heure_depart"] for row in files(day)] == ["09:20"]


def test_a_day_without_departures_is_skipped_with_the_reason(day: date) -> None:
    with pytest.raises(SkippableError, match=rf"No departures of {day} are known yet"):
        join_day(day)


def test_departures_that_are_not_published_yet_are_left_to_the_next_run(day: date) -> None:
    board(day, "08:15", then=lambda batch_id, run: staging.stage(batch_id))
    with pytest.raises(SkippableError):
        join_day(day)


def test_the_moment_of_a_departure_is_whole(day: date) -> None:
    board(day, "08:15")
    join_day(day)
    (row,) = files(day)
    assert row["depart_utc"] == datetime.combine(day, datetime.min.time()).replace(
        hour=8, minute=15
    )
