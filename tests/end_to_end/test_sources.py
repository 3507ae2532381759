"""Every source as a person runs it in Airflow: green, skipped with a reason, or red with one."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dataflow360.clients import mysql
from tests.end_to_end.conftest import Airflow
from tests.end_to_end.test_airflow import ledger
from tests.simulator import Simulator, simulator

__all__ = ["simulator"]

pytestmark = pytest.mark.usefixtures("new_minute")

AIRPORTS = ["DSS", "LOS"]


def finished(airflow: Airflow, dag_id: str, **conf: Any) -> tuple[str, dict[str, Any]]:
    """Trigger a run, wait for its good end; its id and its row of the ledger."""
    run_id = airflow.trigger(dag_id, **conf)
    assert airflow.wait(dag_id, run_id) == "success"
    (row,) = ledger(run_id)
    return run_id, row


@pytest.fixture(scope="module")
def present(airflow: Airflow) -> dict[str, str]:
    """A run of each source for the present, all of them under way at once; their ids by DAG."""
    params: dict[str, dict[str, Any]] = {
        "openweather": {"refetch": True},
        "scrape_departures": {"refetch": True},
        "scrape_weather": {"refetch": True},
        "aviationstack": {"calls": 2},
    }
    return {
        dag_id: airflow.trigger(dag_id, airports=AIRPORTS, **others)
        for dag_id, others in params.items()
    }


@pytest.mark.parametrize(
    "dag_id", ["openweather", "scrape_departures", "scrape_weather", "aviationstack"]
)
def test_the_present_is_fetched_and_reconciled(
    airflow: Airflow, simulator: Simulator, present: dict[str, str], dag_id: str
) -> None:
    assert airflow.wait(dag_id, present[dag_id]) == "success"
    (row,) = ledger(present[dag_id])
    assert row["state"] == "reconciled"
    assert row["rows_read"] > 0
    assert row["rows_valid"] == row["rows_stored"]


def test_a_past_without_history_is_skipped_with_the_reason(airflow: Airflow) -> None:
    run_id = run_of_day(airflow, "aviationstack", datetime(2024, 5, 17, tzinfo=UTC))
    assert {task["task_id"]: task["state"] for task in airflow.tasks("aviationstack", run_id)} == {
        "extract": "skipped", "stage": "skipped", "publish": "skipped", "reconcile": "skipped",
    }  # fmt: skip
    (row,) = reasons(run_id)
    assert row[0] == "skipped"
    assert "there is no history to fetch" in row[1]
    assert row[1] in airflow.log("aviationstack", run_id, "extract", 1)


def test_a_past_hour_of_weather_comes_from_the_archive(airflow: Airflow) -> None:
    run_id = run_of_day(airflow, "openweather", datetime(2024, 5, 18, 10, tzinfo=UTC))
    (row,) = ledger(run_id)
    assert row["source_name"] == "Open-Meteo of 2024-05-18 10:00"
    assert row["rows_stored"] == 16


def run_of_day(airflow: Airflow, dag_id: str, moment: datetime) -> str:
    """The run of one past interval, by a backfill; its id when it has succeeded."""
    body = {
        "dag_id": dag_id,
        "from_date": moment.isoformat(),
        "to_date": moment.isoformat(),
        "reprocess_behavior": "completed",
    }
    airflow.wait_for_backfills(dag_id)
    answer = airflow.http.post("/backfills", json=body)
    assert answer.is_success, answer.text
    runs = airflow.get(
        f"/dags/{dag_id}/dagRuns",
        logical_date_gte=moment.isoformat(),
        logical_date_lte=moment.isoformat(),
    )["dag_runs"]
    (run_id,) = (str(run["dag_run_id"]) for run in runs)
    assert airflow.wait(dag_id, run_id) == "success"
    return run_id


def reasons(run_id: str) -> list[tuple[str, str]]:
    with mysql.connect() as connection:
        return mysql.fetch(
            connection, "SELECT state, reason FROM dataflow360.runs WHERE run_id = %s", (run_id,)
        )


def test_a_refused_key_fails_at_once(airflow: Airflow, simulator: Simulator) -> None:
    simulator.fault("openweather", "401")
    run_id = airflow.trigger("openweather", airports=AIRPORTS, refetch=True)
    assert airflow.wait("openweather", run_id, seconds=60) == "failed"
    (extract,) = [t for t in airflow.tasks("openweather", run_id) if t["task_id"] == "extract"]
    assert extract["try_number"] == 1
    log = airflow.log("openweather", run_id, "extract", 1)
    assert "OpenWeather refuses the key (401: Invalid API key" in log
    assert "appid" not in log


def test_one_airport_that_fails_for_a_while_is_asked_again_alone(
    airflow: Airflow, simulator: Simulator
) -> None:
    simulator.fault("openweather", "503", match="lat=6.57737", times=3)
    run_id = airflow.trigger("openweather", refetch=True)
    airflow.wait_for_task("openweather", run_id, "extract", "up_for_retry")
    airflow.skip_pause("openweather", run_id, "extract")
    assert airflow.wait("openweather", run_id) == "success"
    (row,) = ledger(run_id)
    assert row["rows_valid"] == row["rows_stored"] == 16
    tries = {t["task_id"]: t["try_number"] for t in airflow.tasks("openweather", run_id)}
    assert tries["extract"] == 2
    assert simulator.calls("openweather") == 16 + 3
    assert "LOS: OpenWeather has a fault of its own" in airflow.log(
        "openweather", run_id, "extract", 1
    )


def test_a_page_that_has_changed_is_named_with_what_it_looked_like(
    airflow: Airflow, simulator: Simulator
) -> None:
    simulator.fault("flightstats", "selectors")
    run_id = airflow.trigger("scrape_departures", airports=["DSS"], refetch=True)
    assert airflow.wait("scrape_departures", run_id, seconds=120) == "failed"
    log = airflow.log("scrape_departures", run_id, "extract", 1)
    assert "table__TableRow" in log
    assert ".png" in log


def test_departures_and_weather_together_start_the_join(
    airflow: Airflow, simulator: Simulator
) -> None:
    before = {run["dag_run_id"] for run in joins(airflow)}
    finished(airflow, "openweather", airports=AIRPORTS, refetch=True)
    finished(airflow, "scrape_departures", airports=AIRPORTS, refetch=True)
    deadline = time.monotonic() + 60
    while not (new := [r for r in joins(airflow) if r["dag_run_id"] not in before]):
        assert time.monotonic() < deadline, "flight_weather has not been started"
        time.sleep(0.5)
    run_id = new[0]["dag_run_id"]
    assert new[0]["run_type"] == "asset_triggered"
    assert airflow.wait("flight_weather", run_id) == "success"
    # An earlier update of a day without departures has its part of the run skipped.
    rows = [row for row in ledger(run_id) if row["state"] != "skipped"]
    assert sum(row["rows_valid"] for row in rows) > 0
    assert all(row["rows_valid"] == row["rows_stored"] for row in rows)
    board = datetime.now(UTC) - timedelta(hours=6)
    days = {board.date() - timedelta(days=1), board.date(), datetime.now(UTC).date()}
    assert {row["interval_start"].date() for row in rows} <= days


def joins(airflow: Airflow) -> list[dict[str, Any]]:
    return list(airflow.get("/dags/flight_weather/dagRuns", limit=100)["dag_runs"])


def test_a_dry_run_of_a_replay_shows_what_would_become_of_the_records(
    airflow: Airflow, day: Any
) -> None:
    run_id = airflow.trigger("synthetic_flights", rows=4, bad_share=0.25, day=str(day))
    assert airflow.wait("synthetic_flights", run_id) == "success"
    with mysql.connect() as connection:
        ((batch_id,),) = mysql.fetch(
            connection, "SELECT batch_id FROM dataflow360.runs WHERE run_id = %s", (run_id,)
        )
    replay = airflow.trigger("replay_quarantine", batch_id=batch_id)
    assert airflow.wait("replay_quarantine", replay) == "success"
    log = airflow.log("replay_quarantine", replay, "select", 1)
    assert "still refused" in log
    assert reasons(replay)[0][0] == "skipped"

    dismissal = airflow.trigger(
        "replay_quarantine", batch_id=batch_id, dismiss="damaged on purpose", dry_run=False
    )
    assert airflow.wait("replay_quarantine", dismissal) == "success"
    with mysql.connect() as connection:
        states = mysql.fetch(
            connection,
            "SELECT DISTINCT state, comment FROM dataflow360.quarantine WHERE batch_id = %s",
            (batch_id,),
        )
    assert states == [("dismissed", "damaged on purpose")]


def test_a_viewer_can_look_and_not_trigger(airflow: Airflow) -> None:
    from stack import settings as env_file
    from stack.profiles import Profile

    settings = env_file.load(Profile("test"))
    url = str(airflow.http.base_url).removesuffix("/api/v2/")
    login = {"username": "lecteur", "password": settings.secret("AIRFLOW_LECTEUR")}
    token = httpx.post(f"{url}/auth/token", json=login).raise_for_status().json()["access_token"]
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as viewer:
        assert viewer.get(f"{url}/api/v2/dags/replay_quarantine").is_success
        answer = viewer.post(
            f"{url}/api/v2/dags/replay_quarantine/dagRuns", json={"logical_date": None}
        )
    assert answer.status_code == httpx.codes.FORBIDDEN
