"""The publish step: send a batch's delta to its topic, exactly once.

A topic is the change log of its table, so deltas are published in the order in which they were
decided: whoever publishes a batch first publishes what earlier ones left behind.

A delta goes out in transactions of a few row groups each. The last record of each transaction goes
to the ledger topic and says which offsets it took: a transaction is committed just when its
record is there, whatever became of the process that sent it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

import orjson
import pyarrow as pa
from confluent_kafka import KafkaError, Message, Producer

from dataflow360.clients import mysql
from dataflow360.errors import RetriableError
from dataflow360.pipeline import landing, registry
from dataflow360.pipeline.registry import Batch
from dataflow360.records.topics import LEDGER_TOPIC
from dataflow360.streams import kafka
from dataflow360.streams.messages import BATCH_ID_HEADER, EVENT_ID_HEADER, Headers, messages

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 120.0
#: Row groups of a delta that go out in one transaction: at the end of each, sending stands still.
#: The ledger numbers transactions by it, so it may only change while no batch is half published.
_GROUPS_IN_TRANSACTION = 4
_POLL_EVERY = 5_000


@dataclass(frozen=True, slots=True)
class Part:
    """One committed transaction of a batch, as its ledger record has it.

    Attributes:
        batch_id: The batch.
        number: Number of the transaction in the batch, from 0.
        count: Messages sent.
        ranges: First and last offset (inclusive) by partition.
    """

    batch_id: str
    number: int
    count: int
    ranges: dict[int, tuple[int, int]]

    @property
    def key(self) -> bytes:
        """Key of the ledger record."""
        return f"{self.batch_id}/{self.number}".encode()

    def to_json(self, topic: str) -> bytes:
        """Value of the ledger record."""
        return orjson.dumps(
            {
                "batch_id": self.batch_id,
                "part": self.number,
                "topic": topic,
                "count": self.count,
                "ranges": {str(partition): ends for partition, ends in self.ranges.items()},
            }
        )

    @classmethod
    def from_json(cls, value: bytes) -> Part:
        """The inverse of :meth:`to_json`."""
        entry = orjson.loads(value)
        ranges = {int(partition): tuple(ends) for partition, ends in entry["ranges"].items()}
        return cls(entry["batch_id"], entry["part"], entry["count"], ranges)


@dataclass(slots=True)
class _Acknowledged:
    """Collects what the brokers say of each message."""

    count: int = 0
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)
    errors: list[KafkaError] = field(default_factory=list)

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.errors.append(error)
            return
        self.count += 1
        partition: Any = message.partition()
        offset: Any = message.offset()
        first, last = self.ranges.get(partition, (offset, offset))
        self.ranges[partition] = min(first, offset), max(last, offset)


def publish(batch_id: str) -> str:
    """Publish a staged batch, and before it what earlier ones left unpublished; idempotent.

    Raises:
        RetriableError: A message was not acknowledged, or another run fenced this one.
    """
    with mysql.connect() as connection:
        batch = registry.get(connection, batch_id)
        with registry.lock(connection, f"publish.{batch.topic}"):
            for earlier in registry.unpublished_before(connection, batch):
                log.info("Batch %s was left unpublished: publishing it first", earlier.batch_id)
                _publish(connection, earlier)
            _publish(connection, registry.get(connection, batch_id))
    return batch_id


def committed_parts(batch_id: str) -> dict[int, Part]:
    """The committed transactions of a batch, by number, from the ledger topic."""
    prefix = f"{batch_id}/".encode()
    found = (
        Part.from_json(message.value)
        for message in kafka.read_to_end(LEDGER_TOPIC, 0)
        if message.key.startswith(prefix)
    )
    return {part.number: part for part in found}


def _publish(connection: Any, batch: Batch) -> None:
    if batch.published:
        log.info("Batch %s is already on %s: nothing to send", batch.batch_id, batch.topic)
        return
    # Rows without a topic have gone through their stream when they were staged.
    if batch.record.topics and (batch.rows_new or batch.rows_changed):
        # Fencing comes first: after it no earlier attempt can commit any more, and what it did
        # commit is in the ledger.
        producer = kafka.transactional_producer(batch.batch_id)
        committed = committed_parts(batch.batch_id)
        tables = landing.read_tables(batch.delta)
        for number, group in enumerate(batched(tables, _GROUPS_IN_TRANSACTION, strict=False)):
            if number not in committed:
                _send(producer, batch, number, group)
        log.info("Batch %s is on %s", batch.batch_id, batch.topic)
    registry.mark(connection, batch.batch_id, "published")


def _send(producer: Producer, batch: Batch, number: int, tables: tuple[pa.Table, ...]) -> None:
    acknowledged = _Acknowledged()
    count = sum(rows.num_rows for rows in tables)
    with kafka.transaction(producer):
        for rows in tables:
            made = messages(batch.record, rows, dag_id=batch.dag_id, batch_id=batch.batch_id)
            for sent, (key, value, headers) in enumerate(made):
                if sent % _POLL_EVERY == 0:
                    producer.poll(0)  # a message holds memory until its answer is taken note of
                _produce(producer, batch.topic, value, key, headers, acknowledged)
        remaining = producer.flush(_FLUSH_SECONDS)
        if acknowledged.errors or acknowledged.count != count:
            cause = acknowledged.errors[0].str() if acknowledged.errors else "no answer in time"
            raise RetriableError(
                f"Kafka acknowledged {acknowledged.count} of {count} messages of batch "
                f"{batch.batch_id} for {batch.topic} ({remaining} pending: {cause}); none of "
                "them is visible, and this task tries again."
            )
        part = Part(batch.batch_id, number, acknowledged.count, acknowledged.ranges)
        producer.produce(LEDGER_TOPIC, part.to_json(batch.topic), part.key)


def _produce(
    producer: Producer,
    topic: str,
    value: bytes,
    key: bytes,
    headers: Headers,
    acknowledged: _Acknowledged,
) -> None:
    while True:
        try:
            producer.produce(topic, value, key, headers=headers, on_delivery=acknowledged)
        except BufferError:  # the queue is full: let the brokers take some of it
            producer.poll(0.1)
        else:
            break


def published_ids(batch: Batch) -> Iterator[bytes]:
    """Event ids (16 bytes) of a batch's messages, read back from its topic at read_committed.

    Raises:
        RetriableError: Kafka does not deliver the offsets that the ledger names.
    """
    parts = committed_parts(batch.batch_id).values()
    ranges: dict[int, tuple[int, int]] = {}
    for part in parts:
        for partition, (first, last) in part.ranges.items():
            low, high = ranges.get(partition, (first, last))
            ranges[partition] = min(low, first), max(high, last)
    own = batch.batch_id.encode()
    for message in kafka.read_ranges(batch.topic, ranges):
        if message.headers.get(BATCH_ID_HEADER) == own:
            yield bytes.fromhex(message.headers[EVENT_ID_HEADER].decode().replace("-", ""))
