"""The serverless path as a person runs it in Airflow, in the stack's own AWS account."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dataflow360 import names
from dataflow360.airports import AIRPORTS
from dataflow360.clients.aws import client
from tests.end_to_end.conftest import Airflow
from tests.end_to_end.test_airflow import ledger
from tests.end_to_end.test_sources import run_of_day
from tests.simulator import Simulator, simulator

__all__ = ["simulator"]

pytestmark = pytest.mark.usefixtures("new_minute")

DAG_ID = "openweather_to_kinesis"
_PARSED_SECONDS = 90


@pytest.fixture(scope="module", autouse=True)
def _path(airflow: Airflow) -> Iterator[None]:
    """The path set up by its own DAG; both DAGs at rest again in the end."""
    both = ("aws_setup", DAG_ID)
    deadline = time.monotonic() + _PARSED_SECONDS
    while any(airflow.http.get(f"/dags/{dag_id}").is_error for dag_id in both):
        assert time.monotonic() < deadline, airflow.http.get("/importErrors").text
        time.sleep(0.5)
    for dag_id in both:
        airflow.http.patch(f"/dags/{dag_id}", json={"is_paused": False}).raise_for_status()
    run_id = airflow.trigger("aws_setup")
    assert airflow.wait("aws_setup", run_id) == "success"
    yield
    for dag_id in both:
        airflow.http.patch(f"/dags/{dag_id}", json={"is_paused": True}).raise_for_status()


def state(ville: str) -> dict[str, Any] | None:
    found = client("dynamodb").get_item(
        TableName=names.STATE_TABLE, Key={"ville": {"S": ville}}, ConsistentRead=True
    )
    return found.get("Item")


def test_the_present_comes_to_dynamodb_and_the_run_is_green_when_it_is_there(
    airflow: Airflow, simulator: Simulator
) -> None:
    run_id = airflow.trigger(DAG_ID, refetch=True)
    assert airflow.wait(DAG_ID, run_id) == "success"
    (row,) = ledger(run_id)
    assert row["state"] == "reconciled"
    assert row["messages_published"] == row["rows_stored"] == len(AIRPORTS)
    for airport in AIRPORTS.values():
        item = state(airport.city)
        assert item is not None
        assert "temp" in item


def test_a_past_hour_comes_to_the_history_and_leaves_the_newer_state(
    airflow: Airflow, simulator: Simulator
) -> None:
    before = {airport.city: state(airport.city) for airport in AIRPORTS.values()}
    run_id = run_of_day(airflow, DAG_ID, datetime(2024, 5, 17, 10, tzinfo=UTC))
    (row,) = ledger(run_id)
    assert row["source_name"] == "OpenWeather's history of the air, 2024-05-17 10:00"
    assert row["messages_published"] == row["rows_stored"] == len(AIRPORTS)
    assert {airport.city: state(airport.city) for airport in AIRPORTS.values()} == before


def test_a_run_waits_in_the_triggerer_until_the_data_are_at_their_end(
    airflow: Airflow, simulator: Simulator
) -> None:
    forget("Dakar")  # or it would be there from the beginning
    lambda_ = client("lambda")
    (mapping,) = lambda_.list_event_source_mappings(FunctionName=names.FUNCTION)[
        "EventSourceMappings"
    ]
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        await_mapping(mapping["UUID"], "Disabled")
        run_id = airflow.trigger(DAG_ID, airports=["DSS"], refetch=True)
        airflow.wait_for_task(DAG_ID, run_id, "arrive", "deferred")
        time.sleep(3)
        airflow.wait_for_task(DAG_ID, run_id, "arrive", "deferred")
    finally:
        lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    await_mapping(mapping["UUID"], "Enabled")
    assert airflow.wait(DAG_ID, run_id) == "success"
    (row,) = ledger(run_id)
    assert row["messages_published"] == row["rows_stored"] == 1
    log = airflow.log(DAG_ID, run_id, "arrive", 1)
    assert "1 put, 0 stored, 0 failed, 1 missing: Dakar" in log
    assert "The triggerer has seen: 1 put, 1 stored, 0 failed" in log


def forget(ville: str) -> None:
    """Take a city's state and its observation out of both tables."""
    item = state(ville)
    if item is None:
        return
    key = {"ville": item["ville"]}
    moment = {"timestamp": item["timestamp"]}
    client("dynamodb").delete_item(TableName=names.STATE_TABLE, Key=key)
    client("dynamodb").delete_item(TableName=names.HISTORY_TABLE, Key=key | moment)


def await_mapping(uuid: str, state: str) -> None:
    deadline = time.monotonic() + 60
    while client("lambda").get_event_source_mapping(UUID=uuid)["State"] != state:
        assert time.monotonic() < deadline, f"the mapping is not {state}"
        time.sleep(0.2)


def test_before_the_history_begins_the_run_is_skipped(airflow: Airflow) -> None:
    run_id = run_of_day(airflow, DAG_ID, datetime(2020, 5, 17, 10, tzinfo=UTC))
    assert {task["state"] for task in airflow.tasks(DAG_ID, run_id)} == {"skipped"}
    log = airflow.log(DAG_ID, run_id, "extract", 1)
    assert "OpenWeather's history of air pollution begins on 2020-11-27" in log
