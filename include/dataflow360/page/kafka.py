"""What the Kafka cluster says of its topics and of the project's consumer groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook
from airflow.providers.apache.kafka.hooks.consume import KafkaConsumerHook
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from dataflow360.page.models.streams import Cluster, ConsumerGroup, Topic
from dataflow360.records.topics import ID_PREFIX
from dataflow360.streams.kafka import CONNECTION_ID

_TIMEOUT_SECONDS = 4.0
_MOST_TOPICS = 200
_MOST_GROUPS = 20
#: Topics that Kafka keeps for itself begin so.
_INTERNAL = "__"

_Places = Mapping[TopicPartition, Any]


_BOUNDS: Mapping[str, Any] = {
    # Whoever asks is told what is wrong; the client would tell the log each second.
    "log_level": 0,
    "socket.timeout.ms": int(1_000 * _TIMEOUT_SECONDS),
    "socket.connection.setup.timeout.ms": int(1_000 * _TIMEOUT_SECONDS),
}


class _BoundedAdminHook(KafkaAdminClientHook):
    """The provider's hook with time limits of the page."""

    def _get_client(self, config: dict[str, Any]) -> AdminClient:
        return AdminClient({**config, **_BOUNDS})


class _GroupHook(KafkaConsumerHook):
    """The provider's hook for a consumer that only asks what its group has committed."""

    def __init__(self, group: str) -> None:
        super().__init__(topics=[], kafka_config_id=CONNECTION_ID)
        self._group = group

    def _get_client(self, config: dict[str, Any]) -> Consumer:
        return Consumer({**config, **_BOUNDS, "group.id": self._group, "enable.auto.commit": False})


def cluster() -> Cluster:
    """Topics, replicas and consumer groups, as the brokers have them now.

    Raises:
        KafkaException: No broker answers in time, or they refuse the project's user.
    """
    client = _client()
    metadata = client.list_topics(timeout=_TIMEOUT_SECONDS)
    topics = dict(
        sorted((name, each) for name, each in metadata.topics.items() if name[:2] != _INTERNAL)[
            :_MOST_TOPICS
        ]
    )
    places = [
        TopicPartition(name, number) for name, each in topics.items() for number in each.partitions
    ]
    begins = _offsets(client, places, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(client, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    newest = _offsets(client, places, OffsetSpec.max_timestamp())  # type: ignore[no-untyped-call]
    found = []
    for name, each in topics.items():
        own = [place for place in places if place.topic == name]
        stamps = [newest[place].timestamp for place in own if newest[place].offset >= 0]
        found.append(
            Topic(
                name=name,
                partitions=len(own),
                messages=sum(ends[place].offset - begins[place].offset for place in own),
                newest_at=datetime.fromtimestamp(max(stamps) / 1_000, UTC) if stamps else None,
                under_replicated=sum(
                    len(part.isrs) < len(part.replicas) for part in each.partitions.values()
                ),
            )
        )
    return Cluster(
        brokers=len(metadata.brokers), topics=found, groups=_groups(client, begins, ends)
    )


@cache
def _client() -> AdminClient:
    """One client for the process: it keeps its connections, and mends them by itself."""
    client: AdminClient = _BoundedAdminHook(kafka_config_id=CONNECTION_ID).get_conn
    return client


def _offsets(client: AdminClient, places: list[TopicPartition], which: OffsetSpec) -> _Places:
    futures = client.list_offsets(dict.fromkeys(places, which), request_timeout=_TIMEOUT_SECONDS)
    return {place: future.result(_TIMEOUT_SECONDS) for place, future in futures.items()}


def _groups(client: AdminClient, begins: _Places, ends: _Places) -> list[ConsumerGroup]:
    listed = client.list_consumer_groups(request_timeout=_TIMEOUT_SECONDS)
    states = {
        each.group_id: each.state
        for each in listed.result(_TIMEOUT_SECONDS).valid
        if each.group_id.startswith(ID_PREFIX)
    }
    return [
        ConsumerGroup(
            name=name,
            state=states[name].name.lower(),
            lag=_lag(_committed(name, list(ends)), begins, ends),
        )
        for name in sorted(states)[:_MOST_GROUPS]
    ]


def _committed(group: str, places: list[TopicPartition]) -> list[TopicPartition]:
    """What a group has committed, asked as one of its consumers would, without joining it.

    The admin client asks the coordinators of groups too, but when one of them has moved to another
    broker it ends the whole process: librdkafka takes it for a consumer in ``rd_kafka_cgrp_op``,
    or finds its own count of references wrong.
    """
    consumer: Consumer = _GroupHook(group).get_conn
    try:
        return consumer.committed(places, timeout=_TIMEOUT_SECONDS)
    finally:
        consumer.close()


def _lag(committed: Iterable[TopicPartition], begins: _Places, ends: _Places) -> int:
    """What a group has not committed yet of the topics that it reads, whole ones."""
    reached: dict[str, dict[int, int]] = defaultdict(dict)
    for place in committed:
        if place.error is not None:
            raise KafkaException(place.error)
        if place.offset >= 0:
            reached[place.topic][place.partition] = place.offset
    return sum(
        max(0, end.offset - max(reached[place.topic].get(place.partition, 0), begins[place].offset))
        for place, end in ends.items()
        if place.topic in reached
    )
