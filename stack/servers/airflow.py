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

NAMES = ("airflow-api", "airflow")
"""The services that ``--without-airflow`` leaves out; the metadata's tables are always there."""

_HEALTHY = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def metadata(settings: Settings) -> Service:
    """The tables of Airflow's metadata, in PostgreSQL."""
    return Service(
        name="airflow-metadata",
        needs=("postgres",),
        prepare=lambda: _prepare(settings),
        initialise=lambda: _migrate(settings),
    )


def api(settings: Settings) -> Service:
    """The API server, with the UI; tasks report to it, so that it comes before the scheduler."""
    return Service(
        name="airflow-api",
        programs=(_program(settings, "api", "api-server", ports=("AIRFLOW",)),),
        needs=("airflow-metadata",),
        probe=lambda: _probe(settings, ("metadatabase",)),
    )


def service(settings: Settings, needs: tuple[str, ...]) -> Service:
    """The other processes; tasks may start at once, so every other service comes first."""
    return Service(
        name="airflow",
        programs=(
            _program(settings, "scheduler", "scheduler", "--skip-serve-logs"),
            _program(settings, "dags", "dag-processor"),
            _program(settings, "triggerer", "triggerer", "--skip-serve-logs"),
        ),
        needs=needs,
        probe=lambda: _probe(settings, _HEALTHY),
    )


def _program(
    settings: Settings, name: str, *arguments: str, ports: tuple[str, ...] = ()
) -> Program:
    profile = settings.profile
    return Program(
        name=f"airflow-{name}",
        command=(sys.executable, "-m", "stack.launch", profile.name, "airflow", *arguments),
        directory=profile.root,
        ports=ports,
        stop_group=True,
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


def _probe(settings: Settings, parts: tuple[str, ...]) -> None:
    url = f"{airflow_url(settings)}/api/v2/monitor/health"
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  # our own address
        health = json.load(response)
    sick = [part for part in parts if health[part]["status"] != "healthy"]
    if sick:
        raise StackError(f"Airflow's {', '.join(sick)} is not healthy yet")
