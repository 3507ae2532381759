"""MySQL: sessions through the provider's hook, statements, moments, what its failures mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import MySQLdb
from airflow.providers.mysql.hooks.mysql import MySqlHook
from MySQLdb.constants import CR, ER

from dataflow360.errors import DataFlowError, FatalError, RetriableError

CONNECTION_ID = "dataflow360_mysql"

#: Errors that MySQL has and MariaDB, whose constants these are, has not: two sessions that wait
#: for each other's named locks, and one that was closed because it was idle.
_MYSQL_ONLY_RETRIABLE = {3058, 4031}
_RETRIABLE = _MYSQL_ONLY_RETRIABLE | {
    CR.CONNECTION_ERROR, CR.CONN_HOST_ERROR, CR.UNKNOWN_HOST, CR.SERVER_HANDSHAKE_ERR,
    CR.SERVER_GONE_ERROR, CR.SERVER_LOST,
    ER.CON_COUNT_ERROR, ER.SERVER_SHUTDOWN, ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK,
}  # fmt: skip
_FORBIDDEN = {
    ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, ER.TABLEACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
}  # fmt: skip


@contextmanager
def connect() -> Iterator[Any]:
    """Open a session that commits each statement, and close it in the end."""
    connection: Any = MySqlHook(CONNECTION_ID, local_infile=True).get_conn()
    try:
        connection.autocommit(True)
        yield connection
    finally:
        connection.close()


def fetch(connection: Any, query: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Run a query and return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def execute(connection: Any, statement: str, parameters: tuple[Any, ...] = ()) -> int:
    """Run a statement and return the number of rows that it touched."""
    with connection.cursor() as cursor:
        return int(cursor.execute(statement, parameters))


def utc(moment: datetime) -> datetime:
    """A stored moment, which is UTC without saying so."""
    return moment.replace(tzinfo=UTC)


def stored(moment: datetime) -> datetime:
    """The inverse of :func:`utc`."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def failure(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
    """What an error of the client means; None if it is another's, or the statement's own fault."""
    if not isinstance(error, MySQLdb.OperationalError | MySQLdb.InterfaceError):
        return None
    code, *rest = error.args or (0,)
    cause = (str(rest[0]) if rest else str(error)).rstrip(".")
    if int(code) in _RETRIABLE or isinstance(error, MySQLdb.InterfaceError):
        return RetriableError(
            f"MySQL (connection {CONNECTION_ID}{administrator}) does not answer: {cause}; "
            f"{next_step}."
        )
    if int(code) in _FORBIDDEN:
        return FatalError(
            f"MySQL refuses the user of connection {CONNECTION_ID}{administrator}: {cause}; "
            "mend its password or grants."
        )
    return None
