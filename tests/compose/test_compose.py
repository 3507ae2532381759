"""The very compose file, run under a real Docker daemon: what it promises, one after the other.

The tests are one story: each goes on from where the one before it has left the project.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from stack import demo, landed
from stack import settings as env_file
from stack.environment import airflow_url
from stack.servers.airflow import USERS
from stack.settings import COMPOSE_LANDING, Settings
from tests.compose.compose import FILES, Compose
from tests.end_to_end.conftest import Airflow

WORKERS = 2
ROWS = 5000
"""Enough for a task to be still at work when its worker is killed."""

DAY = date(1998, 7, 12)
NEEDED = sorted(set(re.findall(r"\$\{(\w+):\?", FILES[0].read_text())))

pytestmark = pytest.mark.timeout(1800)


@contextmanager
def session(settings: Settings, user: str) -> Iterator[Airflow]:
    """A session of one of Airflow's users."""
    url = airflow_url(settings)
    login = {"username": user, "password": settings.secret(USERS[user])}
    answer = httpx.post(f"{url}/auth/token", json=login).raise_for_status()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    with httpx.Client(base_url=f"{url}/api/v2", headers=headers, timeout=30) as client:
        yield Airflow(client)


@pytest.fixture
def airflow(settings: Settings) -> Iterator[Airflow]:
    """Airflow, as its user admin."""
    with session(settings, "admin") as opened:
        yield opened


# ---- before anything runs


@pytest.mark.parametrize("name", NEEDED)
def test_without_one_variable_it_refuses_and_names_it(
    compose: Compose, tmp_path: Path, name: str
) -> None:
    lines = compose.profile.env_file.read_text().splitlines(keepends=True)
    incomplete = tmp_path / "incomplete.env"
    incomplete.write_text("".join(line for line in lines if not line.startswith(f"{name}=")))
    answer = compose.run("--profile=tools", "config", "--quiet", env=incomplete, check=False)
    assert answer.returncode != 0
    assert name in answer.stderr
    assert "make env" in answer.stderr


def test_without_an_env_file_it_refuses_with_a_sentence(compose: Compose, tmp_path: Path) -> None:
    empty = tmp_path / "empty.env"
    empty.touch()
    answer = compose.run("config", "--quiet", env=empty, check=False)
    assert answer.returncode != 0
    assert "is missing a value: run 'make env', which writes it to .env" in answer.stderr


def test_the_whole_file_is_free_of_warnings(compose: Compose) -> None:
    answer = compose.run("--profile=tools", "config", "--quiet")
    assert answer.stdout + answer.stderr == ""


# ---- up


def test_everything_comes_up_and_is_healthy(compose: Compose, console: Console) -> None:
    started = time.monotonic()
    compose.up("--build", workers=WORKERS)
    containers = compose.containers()
    running = [each for each in containers if each.state == "running"]
    assert len(containers) > len(running) > WORKERS
    assert len([each for each in running if each.service == "airflow-worker"]) == WORKERS
    console.print(
        f"  {len(running)} containers are healthy and {len(containers) - len(running)} one-shot "
        f"services have succeeded, {time.monotonic() - started:.0f} s after 'up --build'"
    )


def test_every_port_is_published_on_the_loopback_interface_only(
    compose: Compose, console: Console
) -> None:
    published = [
        (binding["HostIp"], binding["HostPort"])
        for container in compose.inspect(compose.containers())
        for bindings in container["NetworkSettings"]["Ports"].values()
        for binding in bindings or []
    ]
    assert {address for address, _ in published} == {"127.0.0.1"}
    console.print(f"  {len(published)} ports are published, all of them on 127.0.0.1")


def test_every_dag_is_green(settings: Settings, console: Console) -> None:
    demo.run(settings, console)


def test_each_worker_has_run_tasks(airflow: Airflow, console: Console) -> None:
    tasks = airflow.get("/dags/~/dagRuns/~/taskInstances", limit=100)["task_instances"]
    by_worker = {
        name: len([task for task in tasks if task["hostname"] == name])
        for name in {task["hostname"] for task in tasks if task["hostname"]}
    }
    console.print(f"  tasks by worker, of the last {len(tasks)}: {by_worker}")
    assert len(by_worker) == WORKERS


def test_the_page_is_answered_by_every_store(settings: Settings, console: Console) -> None:
    parts = ("overview", "kafka", "kinesis", "map", "airports/DSS", "quarantine")
    with session(settings, "lecteur") as viewer:
        for part in parts:
            answer = viewer.http.get(f"{airflow_url(settings)}/dataflow360/api/{part}")
            assert answer.status_code == httpx.codes.OK, (part, answer.text)
            assert unavailable(answer.json()) == []
    console.print(f"  the page answers the viewer: {', '.join(parts)}")


