"""What a person does in the Airflow UI: trigger, backfill, run again, and get it wrong."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dataflow360.clients import mysql
from stack import settings as env_file
from stack.environment import airflow_url
from stack.profiles import Profile
from tests.end_to_end.conftest import DAG_IDS, Airflow

SAMPLE = Path(__file__).parents[2] / "samples" / "meteo_openmeteo.csv"
ROWS = 12
EXPECTED = ROWS * 16


def ledger(run_id: str) -> list[dict[str, Any]]:
    """The rows of the run ledger that a run has left."""
    columns = (
        "state", "interval_start", "rows_read", "rows_valid", "rows_quarantined", "rows_new",
        "rows_unchanged", "rows_stored", "messages_published", "source_name",
    )  # fmt: skip
    with mysql.connect() as connection:
        rows = mysql.fetch(
            connection,
            f"SELECT {', '.join(columns)} FROM dataflow360.runs WHERE run_id = %s",
            (run_id,),
        )
    return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.fixture
def past_day() -> date:
    """A day in the DAGs' own past."""
    return date(2020, 1, 1) + timedelta(days=random.randrange(2000))


@pytest.mark.parametrize("dag_id", ["synthetic_flights", "synthetic_weather"])
def test_a_run_without_a_date_takes_the_last_complete_interval(
    airflow: Airflow, dag_id: str
) -> None:
    before = datetime.now(UTC).date()
    run_id = airflow.trigger(dag_id, rows=ROWS)
    assert airflow.wait(dag_id, run_id) == "success"
    after = datetime.now(UTC).date()
    (row,) = ledger(run_id)
    assert row["state"] == "reconciled"
    assert row["rows_valid"] == row["rows_stored"] == EXPECTED
    assert row["interval_start"].date() in {before - timedelta(days=1), after - timedelta(days=1)}


def test_a_backfill_makes_each_day_of_the_past_once(airflow: Airflow, past_day: date) -> None:
    days = [past_day + timedelta(days=number) for number in range(3)]
    runs = backfill(airflow, "synthetic_weather", days, "none")
    assert len(runs) == 3
    made = {row["interval_start"].date(): row for run in runs for row in ledger(run)}
    assert set(made) == set(days)
    assert all(row["messages_published"] == row["rows_new"] for row in made.values())

    airflow.wait_for_backfills("synthetic_weather")
    again = backfill(airflow, "synthetic_weather", days, "completed")
    assert again == runs
    for run in again:
        (row,) = ledger(run)
        assert row == made[row["interval_start"].date()]


