"""MySQL: sessions through the provider's hook, how a statement is run, how moments are stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from airflow.providers.mysql.hooks.mysql import MySqlHook

CONNECTION_ID = "dataflow360_mysql"


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