def unavailable(answer: Any) -> list[str]:
    """Why parts of an answer of the page are missing, if any are."""
    if isinstance(answer, list):
        return [reason for each in answer for reason in unavailable(each)]
    if not isinstance(answer, dict):
        return []
    own = [answer["reason"]] if answer.get("available") is False else []
    return own + [reason for each in answer.values() for reason in unavailable(each)]


# ---- who may do what


OPEN = {
    ("GET", "/api/v2/auth/login"),
    ("GET", "/api/v2/auth/logout"),
    ("GET", "/api/v2/monitor/health"),
    ("GET", "/api/v2/version"),
}
"""What Airflow's API answers to everybody: its health, its version, the way to the login form."""


def test_without_login_no_operation_of_the_api_answers(
    settings: Settings, console: Console
) -> None:
    with httpx.Client(base_url=airflow_url(settings), timeout=30) as nobody:
        described = nobody.get("/openapi.json").json()["paths"]
        operations = {(method.upper(), path) for path in described for method in described[path]}
        answers = {
            (method, path): nobody.request(method, re.sub(r"\{\w+\}", "1", path)).status_code
            for method, path in operations
        }
    refused = {
        operation for operation, status in answers.items() if status == httpx.codes.UNAUTHORIZED
    }
    assert len(refused) > 100
    assert operations - refused == OPEN
    assert answers["GET", "/api/v2/monitor/health"] == httpx.codes.OK
    console.print(
        f"  without login {len(refused)} of the API's {len(operations)} operations are refused; "
        f"open are {', '.join(path for _, path in sorted(OPEN))}"
    )


def test_the_viewer_looks_and_does_not_trigger(settings: Settings) -> None:
    with session(settings, "lecteur") as viewer:
        assert viewer.get("/dags/synthetic_weather/dagRuns")["total_entries"] > 0
        answer = viewer.request_run("synthetic_weather", day=str(DAY))
        assert answer.status_code == httpx.codes.FORBIDDEN
        assert viewer.http.get("/connections").status_code == httpx.codes.FORBIDDEN


def test_the_operator_triggers(settings: Settings) -> None:
    with session(settings, "operateur") as operator:
        run_id = operator.trigger("synthetic_weather", rows=12, day=str(DAY))
        assert operator.wait("synthetic_weather", run_id) == "success"


# ---- the profile tools


def test_the_notebook_is_for_who_has_the_token_and_runs(
    compose: Compose, settings: Settings, console: Console
) -> None:
    jupyter = ("--profile=tools", "exec", "-T", "jupyter", "jupyter")
    compose.run("--profile=tools", "up", "--detach", "--build", "--wait", "jupyter")
    url = f"http://127.0.0.1:{settings.port('JUPYTER')}/api/status"
    token = {"Authorization": f"token {settings.secret('JUPYTER')}"}
    assert httpx.get(url).status_code == httpx.codes.FORBIDDEN
    assert httpx.get(url, headers=token).status_code == httpx.codes.OK
    started = time.monotonic()
    compose.run(*jupyter, "execute", "notebooks/explore.ipynb")
    console.print(f"  the notebook ran in its container in {time.monotonic() - started:.0f} s")
    compose.run("--profile=tools", "rm", "--stop", "--force", "jupyter")


# ---- what dies


def test_a_worker_is_killed_and_the_run_is_green_all_the_same(
    compose: Compose, airflow: Airflow, settings: Settings, console: Console
) -> None:
    dag_id = "synthetic_flights"
    workers = [each for each in compose.containers("airflow-worker") if each.state == "running"]
    run_id = airflow.trigger(dag_id, rows=ROWS, day=str(DAY))
    airflow.wait_for_task(dag_id, run_id, "stage", "running")
    (task,) = [task for task in airflow.tasks(dag_id, run_id) if task["task_id"] == "stage"]
    killed: str = task["hostname"]  # the start of its container's id
    compose.daemon.docker("kill", next(each.id for each in workers if each.id.startswith(killed)))
    started = time.monotonic()
    assert airflow.wait(dag_id, run_id, seconds=600) == "success"
    seconds = time.monotonic() - started
    (stage,) = [task for task in airflow.tasks(dag_id, run_id) if task["task_id"] == "stage"]
    # A busy Cassandra may cost it another try.
    assert stage["try_number"] > 1
    assert stage["hostname"] != killed
    (row,) = [row for row in landed.runs(settings) if row["run_id"] == run_id]
    assert row["state"] == "reconciled"
    assert row["rows_valid"] == row["rows_stored"] == ROWS * 16
    assert row["messages_published"] == row["rows_new"]
    console.print(
        f"  worker {killed} was killed amid a run of {ROWS * 16:,} rows; {stage['hostname']} took "
        f"over 'stage' at try {stage['try_number']}, and the run was green {seconds:.0f} s later"
    )
    compose.up("--no-recreate", workers=WORKERS)


