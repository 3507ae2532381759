"""MariaDB, which speaks MySQL's protocol."""

import os
import pwd
from pathlib import Path

import MySQLdb

from stack.commands import find, run
from stack.contracts import Contracts
from stack.environment import HOST
from stack.files import write_private
from stack.programs import Program, Service
from stack.settings import Settings

DATABASES = ("meteo_db", "aerien_db", "dataflow360")
"""The databases that the user dataflow360 may work in."""

PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES"
"""What the user dataflow360 may do there: it reads and writes rows, it owns no table."""


def service(settings: Settings, contracts: Contracts) -> Service:
    """MariaDB on the loopback interface; root signs in by the unix socket only."""
    home = _home(settings)
    program = Program(
        name="mysql",
        command=(find("mariadbd", "mariadb-server-core"), f"--defaults-file={home / 'my.cnf'}"),
        directory=home,
        ports=("MYSQL",),
        stop_seconds=30,
    )
    return Service(
        name="mysql",
        programs=(program,),
        prepare=lambda: _prepare(settings),
        probe=lambda: _execute(settings, ["SELECT 1"]),
        initialise=lambda: _execute(settings, [*grants(settings), *contracts.mysql()]),
    )


def configuration(settings: Settings) -> str:
    """The server's ``my.cnf``."""
    home = _home(settings)
    buffer_pool = "512M" if settings.profile.name == "demo" else "256M"
    return f"""[mariadbd]
user = {_user()}
datadir = {home / "data"}
tmpdir = {home / "tmp"}
socket = {_socket(settings)}
pid-file = {home / "mysql.pid"}
bind-address = {HOST}
port = {settings.port("MYSQL")}
skip-name-resolve
local-infile = 1
character-set-server = utf8mb4
explicit-defaults-for-timestamp = 1
default-time-zone = +00:00
max-allowed-packet = 64M
innodb-buffer-pool-size = {buffer_pool}
innodb-log-file-size = 512M
innodb-flush-log-at-trx-commit = 1
"""


def client_configuration(settings: Settings) -> str:
    """The options of the command line client, as the user dataflow360."""
    return f"""[client]
host = {HOST}
port = {settings.port("MYSQL")}
protocol = tcp
user = dataflow360
password = {settings.secret("MYSQL")}
default-character-set = utf8mb4
local-infile = 1
"""


def client_file(settings: Settings) -> Path:
    """Where the client's options are."""
    return _home(settings) / "client.cnf"


def grants(settings: Settings) -> list[str]:
    """The statements that make the project's databases and its user."""
    user = f"'dataflow360'@'{HOST}'"
    return [
        *(f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4" for name in DATABASES),
        f"CREATE USER IF NOT EXISTS {user}",
        f"ALTER USER {user} IDENTIFIED BY '{settings.secret('MYSQL')}'",
        *(f"GRANT {PRIVILEGES} ON {name}.* TO {user}" for name in DATABASES),
    ]


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _home(settings: Settings) -> Path:
    return settings.profile.state / "mysql"


def _socket(settings: Settings) -> Path:
    return settings.profile.sockets / "mysql.sock"


def _prepare(settings: Settings) -> None:
    home = _home(settings)
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    write_private(home / "my.cnf", configuration(settings))
    write_private(client_file(settings), client_configuration(settings))
    if (home / "created").exists():
        return
    log = settings.profile.logs / "mysql-install.log"
    run(
        [
            find("mariadb-install-db", "mariadb-server-core"),
            "--no-defaults",
            f"--user={_user()}",
            "--datadir=./data",  # this script breaks a path with a blank
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        directory=home,
        log=log,
        what="creating MariaDB's data directory",
    )
    # root gets its password before the server ever listens.
    run(
        [
            find("mariadbd", "mariadb-server-core"),
            f"--defaults-file={home / 'my.cnf'}",
            "--bootstrap",
            "--skip-networking",
        ],
        stdin=_root_only(settings),
        log=log,
        what="setting the password of MariaDB's root",
    )
    (home / "created").touch()


def _root_only(settings: Settings) -> str:
    return (
        "FLUSH PRIVILEGES;\n"
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{settings.secret('MYSQL_ROOT')}';\n"
        "DELETE FROM mysql.global_priv\n"
        "WHERE User = '' OR (User = 'root' AND Host <> 'localhost');\n"
        "FLUSH PRIVILEGES;\n"
    )


def _execute(settings: Settings, statements: list[str]) -> None:
    connection = MySQLdb.connect(
        unix_socket=str(_socket(settings)),
        user="root",
        password=settings.secret("MYSQL_ROOT"),
        charset="utf8mb4",
        connect_timeout=5,
    )
    try:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
    finally:
        connection.close()
