"""MariaDB, which speaks MySQL's protocol."""

import os
import pwd
from contextlib import closing
from pathlib import Path
from typing import Any

import MySQLdb

from stack.commands import find, run
from stack.environment import HOST, supervisor_environment
from stack.files import write_private
from stack.programs import Program, Service
from stack.provisioning import USER, Provisioning
from stack.settings import Settings


def service(settings: Settings, provisioning: Provisioning) -> Service:
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
        probe=lambda: _probe(settings),
        initialise=lambda: _initialise(settings, provisioning),
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
    """The options of the command line programs, as the user dataflow360.

    ``loose``, because the one that dumps has no such option.
    """
    return f"""[client]
host = {HOST}
port = {settings.port("MYSQL")}
protocol = tcp
user = {USER}
password = {settings.secret("MYSQL")}
default-character-set = utf8mb4
loose-local-infile = 1
"""


def client_file(settings: Settings) -> Path:
    """Where the client's options are."""
    return _home(settings) / "client.cnf"


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
    environment = supervisor_environment(settings.profile)
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
        env=environment,
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
        env=environment,
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


def _probe(settings: Settings) -> None:
    with closing(_session_of_root(settings)) as session:
        session.ping()


def _initialise(settings: Settings, provisioning: Provisioning) -> None:
    with closing(_session_of_root(settings)) as session:
        provisioning.mysql(session, settings.secret("MYSQL"), HOST)


def _session_of_root(settings: Settings) -> Any:
    return MySQLdb.connect(
        unix_socket=str(_socket(settings)),
        user="root",
        password=settings.secret("MYSQL_ROOT"),
        charset="utf8mb4",
        connect_timeout=5,
    )