def backfill(airflow: Airflow, dag_id: str, days: list[date], reprocess: str) -> list[str]:
    """Backfill days and wait; the ids of their runs."""
    answer = airflow.http.post(
        "/backfills",
        json={
            "dag_id": dag_id,
            "from_date": f"{days[0]}T00:00:00Z",
            "to_date": f"{days[-1]}T00:00:00Z",
            "reprocess_behavior": reprocess,
            "max_active_runs": 3,
        },
    )
    assert answer.is_success, answer.text
    runs = airflow.get(
        f"/dags/{dag_id}/dagRuns",
        logical_date_gte=f"{days[0]}T00:00:00Z",
        logical_date_lte=f"{days[-1]}T00:00:00Z",
    )["dag_runs"]
    ids = sorted(run["dag_run_id"] for run in runs)
    assert {airflow.wait(dag_id, run_id) for run_id in ids} == {"success"}
    return ids


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"airports": ["ZZZ"]}, ["airports", "ZZZ"]),
        ({"airports": []}, ["airports"]),
        ({"rows": -5}, ["rows", "-5"]),
        ({"rows": 1_000_000}, ["rows", "1000000"]),
        ({"bad_share": 1.5}, ["bad_share", "1.5"]),
        ({"day": "01/11/2026"}, ["day", "01/11/2026"]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_bad_param_is_refused_before_there_is_a_run(
    airflow: Airflow, conf: dict[str, Any], words: list[str]
) -> None:
    before = airflow.get("/dags/synthetic_flights/dagRuns")["total_entries"]
    answer = airflow.request_run("synthetic_flights", **conf)
    assert answer.is_client_error
    assert all(word in answer.text for word in words)
    assert airflow.get("/dags/synthetic_flights/dagRuns")["total_entries"] == before


def test_bad_rows_leave_the_run_green_and_counted(airflow: Airflow, day: date) -> None:
    run_id = airflow.trigger("synthetic_flights", rows=ROWS, bad_share=0.25, day=str(day))
    assert airflow.wait("synthetic_flights", run_id) == "success"
    (row,) = ledger(run_id)
    assert row["rows_quarantined"] == EXPECTED // 4
    assert row["messages_published"] == row["rows_new"] == EXPECTED * 3 // 4
    log = airflow.log("synthetic_flights", run_id, "extract", 1)
    assert f"{EXPECTED // 4} records are in quarantine" in log


def test_too_many_bad_rows_fail_the_run_at_once(airflow: Airflow, day: date) -> None:
    run_id = airflow.trigger("synthetic_weather", rows=ROWS, bad_share=0.75, day=str(day))
    assert airflow.wait("synthetic_weather", run_id, seconds=60) == "failed"
    log = airflow.log("synthetic_weather", run_id, "extract", 1)
    assert "more than the share of 0.5 that is allowed" in log
    (extract,) = [
        t for t in airflow.tasks("synthetic_weather", run_id) if t["task_id"] == "extract"
    ]
    assert extract["try_number"] == 1


def test_a_file_of_the_inbox_is_loaded_once_whatever_it_is_called(
    airflow: Airflow, stack_inbox: Path
) -> None:
    (stack_inbox / "meteo.csv").write_bytes(SAMPLE.read_bytes())
    first = airflow.trigger("csv_files")
    assert airflow.wait("csv_files", first) == "success"
    (row,) = ledger(first)
    assert row["source_name"] == "meteo.csv"
    assert row["rows_read"] == row["rows_valid"] == row["rows_stored"] == 2880
    assert row["rows_quarantined"] == 0

    (stack_inbox / "a copy.csv").write_bytes(SAMPLE.read_bytes())
    second = airflow.trigger("csv_files")
    assert airflow.wait("csv_files", second) == "success"
    (skipped,) = ledger(second)
    assert (skipped["state"], skipped["rows_read"]) == ("skipped", 0)


def test_files_of_every_format_are_loaded(airflow: Airflow, stack_inbox: Path) -> None:
    expected = {
        "meteo_abidjan.zip": 24, "passagers_dakar.csv": 504, "tarifs_afrique_ouest.csv.gz": 500,
    }  # fmt: skip
    for name in expected:
        (stack_inbox / name).write_bytes((SAMPLE.parent / name).read_bytes())
    (stack_inbox / "unfinished.csv.partial").write_bytes(SAMPLE.read_bytes())
    run_id = airflow.trigger("csv_files")
    assert airflow.wait("csv_files", run_id) == "success"
    assert {row["source_name"]: row["rows_stored"] for row in ledger(run_id)} == expected


def test_a_file_of_no_known_format_is_named_and_holds_up_no_other(
    airflow: Airflow, stack_inbox: Path, day: date
) -> None:
    header, first, *_ = SAMPLE.read_text(encoding="utf-8").splitlines()
    good = first.replace("2025-10-20", str(day))
    (stack_inbox / "good.csv").write_text(f"{header}\n{good}\n", encoding="utf-8")
    (stack_inbox / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    run_id = airflow.trigger("csv_files")
    assert airflow.wait("csv_files", run_id) == "failed"
    assert {(row["source_name"], row["state"]) for row in ledger(run_id)} == {
        ("good.csv", "reconciled"),
        (None, "failed"),
    }
    failed = [t for t in airflow.tasks("csv_files", run_id) if t["state"] == "failed"]
    assert [task["rendered_map_index"] for task in failed] == ["bad.csv"]
    log = airflow.log("csv_files", run_id, failed[0]["task_id"], 1, failed[0]["map_index"])
    assert "bad.csv has the header of no known format; the nearest is " in log
    assert (stack_inbox / "bad.csv").exists()


@pytest.fixture
def stack_inbox(profile: Profile) -> Path:
    """The inbox that the stack's DAGs watch, empty."""
    inbox = Path(env_file.load(profile).path("DATAFLOW360_INBOX"))
    for path in inbox.iterdir():
        path.unlink()
    return inbox


def test_without_login_nothing_but_health_answers(profile: Profile) -> None:
    url = airflow_url(env_file.load(profile))
    assert httpx.get(f"{url}/api/v2/monitor/health").is_success
    for path in ("/api/v2/dags", "/api/v2/dags/csv_files/dagRuns", "/api/v2/connections"):
        assert httpx.get(f"{url}{path}").status_code == httpx.codes.UNAUTHORIZED


def test_no_secret_is_in_a_log_an_xcom_or_a_rendered_template(
    airflow: Airflow, profile: Profile
) -> None:
    settings = env_file.load(profile)
    secrets = [
        value for name, value in settings.values.items() if name.startswith(env_file.SECRET_PREFIX)
    ]
    assert len(secrets) > 5
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in (profile.state / "airflow" / "logs").rglob("*.log")
    ]
    for dag_id in DAG_IDS:
        for task in airflow.get(f"/dags/{dag_id}/dagRuns/~/taskInstances", limit=100)[
            "task_instances"
        ]:
            texts.append(str(task["rendered_fields"]))
            path = f"/dags/{dag_id}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
            texts.append(str(airflow.get(f"{path}/xcomEntries", map_index=task["map_index"])))
    assert len(texts) > 10
    assert not [secret for secret in secrets if any(secret in text for text in texts)]