def test_a_store_that_starts_late_is_waited_for(compose: Compose, console: Console) -> None:
    compose.run("stop", "mysql")
    compose.run("up", "--detach", "--no-deps", "--force-recreate", "provision-mysql")
    time.sleep(5)
    (waiting,) = compose.containers("provision-mysql")
    assert waiting.state == "running"
    said = compose.logs("provision-mysql")
    assert "MySQL" in said
    compose.run("start", "mysql")
    compose.wait()
    (done,) = compose.containers("provision-mysql")
    assert (done.state, done.exit_code) == ("exited", 0)
    (restarts,) = [each["RestartCount"] for each in compose.inspect([done])]
    assert restarts == 0
    console.print(f"  while MySQL was away, provision-mysql said: {said.strip().splitlines()[-1]}")


# ---- the landing zone in a bucket


def test_one_setting_moves_the_landing_zone_to_s3(
    compose: Compose, airflow: Airflow, settings: Settings, tmp_path: Path, console: Console
) -> None:
    bucket = landed.aws(settings, "s3").create_bucket(Bucket="dataflow360-landing")
    lines = compose.profile.env_file.read_text().splitlines()
    others = [line for line in lines if not line.startswith(f"{COMPOSE_LANDING}=")]
    in_s3 = tmp_path / "s3.env"
    in_s3.write_text("\n".join([*others, f"{COMPOSE_LANDING}=s3://{bucket.name}/zone", ""]))
    compose.up(workers=WORKERS, env=in_s3)
    run_id = airflow.trigger("synthetic_weather", rows=12, day=str(DAY + timedelta(days=1)))
    assert airflow.wait("synthetic_weather", run_id) == "success"
    (row,) = [row for row in landed.runs(settings) if row["run_id"] == run_id]
    assert row["state"] == "reconciled"
    assert row["rows_valid"] == row["rows_stored"] == row["messages_published"] == 12 * 16
    keys = [each.key for each in bucket.objects.all()]
    assert keys
    assert all(key.startswith("zone/") for key in keys)
    hosts = {task["hostname"] for task in airflow.tasks("synthetic_weather", run_id)}
    console.print(f"  {len(hosts)} workers had their batch in {len(keys)} objects of s3")


# ---- down, and up again


def test_down_and_up_again_loses_nothing(
    compose: Compose, airflow: Airflow, settings: Settings, console: Console
) -> None:
    settle(airflow)
    before = landed.counts(settings)
    assert {count.store for count in before} == {
        *("MySQL", "Cassandra", "Redis", "DynamoDB", "Kafka"),
    }
    compose.run("down")
    assert compose.containers() == []
    started = time.monotonic()
    compose.up(workers=WORKERS)
    assert landed.counts(settings) == before
    console.print(
        f"  down, and up again in {time.monotonic() - started:.0f} s: the same "
        f"{sum(count.number for count in before):,} rows, items and messages in {len(before)} "
        "tables, boards and topics"
    )


def settle(airflow: Airflow) -> None:
    """Let no new run start, and wait until none is under way."""
    for dag_id in (dag["dag_id"] for dag in airflow.get("/dags")["dags"]):
        airflow.http.patch(f"/dags/{dag_id}", json={"is_paused": True}).raise_for_status()
    deadline = time.monotonic() + 300
    while under_way(airflow):
        assert time.monotonic() < deadline, under_way(airflow)
        time.sleep(1)


def under_way(airflow: Airflow) -> list[Any]:
    """The runs that have not ended."""
    return [
        run
        for state in ("running", "queued")
        for run in airflow.get("/dags/~/dagRuns", state=state)["dag_runs"]
    ]


# ---- in the end


def test_no_secret_is_in_what_the_containers_print(compose: Compose, settings: Settings) -> None:
    printed = compose.logs()
    secrets = {
        name: value
        for name, value in settings.values.items()
        if name.startswith(env_file.SECRET_PREFIX)
    }
    # The cluster's id is an identity, which Kafka prints when it starts.
    del secrets["DATAFLOW360_SECRET_KAFKA_CLUSTER_ID"]
    assert len(secrets) > 10
    assert len(printed) > 10_000
    assert [name for name, value in secrets.items() if value in printed] == []
