"""Sessions with MySQL that only read, and never for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.mysql.hooks.mysql import MySqlHook

from dataflow360.clients.mysql import CONNECTION_ID, execute

STATEMENT_SECONDS = 2
_CONNECT_SECONDS = 2
#: Of the client's wait: longer than the server's, which says what is wrong.
_WAIT_SECONDS = STATEMENT_SECONDS + 1


class _BoundedHook(MySqlHook):
    """The provider's hook with the client's time limits, which a connection cannot carry."""

    def _get_conn_config_mysql_client(self, conn: Any) -> dict[str, Any]:
        return {
            **super()._get_conn_config_mysql_client(conn),
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _WAIT_SECONDS,
            "write_timeout": _WAIT_SECONDS,
        }


@contextmanager
def session() -> Iterator[Any]:
    """A session in which the server refuses to write, and gives up a statement that takes long."""
    connection: Any = _BoundedHook(CONNECTION_ID).get_conn()
    try:
        connection.autocommit(True)
        limit = (
            f"max_statement_time = {STATEMENT_SECONDS}"
            if "mariadb" in connection.get_server_info().lower()
            else f"max_execution_time = {1_000 * STATEMENT_SECONDS}"
        )
        execute(connection, f"SET SESSION {limit}")
        execute(connection, "SET SESSION TRANSACTION READ ONLY")
        yield connection
    finally:
        connection.close()
