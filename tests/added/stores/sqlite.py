"""A file of SQLite as a store: all that a store must say, for tests that add one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from dataflow360.records.donnees_meteo_sqlite import SQLiteTable

from dataflow360.errors import DataFlowError, RetriableError
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import CONTENT_HASH, RecordType
from dataflow360.records.json_text import json_objects
from dataflow360.stores.store import Known, Store

FILE = Path("rows.sqlite")  # each test has its own


class SQLiteStore(Store):
    def __init__(self, session: sqlite3.Connection, record: RecordType) -> None:
        self._session = session
        self._record = record
        self._table = record.store.name

    @classmethod
    @contextmanager
    def open(cls, record: RecordType, mysql_connection: Any) -> Iterator[Store]:
        del mysql_connection
        with closing(sqlite3.connect(FILE)) as session:
            yield cls(session, record)

    @staticmethod
    def description(record: RecordType) -> str:
        return f"`{record.store.name}` (SQLite)"

    @staticmethod
    def failure(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
        if isinstance(error, sqlite3.OperationalError):
            return RetriableError(f"SQLite{administrator} has failed: {error}; {next_step}.")
        return None

    @staticmethod
    def ddl() -> dict[str, list[str]]:
        return {"sqlite.sql": _tables()}

    @staticmethod
    def provision(replication_factor: int | None) -> str:
        with closing(sqlite3.connect(FILE)) as session:
            for statement in _tables():
                session.execute(statement)
        return "SQLite has the tables."

    def lookup(self, rows: pa.Table) -> Known:
        known = [
            self._session.execute(
                f"SELECT hash, batch FROM {self._table} WHERE event_id = ?", (event_id,)
            ).fetchone()
            or (None, None)
            for event_id in rows["event_id"].to_pylist()
        ]
        return Known(
            pa.array([content_hash for content_hash, _ in known], pa.int64()),
            pa.array([batch_id for _, batch_id in known], pa.string()),
        )

    def upsert(self, rows: pa.Table, batch_id: str, order: int) -> None:
        data = json_objects({name: rows[name] for name in self._record.columns})
        versions = zip(
            rows["event_id"].to_pylist(), rows[CONTENT_HASH].to_pylist(), data.to_pylist(),
            strict=True,
        )  # fmt: skip
        self._session.executemany(
            f"INSERT INTO {self._table} VALUES (?, ?, ?, ?, ?) ON CONFLICT (event_id) DO UPDATE SET"
            " hash = excluded.hash, batch = excluded.batch, stage_order = excluded.stage_order,"
            " data = excluded.data WHERE excluded.stage_order >= stage_order",
            [(key, content, batch_id, order, text) for key, content, text in versions],
        )
        self._session.commit()


def _tables() -> list[str]:
    return [
        f"CREATE TABLE IF NOT EXISTS {record.store.name} (event_id BLOB PRIMARY KEY, hash INTEGER,"
        " batch TEXT, stage_order INTEGER, data BLOB)"
        for record in RECORD_TYPES.values()
        if isinstance(record.store, SQLiteTable)
    ]


STORE = SQLiteStore
