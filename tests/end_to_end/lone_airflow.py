"""An API server of the tests' own, whose MySQL is empty and can be taken away."""

import json
import os
import pwd
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import MySQLdb

from dataflow360.stores import mysql_tables
from stack.commands import find
from stack.environment import HOST

_START_SECONDS = 180
_UNUSED_REDIS = 15


@dataclass(frozen=True)
class LoneAirflow:
    """Airflow's API server with the metadata, Kafka and Cassandra of the stack.

    Attributes:
        url: Its address.
        mysql: Its own MariaDB, with the project's tables and no row.
    """

    url: str
    mysql: subprocess.Popen[bytes]


@contextmanager
def lone_airflow(folder: Path) -> Iterator[LoneAirflow]:
    """Start one, with an empty MySQL and an empty Redis; in the end nothing of it is left.

    Args:
        folder: An empty one, for the data and the logs.
    """
    with _mariadb(folder) as (server, port), _api_server(folder, port) as url:
        yield LoneAirflow(url, server)


@contextmanager
def _mariadb(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    user = pwd.getpwuid(os.getuid()).pw_name
    data, own_socket, port = folder / "data", folder / "mysql.sock", _free_port()
    install = find("mariadb-install-db", "mariadb-server-core")
    subprocess.run(
        [install, "--no-defaults", f"--user={user}", f"--datadir={data}", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    command = [
        find("mariadbd", "mariadb-server-core"), "--no-defaults", f"--user={user}",
        f"--datadir={data}", f"--socket={own_socket}", f"--bind-address={HOST}", f"--port={port}",
        "--skip-grant-tables", "--skip-name-resolve", "--innodb-buffer-pool-size=32M",
    ]  # fmt: skip
    with _running(command, folder / "mysql.log") as server:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                connection = MySQLdb.connect(host=HOST, port=port, user="root", connect_timeout=5)
                break
            except MySQLdb.OperationalError:
                assert time.monotonic() < deadline, (folder / "mysql.log").read_text()
                time.sleep(0.1)
        with connection.cursor() as cursor:
            for statement in mysql_tables.ddl():
                cursor.execute(statement)
        connection.close()
        yield server, port


@contextmanager
def _api_server(folder: Path, mysql_port: int) -> Iterator[str]:
    port = _free_port()
    url = f"http://{HOST}:{port}"
    mysql = json.loads(os.environ["AIRFLOW_CONN_DATAFLOW360_MYSQL"])
    redis = json.loads(os.environ["AIRFLOW_CONN_DATAFLOW360_REDIS"])
    own = {
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW_CONN_DATAFLOW360_MYSQL": json.dumps({**mysql, "port": mysql_port}),
        "AIRFLOW_CONN_DATAFLOW360_REDIS": json.dumps({**redis, "extra": {"db": _UNUSED_REDIS}}),
    }
    command = [str(Path(sys.executable).with_name("airflow")), "api-server"]
    log = folder / "api.log"
    with _running(command, log, {**os.environ, **own}):
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(f"{url}/api/v2/monitor/health"):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


@contextmanager
def _running(
    command: list[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
