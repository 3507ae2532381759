"""PostgreSQL, which holds Airflow's metadata."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg2
from psycopg2 import sql

from stack.commands import run
from stack.environment import HOST, supervisor_environment
from stack.errors import StackError
from stack.profiles import Profile
from stack.programs import Program, Service
from stack.settings import Settings

_PACKAGES = Path("/usr/lib/postgresql")


def service(settings: Settings) -> Service:
    """PostgreSQL on the loopback interface; as the user ``postgres`` if we are root."""
    data = data_directory(settings.profile)
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
        command=(str(_binary("postgres")), "-D", str(data), *arguments),
        directory=Path("/"),
        ports=("POSTGRES",),
        user=server_user(),
        stop_signal="INT",
    )
    return Service(
        name="postgres",
        programs=(program,),
        prepare=lambda: _prepare(settings, data),
        probe=lambda: _connect(settings).close(),
        initialise=lambda: _initialise(settings),
    )


def server_user() -> str | None:
    """The user that PostgreSQL runs as: it refuses root."""
    return "postgres" if os.getuid() == 0 else None


def data_directory(profile: Profile) -> Path:
    """The data directory: in the state directory if the server's user can reach it."""
    inside = profile.state / "postgres"
    user = server_user()
    if user is None or _can_reach(user, profile.root):
        return inside
    return Path(pwd.getpwnam(user).pw_dir) / f"dataflow360-{profile.digest}-{profile.name}"


def _can_reach(user: str, directory: Path) -> bool:
    result = subprocess.run(
        ["test", "-x", str(directory)], user=user, group=user, extra_groups=[], check=False
    )
    return result.returncode == 0


def _binary(name: str) -> Path:
    found = sorted(_PACKAGES.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not found:
        raise StackError(f"PostgreSQL's {name} is missing: install postgresql")
    return found[-1]


def _prepare(settings: Settings, data: Path) -> None:
    if (data / "PG_VERSION").exists():
        return
    user = server_user()
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w") as password_file:
        password_file.write(settings.secret("POSTGRES"))
        password_file.flush()
        if user is not None:
            for path in (data, password_file.name):
                shutil.chown(path, user, user)
        data.chmod(0o700)
        run(
            [
                str(_binary("initdb")),
                f"--pgdata={data}",
                "--username=postgres",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ],
            env=supervisor_environment(settings.profile),
            user=user,
            directory=Path("/"),  # which that user can enter
            log=settings.profile.logs / "postgres-initdb.log",
            what="creating PostgreSQL's data directory",
        )


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
