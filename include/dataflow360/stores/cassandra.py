"""Cassandra: bulk upsert and bulk lookup."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, cast
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cassandra import ConsistencyLevel
from cassandra.concurrent import execute_concurrent
from cassandra.query import (
    BatchStatement,
    BatchType,
    BoundStatement,
    PreparedStatement,
)

from dataflow360.clients import cassandra
from dataflow360.clients.cassandra import CONNECTION_ID
from dataflow360.clients.connections import ADMINISTRATOR, account_of, connection_of
from dataflow360.records.contract import BATCH_ID, CONTENT_HASH, CassandraTable, RecordType
from dataflow360.records.identity import EVENT_ID_TYPE
from dataflow360.stores import cassandra_tables
from dataflow360.stores.store import Known, Store

#: Reads see what was written, whichever replica is down.
_CONSISTENCY = ConsistencyLevel.LOCAL_QUORUM
#: Rows of one partition in one unlogged batch; stays below the server's 50 KiB limit.
_BATCH_ROWS = 100
#: Requests in flight.
_CONCURRENCY = 32
#: CQL's date is an unsigned day count whose middle is 1970-01-01.
_EPOCH_DAY = np.uint32(2**31)

Cells = tuple[bytes | None, ...]


class CassandraStore(Store):
    """The rows of one record type in their table."""

    def __init__(self, session: Any, record: RecordType) -> None:
        """Work on an open session, which stays the caller's."""
        table = cast("CassandraTable", record.store)
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

    @classmethod
    @contextmanager
    def open(cls, record: RecordType, mysql_connection: Any) -> Iterator[Store]:
        """Work on a session of its own."""
        del mysql_connection
        with cassandra.connect() as session:
            yield cls(session, record)

    @staticmethod
    def description(record: RecordType) -> str:
        """The table."""
        return f"`{record.store.name}` (Cassandra)"

    failure = staticmethod(cassandra.failure)

    @staticmethod
    def ddl() -> dict[str, list[str]]:
        """Keyspaces and tables, on one node."""
        return {"cassandra.cql": cassandra_tables.ddl(1)}

    @staticmethod
    def provision(replication_factor: int | None) -> str:
        """Make keyspace, tables and role; on a new server, its administrator first.

        The factor holds for each data centre; it is 1 by default.
        """
        user = account_of(connection_of(CONNECTION_ID))
        admin = connection_of(CONNECTION_ID + ADMINISTRATOR)
        sign_in = partial(cassandra.signed_in, admin.conn_id)
        cassandra_tables.provision(sign_in, account_of(admin), user, replication_factor or 1)
        return "Cassandra has the keyspace, the tables and the role."

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions: one range read for each partition and day."""
        ranges = self._with_derived(rows).select(self._range_key)
        wanted = ranges.group_by(list(self._range_key)).aggregate([])
        reads = [(_bound(self._select, cells), None) for cells in _cells(wanted)]
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
        cells = _cells(rows.select(self._columns), order)
        starts = self._partition_starts(rows)
        statements = (
            (self._batch(cells[start:end]), None) for start, end in _cuts(starts, rows.num_rows)
        )
        execute_concurrent(self._session, statements, concurrency=_CONCURRENCY)

    def _with_derived(self, rows: pa.Table) -> pa.Table:
        for name, dtype, compute in self._table.derived:
            rows = rows.append_column(pa.field(name, dtype), compute(rows))
        return rows

    def _batch(self, rows: Sequence[Cells]) -> BatchStatement:
        batch = BatchStatement(BatchType.UNLOGGED, consistency_level=_CONSISTENCY)
        bound = BoundStatement(self._insert)
        for row in rows:  # the batch takes the values, not the statement
            bound.values = row
            batch.add(bound)
        return batch

    def _partition_starts(self, rows: pa.Table) -> np.ndarray:
        changed = np.zeros(rows.num_rows, dtype=bool)
        changed[:1] = True
        for name in self._table.partition_key:
            codes = rows[name].combine_chunks().dictionary_encode().indices.to_numpy()
            changed[1:] |= codes[1:] != codes[:-1]
        return np.flatnonzero(changed)


def _bound(statement: PreparedStatement, cells: Cells) -> BoundStatement:
    """A statement with values that are in the protocol's form already."""
    bound = BoundStatement(statement)
    bound.values = cells
    return bound


def _cells(rows: pa.Table, *more: int) -> list[Cells]:
    """Rows as CQL's binary protocol has them, each followed by the same 64-bit integers.

    The driver would encode value by value, at 20 times the cost of encoding a column at once.
    """
    columns = [_column_cells(column.combine_chunks()) for column in rows.columns]
    columns += [[struct.pack(">q", value)] * rows.num_rows for value in more]
    return list(zip(*columns, strict=True))


def _column_cells(column: pa.Array) -> list[bytes | None]:
    """The values of a column: text as UTF-8, numbers in big-endian order."""
    kind = column.type
    if pa.types.is_string(kind):
        encoded = column.dictionary_encode()  # rows share the bytes of a text that repeats
        texts = np.array([*pc.cast(encoded.dictionary, pa.binary()).to_pylist(), None], object)
        places = pc.fill_null(encoded.indices, len(texts) - 1)
        return list(texts[places.to_numpy()].tolist())
    if kind == EVENT_ID_TYPE:
        return list(column.to_pylist())
    if pa.types.is_date32(kind):
        # uint32 wraps around just as CQL's day count has its middle at 1970-01-01.
        numbers = (
            pc.fill_null(pc.cast(column, pa.int32()), 0).to_numpy().view(np.uint32) + _EPOCH_DAY
        )
    elif pa.types.is_timestamp(kind):
        numbers = pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy()
    elif pa.types.is_boolean(kind):
        numbers = pc.fill_null(pc.cast(column, pa.int8()), 0).to_numpy()
    else:
        numbers = pc.fill_null(column, 0).to_numpy()
    big_endian = numbers.astype(numbers.dtype.newbyteorder(">"))
    cells = big_endian.view(f"V{big_endian.itemsize}")
    if not column.null_count:
        return list(cells.tolist())
    known = column.is_valid().to_pylist()
    return [cell if valid else None for cell, valid in zip(cells.tolist(), known, strict=True)]


def _cuts(starts: np.ndarray, total: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most a batch's rows that do not cross a partition."""
    for first, last in zip(starts, [*starts[1:], total], strict=True):
        for start in range(int(first), int(last), _BATCH_ROWS):
            yield start, min(start + _BATCH_ROWS, int(last))


STORE = CassandraStore
