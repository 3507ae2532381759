"""What is made on MySQL: databases, tables, and the user that reads and writes their rows."""

from __future__ import annotations

from typing import Any

from dataflow360.clients.account import Account
from dataflow360.errors import FatalError
from dataflow360.records import ddl

PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES"
"""What the user may do in the project's databases: it reads and writes rows, it owns no table."""

Statement = tuple[str, tuple[str, ...] | None]
"""A statement and its parameters; without any, a percent sign in it means itself."""


def statements(user: Account, host: str) -> list[Statement]:
    """What is executed, in its order; all of it can be repeated.

    Args:
        user: The user and the password that it gets, now and each time.
        host: Where it signs in from; ``%`` for anywhere.
    """
    who = (user.name, host)
    rights: list[Statement] = [
        (f"GRANT {PRIVILEGES} ON {name}.* TO %s@%s", who) for name in ddl.mysql_databases()
    ]
    return [
        *((statement, None) for statement in ddl.mysql()),
        ("CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", (*who, user.password)),
        ("ALTER USER %s@%s IDENTIFIED BY %s", (*who, user.password)),
        *rights,
    ]


def provision(connection: Any, user: Account, host: str) -> None:
    """Make everything in an administrator's session, or leave it as it is.

    Args:
        connection: Session of a user that may create databases and users and grant rights.
        user: The user to make.
        host: Where it signs in from; ``%`` for anywhere.

    Raises:
        FatalError: The server does not take files, which the bulk load needs.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@GLOBAL.local_infile")
        (takes_files,) = cursor.fetchone()
        if not takes_files:
            raise FatalError(
                "MySQL takes no files from its clients, as the bulk load (LOAD DATA LOCAL) needs; "
                "start it with --local-infile=1."
            )
        for statement, parameters in statements(user, host):
            cursor.execute(statement, parameters)
    connection.commit()
