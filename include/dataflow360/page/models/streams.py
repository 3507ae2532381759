"""``/api/kafka`` and ``/api/kinesis``."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime

from dataflow360.page.models.common import Answer, Natural, Part
from dataflow360.page.models.overview import Entry


class Topic(Answer):
    """A topic.

    Attributes:
        messages: End minus begin offsets; each transaction adds a marker, which counts too.
        newest_at: Time of the newest record; None when there is none.
        under_replicated: Partitions with fewer replicas in sync than they should have.
    """

    name: str
    partitions: Natural
    messages: Natural
    newest_at: AwareDatetime | None
    under_replicated: Natural


class ConsumerGroup(Answer):
    """A consumer group of the project.

    Attributes:
        lag: Offsets that it has not committed yet.
    """

    name: str
    state: str
    lag: Natural


class Cluster(Answer):
    """The Kafka cluster."""

    brokers: Natural
    topics: list[Topic]
    groups: list[ConsumerGroup]


class Kafka(Answer):
    """Answer of ``/api/kafka``."""

    now: AwareDatetime
    cluster: Part[Cluster]


class Arrivals(Answer):
    """Records that went through the stream; ``put = stored + failed``."""

    put: Natural
    stored: Natural
    failed: Natural


class DayArrivals(Arrivals):
    """The same of one day."""

    day: date


class Stream(Answer):
    """The way from Kinesis to DynamoDB, as the run ledger has it.

    Attributes:
        last: The newest run that put anything.
        days: The last 30 days, today at the end.
        total: Their sum.
    """

    stream: str
    table: str
    dag_id: str
    last: Entry | None
    last_arrivals: Arrivals | None
    days: list[DayArrivals]
    total: Arrivals


class Kinesis(Answer):
    """Answer of ``/api/kinesis``."""

    now: AwareDatetime
    stream: Part[Stream]
