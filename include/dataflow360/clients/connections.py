"""Airflow's connections to servers, for those who make something there.

Each server has two: the ordinary one, whose user is the one that is made, and the administrator's.
"""

from __future__ import annotations

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from dataflow360.clients.account import Account
from dataflow360.errors import FatalError

ADMINISTRATOR = "_admin"
"""What the id of an administrator's connection has behind that of the ordinary one."""


def connection_of(connection_id: str) -> Connection:
    """A connection.

    Raises:
        FatalError: It is missing, or cannot be read.
    """
    try:
        found: Connection = BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        # Why a value cannot be read is not told, for it would show the value.
        raise FatalError(
            f"The connection {connection_id} is missing, or no JSON or URI that Airflow can read; "
            f"set AIRFLOW_CONN_{connection_id.upper()}."
        ) from None
    return found


def account_of(connection: Connection) -> Account:
    """Who signs in by a connection.

    Raises:
        FatalError: It has no login or no password.
    """
    if not connection.login or not connection.password:
        raise FatalError(
            f"The connection {connection.conn_id} has no login or no password; add it to "
            f"AIRFLOW_CONN_{connection.conn_id.upper()}."
        )
    return Account(connection.login, connection.password)
