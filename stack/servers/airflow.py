"""Apache Airflow: its metadata database and its four processes."""

import json
import sys
import urllib.request
from importlib.metadata import version
from pathlib import Path

from stack.commands import run
from stack.environment import airflow_url, project_environment, supervisor_environment
from stack.errors import StackError
from stack.files import write_private
from stack.programs import Program, Service
from stack.settings import Settings

USERS = {
    "admin": "AIRFLOW_ADMIN",
    "operateur": "AIRFLOW_OPERATEUR",
    "lecteur": "AIRFLOW_LECTEUR",
}
"""The users of the UI, each with the name of its password's setting."""

_PROGRAMS = {
    "airflow-api": ("api-server",),
    "airflow-scheduler": ("scheduler", "--skip-serve-logs"),
    "airflow-dags": ("dag-processor",),
    "airflow-triggerer": ("triggerer", "--skip-serve-logs"),
}
_HEALTHY = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def metadata(settings: Settings) -> Service:
    """The tables of Airflow's metadata, in PostgreSQL."""
    return Service(
        name="airflow-metadata",
        needs=("postgres",),
        prepare=lambda: _prepare(settings),
        initialise=lambda: _migrate(settings),
    )


def service(settings: Settings, needs: tuple[str, ...]) -> Service:
    """Airflow's processes; tasks may start at once, so every other service comes first."""
    programs = tuple(
        Program(
            name=name,
            command=(
                sys.executable,
                "-m",
                "stack.launch",
                settings.profile.name,
                "airflow",
                *arguments,
            ),
            directory=settings.profile.root,
            ports=("AIRFLOW",) if name == "airflow-api" else (),
            stop_group=True,
        )
        for name, arguments in _PROGRAMS.items()
    )
    return Service(
        name="airflow",
        programs=programs,
        needs=needs,
        probe=lambda: _probe(settings),
    )


def _prepare(settings: Settings) -> None:
    home = settings.profile.state / "airflow"
    (home / "logs").mkdir(parents=True, exist_ok=True)
    passwords = {user: settings.secret(secret) for user, secret in USERS.items()}
    write_private(home / "passwords.json", json.dumps(passwords) + "\n")


def _migrate(settings: Settings) -> None:
    """Bring the tables to this version of Airflow, unless a stamp says that they are."""
    stamp = settings.profile.state / "airflow" / "migrated"
    current = version("apache-airflow")
    if stamp.exists() and stamp.read_text() == current:
        return
    run(
        [str(Path(sys.executable).with_name("airflow")), "db", "migrate"],
        env={**supervisor_environment(settings.profile), **project_environment(settings)},
        log=settings.profile.logs / "airflow-migrate.log",
        what="airflow db migrate",
    )
    stamp.write_text(current)


def _probe(settings: Settings) -> None:
    url = f"{airflow_url(settings)}/api/v2/monitor/health"
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  # our own address
        health = json.load(response)
    sick = [part for part in _HEALTHY if health[part]["status"] != "healthy"]
    if sick:
        raise StackError(f"Airflow's {', '.join(sick)} is not healthy yet")
