"""MySQL: sessions through the provider's hook, and how a statement is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
