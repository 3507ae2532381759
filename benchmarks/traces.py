"""What the pipeline writes of a benchmark beside its rows, and the rights that it needs."""

from __future__ import annotations

from typing import Any

from benchmarks import administration
from benchmarks.names import DAG_ID, TOPIC_PREFIX
from dataflow360.records.control import DATABASE
from dataflow360.records.topics import LEDGER_TOPIC

_ACCOUNTS = ("batches", "quarantine", "runs")


def allow_topics() -> None:
    """Let the project's user write and read the benchmark's topics."""
    from confluent_kafka.admin import AdminClient

    bindings = _bindings()
    client = AdminClient(administration.kafka_options())
    for future in client.create_acls(bindings).values():
        future.result()


def forbid_topics() -> None:
    """Take the rights back."""
    from confluent_kafka.admin import AclBindingFilter, AdminClient

    filters = [
        AclBindingFilter(
            rule.restype, rule.name, rule.resource_pattern_type, rule.principal, rule.host,
            rule.operation, rule.permission_type,
        )
        for rule in _bindings()
    ]  # fmt: skip
    client = AdminClient(administration.kafka_options())
    for future in client.delete_acls(filters).values():
        future.result()


def remove() -> None:
    """Remove the benchmark's batches and runs from the accounts, and from the ledger topic.

    The ledger topic is compacted: a record without a value removes the one of the same key.
    """
    with administration.mysql() as cursor:
        cursor.execute(f"SELECT batch_id FROM {DATABASE}.batches WHERE dag_id = %s", (DAG_ID,))  # noqa: S608
        batch_ids = {batch_id for (batch_id,) in cursor.fetchall()}
        if batch_ids:
            _remove_from_ledger(batch_ids)
        for table in _ACCOUNTS:
            cursor.execute(f"DELETE FROM {DATABASE}.{table} WHERE dag_id = %s", (DAG_ID,))  # noqa: S608


def _remove_from_ledger(batch_ids: set[str]) -> None:
    from confluent_kafka import Producer

    from dataflow360.streams import kafka

    producer = Producer(administration.kafka_options())
    for message in kafka.read_to_end(LEDGER_TOPIC, 0):
        if message.value and message.key.decode().partition("/")[0] in batch_ids:
            producer.produce(LEDGER_TOPIC, None, message.key)
    producer.flush(60)


def _bindings() -> list[Any]:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    return [
        AclBinding(
            ResourceType.TOPIC, TOPIC_PREFIX, ResourcePatternType.PREFIXED, "User:dataflow360",
            "*", operation, AclPermissionType.ALLOW,
        )
        for operation in (AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE)
    ]  # fmt: skip
