"""Cassandra: sessions through the provider's hook, bulk upsert and bulk lookup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from airflow.providers.apache.cassandra.hooks.cassandra import CassandraHook
from cassandra import ConsistencyLevel
from cassandra.concurrent import execute_concurrent
from cassandra.query import BatchStatement, BatchType, tuple_factory

from dataflow360.records.contract import BATCH_ID, CONTENT_HASH, CassandraTable, RecordType
from dataflow360.records.identity import EVENT_ID_TYPE
from dataflow360.stores.store import Known

CONNECTION_ID = "dataflow360_cassandra"

#: Reads see what was written, whichever replica is down.
_CONSISTENCY = ConsistencyLevel.LOCAL_QUORUM
#: Rows of one partition in one unlogged batch; stays below the server's 50 KiB limit.
_BATCH_ROWS = 100
#: Requests in flight.
_CONCURRENCY = 32
#: CQL's date is an unsigned day count whose middle is 1970-01-01.
_EPOCH_DAY = 2**31


@contextmanager
def connect() -> Iterator[Any]:
    """Open a session, and close its cluster in the end."""
    hook = CassandraHook(CONNECTION_ID)
    try:
        session = hook.get_conn()
        session.row_factory = tuple_factory
        yield session
    finally:
        hook.shutdown_cluster()


class CassandraStore:
    """The rows of one record type in their table."""

    def __init__(self, session: Any, record: RecordType, table: CassandraTable) -> None:
        """Work on an open session, which stays the caller's."""
        self._session = session
        self._record = record
        self._table = table
        derived = [name for name, _, _ in table.derived]
        self._columns = [*record.columns, *derived, record.id_column, CONTENT_HASH, BATCH_ID]
        self._range_key = (*table.partition_key, table.clustering_key[0])
        self._insert = session.prepare(
            f"INSERT INTO {table.name} ({', '.join(self._columns)}) "
            f"VALUES ({', '.join('?' * len(self._columns))}) USING TIMESTAMP ?"
        )
        self._select = session.prepare(
            f"SELECT {record.id_column}, {CONTENT_HASH}, {BATCH_ID} FROM {table.name} "
            f"WHERE {' AND '.join(f'{name} = ?' for name in self._range_key)}"
        )
        self._select.consistency_level = _CONSISTENCY

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions: one range read for each partition and day."""
        ranges = self._with_derived(rows).select(self._range_key)
        wanted = ranges.group_by(list(self._range_key)).aggregate([])
        reads = [(self._select, values) for values in self._bindable(wanted)]
        stored: list[tuple[UUID, int, str]] = []
        for result in execute_concurrent(self._session, reads, concurrency=_CONCURRENCY):
            stored += result.result_or_exc
        ids, hashes, batch_ids = zip(*stored, strict=True) if stored else ((), (), ())
        known_ids = pa.array([event_id.bytes for event_id in ids], EVENT_ID_TYPE)
        found = pc.index_in(rows["event_id"], known_ids)
        return Known(
            pc.take(pa.array(hashes, pa.int64()), found),
            pc.take(pa.array(batch_ids, pa.string()), found),
        )

    def upsert(self, rows: pa.Table, batch_id: str, order: int) -> None:
        """Write rows in unlogged batches, each within one partition.

        ``order`` is the write's timestamp: Cassandra keeps the version with the highest, so that
        a straggler that writes an old version late changes nothing.
        """
        rows = self._with_derived(rows)
        rows = rows.append_column(self._record.id_column, rows["event_id"])
        rows = rows.append_column(BATCH_ID, pa.repeat(batch_id, rows.num_rows))
        rows = rows.sort_by([(name, "ascending") for name in self._table.partition_key])
        values = self._bindable(rows.select(self._columns))
        starts = self._partition_starts(rows)
        statements = (
            (self._batch(values[start:end], order), None)
            for start, end in _cuts(starts, rows.num_rows)
        )
        execute_concurrent(self._session, statements, concurrency=_CONCURRENCY)

    def _with_derived(self, rows: pa.Table) -> pa.Table:
        for name, dtype, compute in self._table.derived:
            rows = rows.append_column(pa.field(name, dtype), compute(rows))
        return rows

    def _batch(self, rows: Sequence[tuple[Any, ...]], timestamp: int) -> BatchStatement:
        batch = BatchStatement(BatchType.UNLOGGED, consistency_level=_CONSISTENCY)
        for row in rows:
            batch.add(self._insert, (*row, timestamp))
        return batch

    def _partition_starts(self, rows: pa.Table) -> np.ndarray:
        changed = np.zeros(rows.num_rows, dtype=bool)
        changed[:1] = True
        for name in self._table.partition_key:
            codes = rows[name].combine_chunks().dictionary_encode().indices.to_numpy()
            changed[1:] |= codes[1:] != codes[:-1]
        return np.flatnonzero(changed)

    @staticmethod
    def _bindable(rows: pa.Table) -> list[tuple[Any, ...]]:
        return list(zip(*(_bindable_column(column) for column in rows.columns), strict=True))


def _bindable_column(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_date32(column.type):
        return list((pc.cast(column, pa.int32()).to_numpy().astype(np.int64) + _EPOCH_DAY).tolist())
    if column.type == EVENT_ID_TYPE:
        return [UUID(bytes=value) for value in column.to_pylist()]
    return list(column.to_pylist())


def _cuts(starts: np.ndarray, total: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most a batch's rows that do not cross a partition."""
    for first, last in zip(starts, [*starts[1:], total], strict=True):
        for start in range(int(first), int(last), _BATCH_ROWS):
            yield start, min(start + _BATCH_ROWS, int(last))
