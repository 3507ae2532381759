"""Cassandra: sessions through the provider's hook, and what its failures mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.apache.cassandra.hooks.cassandra import CassandraHook
from cassandra import (
    AuthenticationFailed,
    OperationTimedOut,
    Timeout,
    Unauthorized,
    Unavailable,
    UnresolvableContactPoints,
)
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.query import tuple_factory

from dataflow360.clients.account import Account
from dataflow360.errors import DataFlowError, FatalError, RetriableError

CONNECTION_ID = "dataflow360_cassandra"

#: Changes of a schema can take longer than the driver's 10 s.
_SCHEMA_SECONDS = 60.0
_ERRORS = (
    NoHostAvailable, ConnectionException, OperationTimedOut, Timeout, Unavailable, Unauthorized,
    UnresolvableContactPoints,
)  # fmt: skip


@contextmanager
def connect() -> Iterator[Any]:
    """Open a session, and close its cluster in the end."""
    hook = CassandraHook(CONNECTION_ID)
    try:
        session = hook.get_conn()
        session.row_factory = tuple_factory
        yield session
    finally:
        hook.shutdown_cluster()


@contextmanager
def signed_in(connection_id: str, account: Account) -> Iterator[Any]:
    """Open a session for changes of the schema where a connection leads, as a role, and close it.

    Args:
        connection_id: The connection; its own login is not used.
        account: The role.
    """
    hook = CassandraHook(connection_id)
    cluster = hook.get_cluster()
    cluster.auth_provider = PlainTextAuthProvider(account.name, account.password)
    try:
        session = cluster.connect()
        session.default_timeout = _SCHEMA_SECONDS
        yield session
    finally:
        hook.shutdown_cluster()


def failure(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
    """What an error of the driver means; None if it is another's, or the statement's own fault."""
    if not isinstance(error, _ERRORS):
        return None
    causes = [error]
    if isinstance(error, NoHostAvailable):  # an error for each node, or the nodes alone
        causes = list(error.errors.values()) if isinstance(error.errors, dict) else []
    cause = "; ".join(sorted({str(each) for each in causes})) or str(error)
    if isinstance(error, UnresolvableContactPoints):  # says nothing itself
        cause = "no address is known for its host"
    if causes and all(isinstance(each, AuthenticationFailed | Unauthorized) for each in causes):
        return FatalError(
            f"Cassandra refuses the user of connection {CONNECTION_ID}{administrator}: {cause}; "
            "mend its password or grants."
        )
    return RetriableError(
        f"Cassandra (connection {CONNECTION_ID}{administrator}) does not answer: {cause}; "
        f"{next_step}."
    )
