"""Kafka: clients through the provider's hooks, transactional sending, bounded reading, failures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook
from airflow.providers.apache.kafka.hooks.consume import KafkaConsumerHook
from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from dataflow360.errors import DataFlowError, FatalError, RetriableError
from dataflow360.records.topics import ID_PREFIX

CONNECTION_ID = "dataflow360_kafka"

_FENCED = {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH}
_FORBIDDEN = {
    KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}  # fmt: skip

_READ_TIMEOUT_SECONDS = 90.0
#: A poll returns after this long, or with this many messages.
_POLL_SECONDS = 0.01
_MESSAGES_AT_ONCE = 2_000
_PRODUCER: Mapping[str, Any] = {
    "enable.idempotence": True,
    "acks": "all",
    "linger.ms": 20,
    "batch.size": 262_144,
    "compression.type": "lz4",
    "partitioner": "murmur2_random",  # as Java's clients do: one key, one partition
    # Bounds the memory of what is sent but not acknowledged.
    "queue.buffering.max.kbytes": 65_536,
    "queue.buffering.max.messages": 100_000,
}
_CONSUMER: Mapping[str, Any] = {
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
    # A fetch at the end of a partition comes back empty, which reports the end: don't wait there.
    "fetch.wait.max.ms": 10,
    # Bound the memory of what is fetched but not read; by default a fetch is up to 50 MB.
    "queued.max.messages.kbytes": 8_192,
    "fetch.max.bytes": 8_388_608,
    # When that much is waiting, look again soon; by default a full queue rests for a second.
    "fetch.queue.backoff.ms": 10,
    "group.id": f"{ID_PREFIX}reader",
}


class Received(NamedTuple):
    """A committed record."""

    key: bytes
    value: bytes
    headers: dict[str, bytes]


class TransactionalProducerHook(KafkaProducerHook):
    """The provider's producer hook with a transactional id, which it has no parameter for."""

    def __init__(self, transactional_id: str) -> None:
        """Give the producer the id under which an earlier one of the same id is fenced."""
        super().__init__(kafka_config_id=CONNECTION_ID)
        self._transactional_id = transactional_id

    def _get_client(self, config: dict[str, Any]) -> Producer:
        return Producer({**config, **_PRODUCER, "transactional.id": self._transactional_id})


class ReaderHook(KafkaConsumerHook):
    """The provider's consumer hook, for reading assigned ranges without a group's offsets."""

    def __init__(self) -> None:
        """Subscribe to nothing: partitions are assigned."""
        super().__init__(topics=[], kafka_config_id=CONNECTION_ID)

    def _get_client(self, config: dict[str, Any]) -> Consumer:
        return Consumer({**config, **_CONSUMER})


@contextmanager
def reader() -> Iterator[Consumer]:
    """A read_committed consumer, closed in the end."""
    consumer: Consumer = ReaderHook().get_conn
    try:
        yield consumer
    finally:
        consumer.close()


def admin() -> AdminClient:
    """An admin client."""
    client: AdminClient = KafkaAdminClientHook(kafka_config_id=CONNECTION_ID).get_conn
    return client


def transactional_producer(transactional_id: str) -> Producer:
    """A producer that has fenced every earlier one of the same transactional id."""
    producer = TransactionalProducerHook(f"{ID_PREFIX}{transactional_id}").get_producer()
    # librdkafka asks for the coordinator once, and then only every 500 ms. The first answer drops
    # the connection to the bootstrap server, the second is made on one that stays.
    for _ in range(2):
        producer.list_topics(timeout=_READ_TIMEOUT_SECONDS)
    producer.init_transactions(_READ_TIMEOUT_SECONDS)
    return producer


@contextmanager
def transaction(producer: Producer) -> Iterator[None]:
    """Send what the body produces all together, or not at all."""
    producer.begin_transaction()
    try:
        yield
        producer.commit_transaction(_READ_TIMEOUT_SECONDS)
    except KafkaException as error:
        if error.args[0].txn_requires_abort():
            producer.abort_transaction(_READ_TIMEOUT_SECONDS)
        raise
    except BaseException:
        producer.abort_transaction(_READ_TIMEOUT_SECONDS)
        raise


