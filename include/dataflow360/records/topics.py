"""The Kafka topics: those of the record types and the ledger of published batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataflow360.records import RECORD_TYPES

#: Compacted; one record a published transaction. One partition, so that a batch's records are
#: found by reading one log to its end.
LEDGER_TOPIC = "dataflow360.batches"

#: Prefix of transactional and group ids; what the project's Kafka user may use.
ID_PREFIX = "dataflow360."


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic to create.

    Attributes:
        name: Name of the topic.
        partitions: Number of partitions.
        config: Topic settings, as Kafka names them.
    """

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


#: A topic is the change log of its table: it is kept for ever.
TOPICS = (
    *(
        Topic(name, 6, {"retention.ms": "-1"})
        for record in RECORD_TYPES.values()
        for name in record.topics
    ),
    Topic(LEDGER_TOPIC, 1, {"cleanup.policy": "compact"}),
)
