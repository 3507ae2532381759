"""Tables, topics and boards of the benchmark's own.

Tables and topics are made and removed with the administrators' rights.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from benchmarks import administration
from benchmarks.names import BOARDS_PREFIX, FLIGHTS_TABLE, TOPIC_PREFIX, WEATHER_TABLE

_PARTITIONS = 6
_REPLICAS = 3
_DELETION_SECONDS = 30.0


class WeatherTable:
    """The table of weather, in MySQL."""

    def create(self) -> None:
        """Make it, empty."""
        from benchmarks.records import WEATHER
        from dataflow360.stores import mysql_tables

        self.drop()
        with administration.mysql() as cursor:
            cursor.execute(mysql_tables.table(WEATHER))

    def empty(self) -> None:
        """Take everything out of it."""
        with administration.mysql() as cursor:
            cursor.execute(f"TRUNCATE TABLE {WEATHER_TABLE}")

    def count(self) -> int:
        """How many rows it holds."""
        with administration.mysql() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {WEATHER_TABLE}")  # noqa: S608
            return int(cursor.fetchone()[0])

    def drop(self) -> None:
        """Remove it, if it is there."""
        with administration.mysql() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {WEATHER_TABLE}")


class FlightsTable:
    """The table of flights, in Cassandra."""

    def create(self) -> None:
        """Make it, empty."""
        from benchmarks.records import FLIGHTS
        from dataflow360.stores import cassandra_tables

        self.drop()
        with administration.cassandra() as session:
            session.execute(cassandra_tables.table(FLIGHTS))

    def empty(self) -> None:
        """Take everything out of it."""
        with administration.cassandra() as session:
            session.execute(f"TRUNCATE {FLIGHTS_TABLE}")

    def count(self) -> int:
        """How many rows it holds."""
        with administration.cassandra() as session:
            found = session.execute(f"SELECT COUNT(*) FROM {FLIGHTS_TABLE}")  # noqa: S608
            return int(found.one()[0])

    def drop(self) -> None:
        """Remove it, if it is there."""
        with administration.cassandra() as session:
            session.execute(f"DROP TABLE IF EXISTS {FLIGHTS_TABLE}")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with the partitions and replicas of the project's own."""

    suffix: str

    @property
    def name(self) -> str:
        """Name of the topic."""
        return f"{TOPIC_PREFIX}{self.suffix}"

    def create(self) -> None:
        """Make it, empty."""
        from confluent_kafka import KafkaError, KafkaException
        from confluent_kafka.admin import AdminClient, NewTopic

        self.drop()
        client = AdminClient(administration.kafka_options())
        topic = NewTopic(self.name, num_partitions=_PARTITIONS, replication_factor=_REPLICAS)
        deadline = time.monotonic() + _DELETION_SECONDS
        while True:
            try:
                client.create_topics([topic], operation_timeout=30)[self.name].result()
            except KafkaException as error:
                # The brokers delete a topic some moments after they have agreed to.
                exists = error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
                if not exists or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def empty(self) -> None:
        """Take everything out of it; the brokers are slow to delete records, not topics."""
        self.create()

    def count(self) -> int:
        """How many committed messages it holds."""
        from confluent_kafka import Consumer, KafkaException, TopicPartition

        waiting = {number for number, (start, end) in self._spans() if end > start}
        consumer = Consumer(
            {
                **administration.kafka_options(),
                "group.id": "benchmarks",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        consumer.assign([TopicPartition(self.name, number) for number in sorted(waiting)])
        total = 0
        while waiting:
            for message in consumer.consume(10_000, timeout=1.0):
                error = message.error()
                if error is None:
                    total += 1
                elif error.code() == error._PARTITION_EOF:
                    waiting.discard(message.partition())
                else:
                    raise KafkaException(error)
        consumer.close()
        return total

    def drop(self) -> None:
        """Remove it, if it is there."""
        from confluent_kafka.admin import AdminClient

        client = AdminClient(administration.kafka_options())
        if self.name in client.list_topics(timeout=30).topics:
            client.delete_topics([self.name], operation_timeout=30)[self.name].result()

    def _spans(self) -> list[tuple[int, tuple[int, int]]]:
        """First offset and end of each partition."""
        from confluent_kafka import Consumer, TopicPartition

        consumer = Consumer({**administration.kafka_options(), "group.id": "benchmarks"})
        spans = [
            (number, consumer.get_watermark_offsets(TopicPartition(self.name, number), timeout=30))
            for number in range(_PARTITIONS)
        ]
        consumer.close()
        return spans


class RedisKeys:
    """Keys in Redis, made by writing them."""

    prefixes: tuple[str, ...]

    def create(self) -> None:
        """Remove what an earlier run has left."""
        self.drop()

    def empty(self) -> None:
        """Take everything out of it."""
        self.drop()

    def drop(self) -> None:
        """Remove it, if it is there."""
        from dataflow360.stores import redis

        with redis.connect() as client:
            for prefix in self.prefixes:
                keys = redis_keys(client, prefix)
                if keys:
                    client.unlink(*keys)


class Boards(RedisKeys):
    """The departure boards and the versions of their lines, as the project's store has them."""

    prefixes = ("", "written:", "versions:", "writing:")

    def count(self) -> int:
        """How many lines are on the boards; none, when not every line has its version."""
        import orjson

        from dataflow360.stores import redis

        with redis.connect() as client:
            boards, versions = (
                client.mget(redis_keys(client, prefix)) for prefix in ("", "versions:")
            )
        lines = sum(len(orjson.loads(board)) for board in boards)
        return lines if sum(map(len, versions)) == lines * redis.VERSION.itemsize else 0


class Lines(RedisKeys):
    """The lines of the boards, each under a key of its own."""

    prefixes = ("line:",)

    def count(self) -> int:
        """How many lines there are."""
        from dataflow360.stores import redis

        with redis.connect() as client:
            return len(redis_keys(client, *self.prefixes))


def redis_keys(client: Any, prefix: str) -> list[bytes]:
    """The benchmark's keys with a prefix."""
    return list(client.scan_iter(f"{prefix}{BOARDS_PREFIX}*", 10_000))


BOARD_LINES = Boards()
SINGLE_LINES = Lines()
WEATHER_ROWS = WeatherTable()
FLIGHT_ROWS = FlightsTable()
