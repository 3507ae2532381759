"""What landed where: the run ledger, and counts from the stores themselves."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import MySQLdb
import MySQLdb.cursors
import redis
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import WhiteListRoundRobinPolicy
from confluent_kafka import Consumer, KafkaError, TopicPartition

from stack.environment import connections
from stack.settings import Settings

_COLUMNS = (
    "dag_id, run_id, source_name, interval_start, rows_read, rows_valid, rows_duplicate,"
    " rows_quarantined, rows_new, rows_changed, rows_unchanged, rows_stored,"
    " messages_published, state, reason"
)
CITIES = "dataflow_mongo"
"""DynamoDB's table of the cities' latest state."""

BOARDS = ("departures", "meteo")
"""What the names of Redis's boards begin with."""

_LATEST_RUNS = 60
_POLL_SECONDS = 10.0


@dataclass(frozen=True)
class Count:
    """How many rows or messages a table or topic has."""

    store: str
    name: str
    number: int


def runs(settings: Settings) -> list[Mapping[str, Any]]:
    """The latest lines of the run ledger, oldest first."""
    rows = _mysql(
        settings,
        f"SELECT {_COLUMNS} FROM dataflow360.runs"  # noqa: S608  # constants only
        f" ORDER BY reconciled_at DESC LIMIT {_LATEST_RUNS}",
    )
    return rows[::-1]


def counts(settings: Settings) -> list[Count]:
    """The number of rows of every table and board and of committed messages of every topic."""
    return [
        *_mysql_counts(settings),
        *_cassandra_counts(settings),
        *_redis_counts(settings),
        *_dynamodb_counts(settings),
        *_kafka_counts(settings),
    ]


def _mysql(settings: Settings, statement: str) -> list[Mapping[str, Any]]:
    connection = connections(settings)["DATAFLOW360_MYSQL"]
    client = MySQLdb.connect(
        host=connection["host"],
        port=connection["port"],
        user=connection["login"],
        password=connection["password"],
        charset="utf8mb4",
        cursorclass=MySQLdb.cursors.DictCursor,
    )
    try:
        cursor = client.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())
    finally:
        client.close()


def _mysql_counts(settings: Settings) -> list[Count]:
    tables = _mysql(
        settings,
        "SELECT table_schema AS db, table_name AS name FROM information_schema.tables"
        " WHERE table_type = 'BASE TABLE' AND table_schema <> 'performance_schema'"
        " ORDER BY db, name",
    )
    names = [f"{table['db']}.{table['name']}" for table in tables]
    return [
        Count("MySQL", name, _mysql(settings, f"SELECT COUNT(*) AS n FROM {name}")[0]["n"])  # noqa: S608
        for name in names
    ]


def _cassandra_counts(settings: Settings) -> list[Count]:
    connection = connections(settings)["DATAFLOW360_CASSANDRA"]
    profile = ExecutionProfile(
        load_balancing_policy=WhiteListRoundRobinPolicy([connection["host"]]), request_timeout=120
    )
    with Cluster(
        [connection["host"]],
        port=connection["port"],
        auth_provider=PlainTextAuthProvider(connection["login"], connection["password"]),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=5,
    ) as cluster:
        session = cluster.connect()
        keyspace = str(connection["schema"])
        tables = sorted(cluster.metadata.keyspaces[keyspace].tables)
        return [
            Count(
                "Cassandra",
                f"{keyspace}.{table}",
                session.execute(f"SELECT COUNT(*) FROM {keyspace}.{table}").one()[0],  # noqa: S608
            )
            for table in tables
        ]


def _redis_counts(settings: Settings) -> list[Count]:
    connection = connections(settings)["DATAFLOW360_REDIS"]
    client = redis.Redis(
        host=str(connection["host"]),
        port=settings.port("REDIS"),
        username=str(connection["login"]),
        password=str(connection["password"]),
    )
    try:
        return [
            Count("Redis", f"{prefix}:*", sum(len(json.loads(board)) for board in boards))
            for prefix in BOARDS
            if (boards := [client.get(key) or b"[]" for key in client.scan_iter(f"{prefix}:*")])
        ]
    finally:
        client.close()


def cities(settings: Settings) -> list[Mapping[str, Any]]:
    """The items of DynamoDB's table of the cities' latest state, by city."""
    table = aws(settings, "dynamodb").Table(CITIES)
    return sorted(table.scan()["Items"], key=lambda item: str(item["ville"]))


def _dynamodb_counts(settings: Settings) -> list[Count]:
    tables = sorted(aws(settings, "dynamodb").tables.all(), key=lambda table: table.name)
    return [
        Count("DynamoDB", table.name, sum(page["Count"] for page in _pages(table)))
        for table in tables
    ]


def _pages(table: Any) -> Iterator[Mapping[str, Any]]:
    scan = table.meta.client.get_paginator("scan")
    yield from scan.paginate(TableName=table.name, Select="COUNT")


def aws(settings: Settings, service: str) -> Any:
    """A service of AWS as boto3's resource, on the stack's LocalStack."""
    connection: Mapping[str, Any] = connections(settings)["DATAFLOW360_AWS"]
    return boto3.resource(
        service,
        aws_access_key_id=connection["login"],
        aws_secret_access_key=connection["password"],
        **connection["extra"],
    )


def _kafka_counts(settings: Settings) -> list[Count]:
    """Count what a reader of committed messages gets, by reading each topic to its end."""
    extra = connections(settings)["DATAFLOW360_KAFKA"]["extra"]
    consumer = Consumer(
        {
            **json.loads(json.dumps(extra)),
            "group.id": "dataflow360.count",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    try:
        topics = consumer.list_topics(timeout=_POLL_SECONDS).topics
        return [
            Count("Kafka", name, _messages(consumer, name, len(topic.partitions)))
            for name, topic in sorted(topics.items())
        ]
    finally:
        consumer.close()


def _messages(consumer: Consumer, topic: str, partitions: int) -> int:
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    open_partitions = set(range(partitions))
    number = 0
    while open_partitions:
        messages = consumer.consume(10_000, timeout=1.0)
        for message in messages:
            error = message.error()
            if error is None:
                number += 1
            elif error.code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
    return number
