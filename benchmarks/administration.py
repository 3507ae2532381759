"""The administrators' sessions with the stack's servers.

The project's own users may neither create tables nor topics; the benchmark needs some of its own,
so that it never touches a user's rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from stack.environment import HOST, kafka_client_options
from stack.profiles import Profile
from stack.settings import Settings, load

_PROFILES = ("test", "demo")


@cache
def stack_settings() -> Settings:
    """Settings of the stack in whose environment this process runs.

    Raises:
        SystemExit: It runs in none.
    """
    for profile in map(Profile, _PROFILES):
        if os.environ.get("AIRFLOW_HOME") == str(profile.state / "airflow"):
            return load(profile)
    raise SystemExit(
        "The benchmarks need the stack: python -m stack --profile test up --without-airflow, then "
        "python -m stack --profile test run -- python -m benchmarks"
    )


@contextmanager
def mysql() -> Iterator[Any]:
    """A cursor of MySQL's root; each statement is committed."""
    import MySQLdb

    settings = stack_settings()
    connection = MySQLdb.connect(
        unix_socket=str(settings.profile.sockets / "mysql.sock"),
        user="root",
        password=settings.secret("MYSQL_ROOT"),
        charset="utf8mb4",
        autocommit=True,
        local_infile=True,
    )
    try:
        yield connection.cursor()
    finally:
        connection.close()


@contextmanager
def cassandra() -> Iterator[Any]:
    """A session of Cassandra's admin."""
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.policies import WhiteListRoundRobinPolicy

    settings = stack_settings()
    profile = ExecutionProfile(
        load_balancing_policy=WhiteListRoundRobinPolicy([HOST]), request_timeout=60
    )
    cluster = Cluster(
        [HOST],
        port=settings.port("CASSANDRA"),
        auth_provider=PlainTextAuthProvider("admin", settings.secret("CASSANDRA_ADMIN")),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=5,
    )
    try:
        yield cluster.connect()
    finally:
        cluster.shutdown()


def kafka_options() -> dict[str, Any]:
    """Options of a Kafka client that signs in as admin."""
    settings = stack_settings()
    return {
        "bootstrap.servers": ",".join(f"{HOST}:{port}" for port in settings.kafka_ports),
        "log_level": 0,
        **kafka_client_options("admin", settings.secret("KAFKA_ADMIN")),
    }
