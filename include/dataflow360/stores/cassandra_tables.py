"""What is made on Cassandra: keyspace, tables, the administrator, and the role of the project."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, cast

import pyarrow as pa
from cassandra import AuthenticationFailed
from cassandra.cluster import NoHostAvailable
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from dataflow360.clients.account import Account
from dataflow360.errors import FatalError
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import (
    BATCH_ID,
    CONTENT_HASH,
    MOMENT,
    CassandraTable,
    RecordType,
)

SignIn = Callable[[Account], AbstractContextManager[Any]]
"""Opens a session as a role; it raises ``NoHostAvailable`` when the server refuses the role."""

PERMISSIONS = ("SELECT", "MODIFY")
"""What the role may do in the project's keyspaces."""

DEFAULT_ROLE_SECONDS = 60.0
"""How long the default role is waited for, which a new server makes only after it listens."""

_TYPES = {
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    MOMENT: "timestamp",
    pa.string(): "text",
}
#: The role that a new server has, with a password that everyone knows.
_DEFAULT_ROLE = Account("cassandra", "cassandra")
_PAUSE_SECONDS = 0.5


def keyspaces() -> list[str]:
    """The keyspaces."""
    stores = [record.store for record in RECORD_TYPES.values()]
    return sorted({store.keyspace for store in stores if isinstance(store, CassandraTable)})


def ddl(replication_factor: int) -> list[str]:
    """Statements that create keyspaces and tables where they are missing."""
    return [
        *(
            f"CREATE KEYSPACE IF NOT EXISTS {name} WITH replication = "
            f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {replication_factor}}}"
            for name in keyspaces()
        ),
        *(table(each) for each in RECORD_TYPES.values() if isinstance(each.store, CassandraTable)),
    ]


def table(record: RecordType) -> str:
    """``CREATE TABLE`` of one record type."""
    store = cast("CassandraTable", record.store)
    lines = [
        f"{record.id_column} uuid",
        *(f"{name} {_TYPES[column.dtype]}" for name, column in record.schema.items()),
        *(f"{name} {_TYPES[dtype]}" for name, dtype, _ in store.derived),
        f"{CONTENT_HASH} bigint",
        f"{BATCH_ID} text",
        f"PRIMARY KEY (({', '.join(store.partition_key)}), {', '.join(store.clustering_key)})",
    ]
    return f"CREATE TABLE IF NOT EXISTS {store.name} (\n  " + ",\n  ".join(lines) + "\n)"


def provision(sign_in: SignIn, admin: Account, user: Account, replication_factor: int) -> None:
    """Make everything, or leave it as it is; the role gets the password that is set now.

    On a new server the administrator is made first, and the default role is closed. That role is
    waited for.

    Args:
        sign_in: How to open a session.
        admin: The administrator, another role than ``cassandra``.
        user: The role to make.
        replication_factor: On how many nodes of each data centre a row is kept.

    Raises:
        FatalError: The administrator is the default role itself.
        NoHostAvailable: The server does not answer, or refuses the administrator.
    """
    if admin.name == _DEFAULT_ROLE.name:
        raise FatalError(
            f"The role {admin.name} cannot be Cassandra's administrator, for it is closed; "
            "give another name, whose role is then made."
        )

    def attempt() -> None:
        try:
            with sign_in(admin) as session:
                return _make(session, sign_in, user, replication_factor)
        except NoHostAvailable as error:
            if not _is_refusal(error):
                raise
            _make_admin(sign_in, admin, error)
        with sign_in(admin) as session:
            return _make(session, sign_in, user, replication_factor)

    Retrying(
        retry=retry_if_exception(_is_refusal),
        stop=stop_after_delay(DEFAULT_ROLE_SECONDS),
        wait=wait_fixed(_PAUSE_SECONDS),
        reraise=True,
    )(attempt)


def _make_admin(sign_in: SignIn, admin: Account, refusal: NoHostAvailable) -> None:
    """Make the administrator as the default role; raise its own refusal if that is closed."""
    try:
        with sign_in(_DEFAULT_ROLE) as session:
            session.execute(
                "CREATE ROLE IF NOT EXISTS %s WITH SUPERUSER = true AND LOGIN = true "
                "AND PASSWORD = %s",
                (admin.name, admin.password),
            )
    except NoHostAvailable as error:
        raise (refusal if _is_refusal(error) else error) from None


def _make(session: Any, sign_in: SignIn, user: Account, replication_factor: int) -> None:
    session.execute(
        f"ALTER ROLE IF EXISTS {_DEFAULT_ROLE.name} WITH SUPERUSER = false AND LOGIN = false"
    )
    for statement in ddl(replication_factor):
        session.execute(statement)
    session.execute(
        "CREATE ROLE IF NOT EXISTS %s WITH LOGIN = true AND PASSWORD = %s",
        (user.name, user.password),
    )
    # Only where it is another one: a role's password may be set once in five seconds.
    if not _opens(sign_in, user):
        session.execute(
            "ALTER ROLE %s WITH LOGIN = true AND PASSWORD = %s", (user.name, user.password)
        )
    for keyspace in keyspaces():
        for permission in PERMISSIONS:
            session.execute(f"GRANT {permission} ON KEYSPACE {keyspace} TO %s", (user.name,))


def _opens(sign_in: SignIn, account: Account) -> bool:
    """Whether the server takes a role's password as it is."""
    try:
        with sign_in(account):
            return True
    except NoHostAvailable as error:
        if not _is_refusal(error):
            raise
        return False


def _is_refusal(error: BaseException) -> bool:
    return (
        isinstance(error, NoHostAvailable)
        and isinstance(error.errors, dict)
        and any(isinstance(cause, AuthenticationFailed) for cause in error.errors.values())
    )
