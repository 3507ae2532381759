"""MySQL: bulk upsert and bulk lookup."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

import MySQLdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from airflow.providers.mysql.hooks.mysql import MySqlHook

from dataflow360.clients import mysql
from dataflow360.clients.account import Account
from dataflow360.clients.connections import ADMINISTRATOR, account_of, connection_of
from dataflow360.clients.mysql import CONNECTION_ID, execute, fetch
from dataflow360.errors import FatalError
from dataflow360.records.contract import (
    BATCH_ID,
    CONTENT_HASH,
    MOMENT,
    MySQLTable,
    RecordType,
)
from dataflow360.records.identity import uuid_strings
from dataflow360.stores import mysql_tables
from dataflow360.stores.store import Known, Store

_FORMAT = (
    "CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' "
    "LINES TERMINATED BY '\\n'"
)
#: With every value in quotes, a bare NULL can only be a missing one.
_WRITE_OPTIONS = pacsv.WriteOptions(
    include_header=False, quoting_style="all_valid", null_string="NULL"
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: Into how many ranges of the key a probe may fall; MySQL reads all rows where there are too many.
_RANGES = 1_000
#: Types that a file for LOAD DATA has otherwise than Arrow writes them.
_LOADED_AS = {pa.bool_(): pa.int8(), MOMENT: pa.timestamp("s")}


class MySQLStore(Store):
    """The rows of one record type in their table, clustered by natural key."""

    def __init__(self, connection: Any, record: RecordType) -> None:
        """Work on an open session, which stays the caller's."""
        table = cast("MySQLTable", record.store)
        self._connection = connection
        self._record = record
        self._table = table.name
        self._keys_table = f"{table.database}.lookup_{table.table}"

    @classmethod
    def open(cls, record: RecordType, mysql_connection: Any) -> AbstractContextManager[Store]:
        """Work on the session of the pipeline's own accounts."""
        return nullcontext(cls(mysql_connection, record))

    @staticmethod
    def description(record: RecordType) -> str:
        """The table."""
        return f"`{record.store.name}` (MySQL)"

    failure = staticmethod(mysql.failure)

    @staticmethod
    def ddl() -> dict[str, list[str]]:
        """Databases and tables."""
        return {"mysql.sql": mysql_tables.ddl()}

    @staticmethod
    def provision(replication_factor: int | None) -> str:
        """Make databases, tables and user.

        The user may sign in from anywhere, unless the server is on the loopback interface.
        """
        if replication_factor is not None:
            raise FatalError("MySQL has no replication factor; leave --replication-factor out.")
        user = account_of(connection_of(CONNECTION_ID))
        admin = connection_of(CONNECTION_ID + ADMINISTRATOR)
        host = "127.0.0.1" if (admin.host or "localhost") in _LOOPBACK else "%"
        with _refusals(user), closing(MySqlHook(admin.conn_id).get_conn()) as session:
            mysql_tables.provision(session, user, host)
        return "MySQL has the databases, the tables and the user."

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions: a range probe first, then a join with the rows' keys."""
        hashes: list[int | None] = [None] * rows.num_rows
        batch_ids: list[str | None] = [None] * rows.num_rows
        if rows.num_rows and self._any_in_range(rows):
            for number, content_hash, batch_id in self._join(rows):
                hashes[number], batch_ids[number] = content_hash, batch_id
        return Known(pa.array(hashes, pa.int64()), pa.array(batch_ids, pa.string()))

    def upsert(self, rows: pa.Table, batch_id: str, order: int) -> None:
        """Write rows by LOAD DATA REPLACE.

        The session holds the stage lock of the record type, so that a session that has lost it
        cannot write; ``order`` needs no other guard here.
        """
        record = self._record
        columns = {name: rows[name] for name in record.columns}
        columns[record.id_column] = uuid_strings(rows["event_id"])
        columns[CONTENT_HASH] = rows[CONTENT_HASH]
        self._load(
            pa.table(columns),
            f"REPLACE INTO TABLE {self._table} {_FORMAT} ({', '.join(columns)}) "
            f"SET {BATCH_ID} = %s",
            (batch_id,),
        )

    def _any_in_range(self, rows: pa.Table) -> bool:
        """Whether the table has any row in the smallest box of keys around the given ones."""
        conditions: list[str] = []
        parameters: list[Any] = []
        ranges = 1
        for name in self._record.natural_key:
            values = pc.unique(rows[name])
            if pa.types.is_string(values.type) and ranges * len(values) <= _RANGES:
                ranges *= len(values)
                conditions.append(f"{name} IN ({', '.join(['%s'] * len(values))})")
                parameters += values.to_pylist()
            else:
                bounds = pc.min_max(values)
                conditions.append(f"{name} BETWEEN %s AND %s")
                parameters += [bounds["min"].as_py(), bounds["max"].as_py()]
        query = f"SELECT EXISTS(SELECT 1 FROM {self._table} WHERE {' AND '.join(conditions)})"
        return bool(fetch(self._connection, query, tuple(parameters))[0][0])

    def _join(self, rows: pa.Table) -> list[tuple[Any, ...]]:
        keys = self._record.natural_key
        names = ", ".join(keys)
        # In two statements, for MySQL has no CREATE OR REPLACE.
        execute(self._connection, f"DROP TEMPORARY TABLE IF EXISTS {self._keys_table}")
        execute(
            self._connection,
            f"CREATE TEMPORARY TABLE {self._keys_table} "
            f"SELECT 0 AS row_no, {names} FROM {self._table} WHERE FALSE",
        )
        numbers = pa.array(range(rows.num_rows), pa.int32())
        self._load(
            rows.select(keys).add_column(0, "row_no", numbers),
            f"INTO TABLE {self._keys_table} {_FORMAT} (row_no, {names})",
            (),
        )
        matches = " AND ".join(f"kept.{name} = wanted.{name}" for name in keys)
        return fetch(
            self._connection,
            f"SELECT wanted.row_no, kept.{CONTENT_HASH}, kept.{BATCH_ID} "
            f"FROM {self._keys_table} AS wanted STRAIGHT_JOIN {self._table} AS kept ON {matches}",
        )

    def _load(self, rows: pa.Table, target: str, parameters: tuple[Any, ...]) -> None:
        """LOAD DATA LOCAL, which turns errors into warnings: any warning is an error here."""
        rows = pa.table(
            {
                name: pc.cast(rows[name], _LOADED_AS.get(kind, kind))
                for name, kind in zip(rows.schema.names, rows.schema.types, strict=True)
            }
        )
        with tempfile.TemporaryDirectory(prefix="dataflow360-") as folder:
            path = Path(folder, "rows.csv")
            pacsv.write_csv(rows, path, _WRITE_OPTIONS)
            execute(
                self._connection, f"LOAD DATA LOCAL INFILE %s {target}", (str(path), *parameters)
            )
        if self._connection.warning_count():
            warning = fetch(self._connection, "SHOW WARNINGS LIMIT 1")[0]
            raise FatalError(
                f"MySQL changed a value while loading {self._table}: {warning[2]}; bring the "
                "table's columns in line with the contract."
            )


@contextmanager
def _refusals(user: Account) -> Iterator[None]:
    """What MySQL refuses besides an administrator; its words may quote a password."""
    try:
        yield
    except MySQLdb.Error as error:
        if mysql.failure(error, ADMINISTRATOR, ""):
            raise
        cause = str(error.args[-1]).replace(user.password, "***")
        raise FatalError(
            f"MySQL refuses what connection {CONNECTION_ID}{ADMINISTRATOR} asks for: {cause}; "
            "mend the server's settings or the connection's password."
        ) from None


STORE = MySQLStore
