"""PostgreSQL, which holds Airflow's metadata."""

import os
import shutil
from pathlib import Path

import psycopg2
from psycopg2 import sql

from stack.commands import find, run
from stack.environment import HOST, supervisor_environment
from stack.errors import StackError
from stack.files import write_private
from stack.programs import Program, Service
from stack.settings import Settings

_PACKAGES = Path("/usr/lib/postgresql")
_DATA = "/proc/self/fd/3"  # see _with_data


def service(settings: Settings) -> Service:
    """PostgreSQL on the loopback interface; as the user ``postgres`` if we are root."""
    options = {
        "listen_addresses": HOST,
        "port": str(settings.port("POSTGRES")),
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    program = Program(
        name="postgres",
        command=_with_data(settings, "postgres", "-D", _DATA, *arguments),
        directory=Path("/"),  # which every user can enter
        ports=("POSTGRES",),
        stop_signal="INT",
    )
    return Service(
        name="postgres",
        programs=(program,),
        prepare=lambda: _prepare(settings),
        probe=lambda: _connect(settings).close(),
        initialise=lambda: _initialise(settings),
    )


def _home(settings: Settings) -> Path:
    return settings.profile.state / "postgres"


def _with_data(settings: Settings, program: str, *arguments: str) -> tuple[str, ...]:
    """A command of PostgreSQL's, which gets its data directory opened.

    As root it runs as another user, for it refuses root; and that user need not be able to reach
    the project's directory.
    """
    as_user: tuple[str, ...] = ()
    if os.getuid() == 0:
        change = ("--reuid=postgres", "--regid=postgres", "--init-groups")
        as_user = (find("setpriv", "util-linux"), *change)
    shell = ("/bin/sh", "-c", 'exec "$@" 3<"$0"', str(_home(settings)))
    return (*shell, *as_user, str(_binary(program)), *arguments)


def _binary(name: str) -> Path:
    found = sorted(_PACKAGES.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not found:
        raise StackError(f"PostgreSQL's {name} is missing: install postgresql")
    return found[-1]


def _prepare(settings: Settings) -> None:
    home = _home(settings)
    if (home / "PG_VERSION").exists():
        return
    home.mkdir(mode=0o700, exist_ok=True)
    password = home.with_name("postgres-password")
    write_private(password, settings.secret("POSTGRES"))
    if os.getuid() == 0:
        for path in (home, password):
            shutil.chown(path, "postgres", "postgres")
    try:
        run(
            _with_data(
                settings,
                "initdb",
                f"--pgdata={_DATA}",
                "--username=postgres",
                f"--pwfile={_DATA}/../{password.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ),
            env=supervisor_environment(settings.profile),
            directory=Path("/"),
            log=settings.profile.logs / "postgres-initdb.log",
            what="creating PostgreSQL's data directory",
        )
    finally:
        password.unlink()


def _connect(settings: Settings) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=HOST,
        port=settings.port("POSTGRES"),
        user="postgres",
        password=settings.secret("POSTGRES"),
        dbname="postgres",
        connect_timeout=5,
    )


def _initialise(settings: Settings) -> None:
    connection = _connect(settings)
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'airflow'")
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        cursor.execute(
            sql.SQL(verb + " ROLE airflow LOGIN PASSWORD {}").format(
                sql.Literal(settings.secret("AIRFLOW_DB"))
            )
        )
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'airflow'")
        if not cursor.fetchone():
            cursor.execute("CREATE DATABASE airflow OWNER airflow")
    finally:
        connection.close()