def true_end(client: AdminClient, topic: str, partition: int) -> int:
    """End of a partition's log, behind every transaction that is still open.

    A read_committed consumer's own end (and its watermark) is the last *stable* offset: a record
    committed behind another producer's open transaction is not visible there yet.
    """
    place = TopicPartition(topic, partition)
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    futures = client.list_offsets({place: latest}, isolation_level=IsolationLevel.READ_UNCOMMITTED)
    return int(futures[place].result(_READ_TIMEOUT_SECONDS).offset)


def holds_messages(topic: str) -> bool:
    """Whether anything was ever written to a topic."""
    client = admin()
    partitions = client.list_topics(topic, timeout=_READ_TIMEOUT_SECONDS).topics[topic].partitions
    return any(true_end(client, topic, number) for number in partitions)


def read_to_end(topic: str, partition: int) -> Iterator[Received]:
    """All committed records of a partition up to its true end at the time of the call.

    Waits until transactions that are open before that end have been decided.

    Raises:
        RetriableError: One of them stayed open for too long.
    """
    end = true_end(admin(), topic, partition)
    with reader() as consumer:
        # A partition whose leader is not known when it is assigned is looked at 500 ms later.
        consumer.list_topics(topic, timeout=_READ_TIMEOUT_SECONDS)
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
        yield from _until(consumer, {(topic, partition): end})


def read_ranges(topic: str, ranges: Mapping[int, tuple[int, int]]) -> Iterator[Received]:
    """Committed records of a topic in the given offset ranges.

    Args:
        topic: Name of the topic.
        ranges: First and last offset (inclusive) by partition.
    """
    with reader() as consumer:
        consumer.assign([TopicPartition(topic, p, first) for p, (first, _) in ranges.items()])
        yield from _until(consumer, {(topic, p): last + 1 for p, (_, last) in ranges.items()})


def _until(consumer: Consumer, ends: dict[tuple[str, int], int]) -> Iterator[Received]:
    """Poll until the position has reached the end of every partition."""
    ends = dict(ends)
    deadline = time.monotonic() + _READ_TIMEOUT_SECONDS
    while ends:
        for message in consumer.consume(_MESSAGES_AT_ONCE, timeout=_POLL_SECONDS):
            place, offset = _place(message)
            error = message.error()
            if error is None:
                deadline = time.monotonic() + _READ_TIMEOUT_SECONDS
                if place in ends and offset < ends[place]:
                    yield _received(message)
                offset += 1
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            if place in ends and offset >= ends[place]:
                del ends[place]
        if time.monotonic() > deadline:
            stuck = ", ".join(f"{topic}[{partition}]" for topic, partition in ends)
            raise RetriableError(
                f"Kafka delivered nothing of {stuck} for {_READ_TIMEOUT_SECONDS:.0f} s, perhaps "
                "because another producer's transaction is open; this task tries again later."
            )


def _place(message: Any) -> tuple[tuple[str, int], int]:
    return (message.topic(), message.partition()), message.offset()


def _received(message: Any) -> Received:
    return Received(message.key() or b"", message.value() or b"", dict(message.headers() or ()))


def failure(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
    """What an error of the client means; None if it is another's."""
    if not isinstance(error, KafkaException):
        return None
    cause = error.args[0]
    if cause.code() in _FENCED:
        return RetriableError(
            "Another run of the same batch has taken over its publication; "
            "this task tries again and finds what that one has done."
        )
    if cause.code() in _FORBIDDEN:
        return FatalError(
            f"Kafka refuses the user of connection {CONNECTION_ID}{administrator}: "
            f"{cause.str()}; mend its password or access rights."
        )
    return RetriableError(
        f"Kafka (connection {CONNECTION_ID}{administrator}) does not answer: {cause.str()}; "
        f"{next_step}."
    )
