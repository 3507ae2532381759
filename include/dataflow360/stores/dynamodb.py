"""DynamoDB as the store of a record type that reaches it through a Kinesis stream.

The stream's own batches are put by ``aws/putting.py``, which waits for nothing. Here rows are
written as into any other store: when ``upsert`` returns, they are there.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import pyarrow as pa
from tenacity import wait_fixed

from dataflow360.clients import aws
from dataflow360.clients.aws import client
from dataflow360.clients.polling import poll
from dataflow360.errors import RetriableError
from dataflow360.records.contract import CONTENT_HASH, DynamoDBTable, RecordType
from dataflow360.stores import dynamodb_tables
from dataflow360.stores.store import Known, Store
from dataflow360.streams import kinesis, measurements

_ARRIVE_SECONDS = 120.0
_LOOK_EVERY_SECONDS = 0.5


class DynamoDBStore(Store):
    """The tables that the Lambda function fills, and the stream that leads to them."""

    def __init__(self, record: RecordType) -> None:
        """Write to the stream that leads to the tables of a record type."""
        self._table = cast("DynamoDBTable", record.store)

    @classmethod
    def open(cls, record: RecordType, mysql_connection: Any) -> AbstractContextManager[Store]:
        """Nothing is opened: each call to AWS stands for itself."""
        del mysql_connection
        return nullcontext(cls(record))

    @staticmethod
    def description(record: RecordType) -> str:
        """The two tables, and the stream that fills them."""
        tables = cast("DynamoDBTable", record.store)
        return (
            f"`{tables.table}` (DynamoDB), the latest row of each `{record.entity}`, and "
            f"`{tables.history}`, every row; filled from the Kinesis stream `{tables.stream}`"
        )

    failure = staticmethod(aws.failure)

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions of rows.

        The tables keep neither hashes nor batches: a row that is held as it is has its own hash,
        one that is held otherwise has another, and the batch is an empty text. A row that is in
        the history alone, while its city's state is older, is not wholly stored and counts as
        absent.
        """
        records = [record.data for record in measurements.records(rows)]
        held = dynamodb_tables.hold(client("dynamodb"), map(dynamodb_tables.key_of, records))
        pairs = zip(records, rows[CONTENT_HASH].to_pylist(), strict=True)
        hashes = [_stored_hash(held, data, own) for data, own in pairs]
        return Known(
            pa.array(hashes, pa.int64()),
            pa.array([None if each is None else "" for each in hashes], pa.string()),
        )

    def upsert(self, rows: pa.Table, batch_id: str, order: int) -> None:
        """Put rows on the stream and wait until both tables hold them.

        Putting again is harmless. Which version is the newer one is decided by the consumer.

        Raises:
            RetriableError: They are not there after two minutes.
        """
        if not rows.num_rows:
            return
        kinesis.put(client("kinesis"), self._table.stream, measurements.records(rows))

        def away() -> int:
            return int(self.lookup(rows).hashes.null_count)

        if left := poll(
            away, again=bool, wait=wait_fixed(_LOOK_EVERY_SECONDS), seconds=_ARRIVE_SECONDS
        ):
            raise RetriableError(
                f"{left} of {rows.num_rows} records of batch {batch_id} were put on "
                f"{self._table.stream} and are not in {self._table.history} after "
                f"{_ARRIVE_SECONDS:g} s; run the DAG aws_setup, which tells what is wrong on the "
                "way. This task tries again later."
            )


def _stored_hash(held: dynamodb_tables.Held, data: bytes, own: int) -> int | None:
    key = dynamodb_tables.key_of(data)
    item = held.history.get(key)
    if item is None:
        return None
    if not dynamodb_tables.is_same(item, data):
        return ~own
    return None if held.item(key) is None else own


STORE = DynamoDBStore
