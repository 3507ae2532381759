"""What is made on MySQL: databases, tables, and the user that reads and writes their rows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dataflow360.clients.account import Account
from dataflow360.errors import FatalError
from dataflow360.records import RECORD_TYPES, control
from dataflow360.records.contract import (
    BATCH_ID,
    CONTENT_HASH,
    MOMENT,
    Column,
    MySQLTable,
    RecordType,
)

PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES"
"""What the user may do in the project's databases: it reads and writes rows, it owns no table."""

_TYPES = {
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    MOMENT: "DATETIME",
}
#: Binary collation: two keys are equal in the table just when their event ids are.
_OPTIONS = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

Statement = tuple[str, tuple[str, ...] | None]
"""A statement and its parameters; without any, a percent sign in it means itself."""


def databases() -> list[str]:
    """The databases: those of the record types, and the pipeline's own."""
    of_records = {
        record.store.database
        for record in RECORD_TYPES.values()
        if isinstance(record.store, MySQLTable)
    }
    return sorted(of_records | {control.DATABASE})


def ddl() -> list[str]:
    """Statements that create databases and tables where they are missing."""
    return [
        *(f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4" for name in databases()),
        *(table(each) for each in RECORD_TYPES.values() if isinstance(each.store, MySQLTable)),
        *(f"{statement} {_OPTIONS}" for statement in control.TABLES),
    ]


def table(record: RecordType) -> str:
    """``CREATE TABLE`` of one record type."""
    columns = [
        f"{name} {_type(column)} {'NULL' if column.nullable else 'NOT NULL'}"
        f" COMMENT '{_comment(column)}'"
        for name, column in record.schema.items()
    ]
    lines = [
        *columns,
        f"{record.id_column} CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.'",
        f"{CONTENT_HASH} BIGINT NOT NULL COMMENT 'Hash of the values above.'",
        f"{BATCH_ID} CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.'",
        f"PRIMARY KEY ({', '.join(record.natural_key)})",
    ]
    body = ",\n  ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {record.store.name} (\n  {body}\n) {_OPTIONS}"


def statements(user: Account, host: str) -> list[Statement]:
    """What is executed, in its order; all of it can be repeated.

    Args:
        user: The user and the password that it gets, now and each time.
        host: Where it signs in from; ``%`` for anywhere.
    """
    who = (user.name, host)
    rights: list[Statement] = [
        (f"GRANT {PRIVILEGES} ON {name}.* TO %s@%s", who) for name in databases()
    ]
    return [
        *((statement, None) for statement in ddl()),
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


def _type(column: Column) -> str:
    if column.dtype == pa.string():
        return f"VARCHAR({column.max_length})"
    return _TYPES[column.dtype]


def _comment(column: Column) -> str:
    sentence = column.description + (f" [{column.unit}]" if column.unit else "")
    return sentence.replace("'", "''")
