"""End-to-end tests go through Airflow's own scheduler, by its REST API."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from dataflow360.clients import redis
from dataflow360.clients.rate_limit import CALLS_PER_MINUTE, RateLimit
from stack import settings as env_file
from stack.environment import airflow_url
from stack.profiles import Profile
from tests import turns
from tests.real_servers import connection, day, stack_is_up

__all__ = ["connection", "day", "stack_is_up"]

DAG_IDS = (
    "synthetic_flights",
    "synthetic_weather",
    "csv_files",
    "scrape_departures",
    "scrape_weather",
    "openweather",
    "aviationstack",
    "flight_weather",
    "replay_quarantine",
)
_PARSED_SECONDS = 90


@dataclass(frozen=True)
class Airflow:
    """Airflow as a client of its REST API sees it."""

    http: httpx.Client

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Start a run without a logical date; its id."""
        answer = self.request_run(dag_id, **conf)
        assert answer.is_success, answer.text
        return str(answer.json()["dag_run_id"])

    def request_run(self, dag_id: str, **conf: Any) -> httpx.Response:
        return self.http.post(f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf})

    def wait(self, dag_id: str, run_id: str, seconds: float = 240) -> str:
        """The state of a run when it is over."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.get(f"/dags/{dag_id}/dagRuns/{run_id}")["state"]
            if state in {"success", "failed"}:
                return str(state)
            assert time.monotonic() < deadline, f"{dag_id} {run_id} is still {state}"
            time.sleep(0.5)

    def wait_for_backfills(self, dag_id: str) -> None:
        """Wait until Airflow has noticed that all runs of a DAG's backfills are over."""
        deadline = time.monotonic() + 120
        while any(
            backfill["completed_at"] is None
            for backfill in self.get("/backfills", dag_id=dag_id)["backfills"]
        ):
            assert time.monotonic() < deadline, f"a backfill of {dag_id} is not completed"
            time.sleep(0.5)

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return list(self.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"])

    def wait_for_task(self, dag_id: str, run_id: str, task_id: str, *states: str) -> None:
        """Wait until a task is in one of the given states."""
        deadline = time.monotonic() + 120
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        while (state := self.get(path)["state"]) not in states:
            assert time.monotonic() < deadline, f"{task_id} of {run_id} is still {state}"
            time.sleep(0.1)

    def skip_pause(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Have a failed task's pause before its next try behind it, if it is not over by itself."""
        database = create_engine(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
        with database.begin() as connection:
            connection.execute(
                text(
                    "UPDATE task_instance SET end_date = end_date - INTERVAL '1 hour' WHERE "
                    "dag_id = :dag_id AND run_id = :run_id AND task_id = :task_id "
                    "AND state = 'up_for_retry'"
                ),
                {"dag_id": dag_id, "run_id": run_id, "task_id": task_id},
            )
        database.dispose()

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int, map_index: int = -1) -> str:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        return str(self.get(path, map_index=map_index, full_content=True)["content"])


@pytest.fixture(scope="session")
def profile() -> Profile:
    return Profile("test")


@pytest.fixture(scope="session", autouse=True)
def alone(request: pytest.FixtureRequest) -> None:
    """Nobody else works on the servers any more."""
    turns.await_the_end_of_the_others(request.session)


@pytest.fixture
def new_minute() -> None:
    """All of the minute's calls to OpenWeather are left, as they are a minute later."""
    with redis.connect() as client:
        limit = RateLimit(client, "openweather", CALLS_PER_MINUTE["openweather"])
        limit._limiter.clear(limit._item, limit._name)


@pytest.fixture(scope="session")
def airflow(profile: Profile) -> Iterator[Airflow]:
    settings = env_file.load(profile)
    url = airflow_url(settings)
    login = {"username": "admin", "password": settings.secret("AIRFLOW_ADMIN")}
    token = httpx.post(f"{url}/auth/token", json=login).raise_for_status().json()["access_token"]
    with httpx.Client(
        base_url=f"{url}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as client:
        session = Airflow(client)
        deadline = time.monotonic() + _PARSED_SECONDS
        while any(
            client.get(f"/dags/{dag_id}").status_code != httpx.codes.OK for dag_id in DAG_IDS
        ):
            assert time.monotonic() < deadline, client.get("/importErrors").text
            time.sleep(0.5)
        for dag_id in DAG_IDS:
            client.patch(f"/dags/{dag_id}", json={"is_paused": False}).raise_for_status()
        yield session
