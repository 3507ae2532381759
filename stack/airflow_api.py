"""A small client of Airflow's REST API."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from stack.environment import airflow_url
from stack.errors import StackError
from stack.settings import Settings

_TIMEOUT_SECONDS = 30
_LOG_LINES = 12


@dataclass(frozen=True)
class Run:
    """A DAG run."""

    dag_id: str
    run_id: str
    state: str
    logical_date: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in ("success", "failed")


@dataclass(frozen=True)
class Api:
    """A session of the user admin."""

    url: str
    token: str

    def is_parsed(self, dag_id: str) -> bool:
        """Whether Airflow knows a DAG."""
        try:
            self._call("GET", f"/dags/{dag_id}")
        except _NotFoundError:
            return False
        return True

    def import_errors(self) -> list[str]:
        """The DAG files that could not be imported, each with its last line of traceback."""
        answer = self._call("GET", "/importErrors")
        return [
            f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}"
            for error in answer["import_errors"]
        ]

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run a DAG."""
        self._call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def backfill(self, dag_id: str, first: datetime, last: datetime) -> None:
        """Ask for the runs of these days that are missing or failed; one under way is left."""
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "reprocess_behavior": "failed",
            "max_active_runs": 2,
        }
        try:
            self._call("POST", "/backfills", body)
        except _ConflictError:
            return

    def trigger(self, dag_id: str, params: Mapping[str, object]) -> str:
        """Start a run now, with other params than the default ones; returns its id."""
        body = {"logical_date": None, "conf": params}
        answer = self._call("POST", f"/dags/{dag_id}/dagRuns", body)
        return str(answer["dag_run_id"])

    def runs(self, dag_id: str) -> list[Run]:
        """A DAG's latest runs."""
        answer = self._call("GET", f"/dags/{dag_id}/dagRuns?order_by=-run_after&limit=100")
        return [
            Run(
                dag_id,
                run["dag_run_id"],
                run["state"],
                datetime.fromisoformat(run["logical_date"]) if run["logical_date"] else None,
            )
            for run in answer["dag_runs"]
        ]

    def failures(self, run: Run) -> list[str]:
        """The failed tasks of a run, each with the end of its log."""
        return [
            f"{run.dag_id} {run.run_id}: task {task['task_id']} failed\n{self._log(run, task)}"
            for task in self._tasks(run, "failed")
        ] or [f"{run.dag_id} {run.run_id} failed"]

    def retrying(self, run: Run) -> list[str]:
        """The tasks of a run that failed and will be tried again."""
        return [
            f"{run.dag_id} {run.run_id}: try {task['try_number']} of {task['task_id']} failed,"
            " it will be tried again"
            for task in self._tasks(run, "up_for_retry")
        ]

    def _tasks(self, run: Run, state: str) -> list[Mapping[str, Any]]:
        path = f"{_path(run)}?state={state}"
        tasks: list[Mapping[str, Any]] = self._call("GET", path)["task_instances"]
        return tasks

    def _log(self, run: Run, task: Mapping[str, Any]) -> str:
        answer = self._call(
            "GET",
            f"{_path(run)}/{task['task_id']}/logs/{task['try_number']}"
            f"?map_index={task['map_index']}&full_content=true",
        )
        lines = [
            " ".join(str(part) for part in (entry.get("level", ""), entry["event"], _error(entry)))
            for entry in answer["content"]
            if entry.get("level") in ("error", "critical")
        ]
        return "\n".join(f"    {line.strip()}" for line in lines[-_LOG_LINES:])

    def _call(self, method: str, path: str, body: object = None) -> Any:
        return _request(method, f"{self.url}/api/v2{path}", body, self.token)


def sign_in(settings: Settings) -> Api:
    """Open a session of the user admin."""
    url = airflow_url(settings)
    body = {"username": "admin", "password": settings.secret("AIRFLOW_ADMIN")}
    return Api(url, _request("POST", f"{url}/auth/token", body)["access_token"])


def await_parsed(api: Api, dag_ids: tuple[str, ...], seconds: float) -> None:
    """Wait until Airflow knows the DAGs, or say why it does not."""
    deadline = time.monotonic() + seconds
    while missing := [dag_id for dag_id in dag_ids if not api.is_parsed(dag_id)]:
        if time.monotonic() > deadline:
            errors = "\n".join(api.import_errors()) or "their files have no import error"
            raise StackError(f"Airflow does not know {', '.join(missing)}; {errors}")
        time.sleep(1)


class _NotFoundError(StackError):
    pass


class _ConflictError(StackError):
    pass


_ERRORS: Mapping[int, type[StackError]] = {
    HTTPStatus.NOT_FOUND: _NotFoundError,
    HTTPStatus.CONFLICT: _ConflictError,
}


def _path(run: Run) -> str:
    return f"/dags/{run.dag_id}/dagRuns/{urllib.parse.quote(run.run_id)}/taskInstances"


def _error(entry: Mapping[str, Any]) -> str:
    details = entry.get("error_detail") or []
    return "; ".join(f"{detail['exc_type']}: {detail['exc_value']}" for detail in details)


def _request(method: str, url: str, body: object, token: str = "") -> Any:
    request = urllib.request.Request(  # noqa: S310  # our own address
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"}
        | ({"Authorization": f"Bearer {token}"} if token else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError as error:
        kind = _ERRORS.get(error.code, StackError)
        answer = error.read().decode(errors="replace")
        raise kind(f"Airflow answered {error.code} to {method} {url}: {answer}") from error
