"""The DAG that watches the sources, in Airflow: whom it watches, and what it leaves to the next."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dataflow360.alerts.dag_files import read
from dataflow360.clients import mysql
from tests.conftest import ROOT
from tests.end_to_end.conftest import Airflow

DAG_ID = "freshness"


@pytest.fixture(scope="module")
def freshness(airflow: Airflow) -> Iterator[Airflow]:
    """Airflow with the DAG unpaused, for as long as these tests run."""
    deadline = time.monotonic() + 90
    while airflow.http.get(f"/dags/{DAG_ID}").status_code != httpx.codes.OK:
        assert time.monotonic() < deadline, airflow.get("/importErrors")
        time.sleep(0.5)
    airflow.http.patch(f"/dags/{DAG_ID}", json={"is_paused": False}).raise_for_status()
    yield airflow
    airflow.http.patch(f"/dags/{DAG_ID}", json={"is_paused": True}).raise_for_status()


def look(airflow: Airflow) -> str:
    """Run the DAG once; the log of its task."""
    run_id = airflow.trigger(DAG_ID)
    assert airflow.wait(DAG_ID, run_id) == "success"
    return airflow.log(DAG_ID, run_id, "watch", 1)


def test_every_source_that_is_not_paused_is_watched(freshness: Airflow, connection: Any) -> None:
    look(freshness)
    sources, broken = read(ROOT / "dags")
    unpaused = {
        source.dag_id
        for source in sources
        if not freshness.get(f"/dags/{source.dag_id}")["is_paused"]
    }
    watched = mysql.fetch(connection, "SELECT dag_id FROM dataflow360.watches")
    assert broken == []
    assert {"openweather", "csv_files", "flight_weather"} <= unpaused
    assert {dag_id for (dag_id,) in watched} == unpaused


def test_a_source_that_is_paused_is_not_watched_any_more(
    freshness: Airflow, connection: Any
) -> None:
    path = "/dags/synthetic_weather"
    freshness.http.patch(path, json={"is_paused": True}).raise_for_status()
    try:
        look(freshness)
    finally:
        freshness.http.patch(path, json={"is_paused": False}).raise_for_status()
    found = mysql.fetch(
        connection,
        "SELECT dag_id FROM dataflow360.watches WHERE dag_id = 'synthetic_weather'",
    )
    assert found == []


def test_a_message_that_was_left_behind_is_told_once(freshness: Airflow, connection: Any) -> None:
    message = f"Left behind {uuid.uuid4()}."
    mysql.execute(
        connection,
        "INSERT INTO dataflow360.incidents (dag_id, kind, since, opened_at, opening, closed_at)"
        " VALUES ('synthetic_weather', 'late', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), %s,"
        " UTC_TIMESTAMP(6))",
        (message,),
    )
    first, second = look(freshness), look(freshness)
    (sent_at,) = mysql.fetch(
        connection,
        "SELECT opening_sent_at FROM dataflow360.incidents WHERE opening = %s",
        (message,),
    )
    assert message in first
    assert message not in second
    assert sent_at != (None,)
