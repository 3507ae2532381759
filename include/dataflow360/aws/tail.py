"""Watch the serverless path: records, invocations of the function, items as they change.

Each round asks for what has come since the one before. Nothing is changed anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from boto3.dynamodb.types import TypeDeserializer

from dataflow360 import names
from dataflow360.clients.aws import client, look_up
from dataflow360.streams import lambda_consumer

_REPORT = re.compile(r"^REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms")
#: What AWS writes around each invocation and says nothing of its own.
_FRAME = re.compile(r"^(START|END|INIT_START) ")
#: Events of a log whose moment is later may have been told before ones that are earlier.
_LATE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """Something that has happened on the path.

    Attributes:
        kind: What it is about.
        moment: When it happened (UTC): a record was put, a line was logged, an item observed.
        text: What a person reads.
        is_fault: Whether it tells of something that went wrong.
    """

    kind: Literal["record", "invocation", "item"]
    moment: datetime
    text: str
    is_fault: bool = False


@dataclass(slots=True)
class Tail:
    """Follows the path from a moment on.

    Attributes:
        since: Records and invocations before it (UTC) are not shown.
    """

    since: datetime
    _iterators: dict[str, str | None] = field(default_factory=dict)
    _events: dict[str, int] = field(default_factory=dict)
    _items: dict[str, dict[str, Any]] = field(default_factory=dict)
    _kinesis: Any = field(default_factory=lambda: client("kinesis"))
    _logs: Any = field(default_factory=lambda: client("logs"))
    _dynamodb: Any = field(default_factory=lambda: client("dynamodb"))

    def round(self) -> Iterator[Line]:
        """What has come since the round before; the first has every city's state.

        Raises:
            botocore.exceptions.ClientError: There is no such stream or table, or AWS is busy.
        """
        yield from self._records()
        yield from self._invocations()
        yield from self._changes()

    def _records(self) -> Iterator[Line]:
        kinesis = self._kinesis
        pages = kinesis.get_paginator("list_shards").paginate(StreamName=names.STREAM)
        for shard in [each["ShardId"] for page in pages for each in page["Shards"]]:
            if shard not in self._iterators:
                self._iterators[shard] = kinesis.get_shard_iterator(
                    StreamName=names.STREAM, ShardId=shard,
                    ShardIteratorType="AT_TIMESTAMP", Timestamp=self.since,
                )["ShardIterator"]  # fmt: skip
            behind = True
            while behind and (iterator := self._iterators[shard]) is not None:
                answer = kinesis.get_records(ShardIterator=iterator)
                self._iterators[shard] = answer.get("NextShardIterator")
                behind = answer["MillisBehindLatest"] > 0
                for record in answer["Records"]:
                    yield record_line(shard, record)

    def _invocations(self) -> Iterator[Line]:
        start = int(self.since.timestamp() * 1000)
        newest = max(self._events.values(), default=start)
        pages = self._logs.get_paginator("filter_log_events").paginate
        # There is no log group before aws_setup has made it.
        found = look_up(
            lambda **params: {"pages": list(pages(**params))},
            logGroupName=names.LOG_GROUP,
            startTime=max(start, newest - _LATE_MS),
        )
        for page in found["pages"] if found else []:
            for event in page["events"]:
                if event["eventId"] not in self._events:
                    self._events[event["eventId"]] = event["timestamp"]
                    yield from invocation_lines(event)
        newest = max(self._events.values(), default=start)
        self._events = {
            name: moment for name, moment in self._events.items() if moment >= newest - _LATE_MS
        }

    def _changes(self) -> Iterator[Line]:
        scan = self._dynamodb.get_paginator("scan")
        pages = scan.paginate(TableName=names.STATE_TABLE, ConsistentRead=True)
        deserialise = TypeDeserializer().deserialize
        now = {
            item["ville"]["S"]: {name: deserialise(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        }
        for ville, item in sorted(now.items()):
            if self._items.get(ville) != item:
                yield item_line(item)
        self._items = now


def record_line(shard: str, record: dict[str, Any]) -> Line:
    """A record of the stream; one that the function would refuse has the reason.

    Args:
        shard: Id of its shard.
        record: As Kinesis hands it over.
    """
    observation = lambda_consumer.read(record["Data"])
    place = f"{shard} {record['SequenceNumber']}"
    moment = record["ApproximateArrivalTimestamp"].astimezone(UTC)
    if isinstance(observation, str):
        return Line("record", moment, f"{place} {observation}", is_fault=True)
    observed = datetime.fromtimestamp(observation["timestamp"], UTC)
    return Line("record", moment, f"{place} {observation['ville']} {_shown(observed)}")


def invocation_lines(event: dict[str, Any]) -> Iterator[Line]:
    """What an event of the function's log says, without the frame that AWS puts around it.

    Args:
        event: As CloudWatch hands it over; a message may have several lines.
    """
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    for line in event["message"].splitlines():
        if not line.strip() or _FRAME.match(line):
            continue
        if report := _REPORT.match(line):
            text = f"{report[1]} took {report[2]} ms"
            yield Line("invocation", moment, text)
            continue
        yield _said(moment, line.rstrip())


def _said(moment: datetime, line: str) -> Line:
    """A line that the function has written: JSON, or whatever Python says of an error."""
    try:
        fields = json.loads(line)
        request, level, message = (fields.pop(key) for key in ("requestId", "level", "message"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Line("invocation", moment, line, is_fault=True)
    details = ", ".join(f"{name} {value}" for name, value in fields.items())
    return Line("invocation", moment, f"{request} {message}: {details}", is_fault=level == "ERROR")


def item_line(item: dict[str, Any]) -> Line:
    """The state of a city.

    Args:
        item: Its item, with plain values.
    """
    own = {"ville", "pays", "aeroport", "date", "timestamp"}
    values = ", ".join(f"{name} {value}" for name, value in sorted(item.items()) if name not in own)
    observed = datetime.fromtimestamp(int(item["timestamp"]), UTC)
    return Line("item", observed, f"{item['ville']} ({item['aeroport']}): {values}")


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
