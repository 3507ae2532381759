"""Proof that the path works: one record from the stream to both tables, and away again."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tenacity import wait_fixed

from dataflow360 import names
from dataflow360.aws.arns import Arns
from dataflow360.aws.function import find_mapping
from dataflow360.clients.aws import look_up
from dataflow360.clients.polling import poll
from dataflow360.errors import RetriableError

_LOG_LINES = 5


@dataclass(frozen=True)
class Path:
    """The clients along the path."""

    kinesis: Any
    dynamodb: Any
    lambda_: Any
    logs: Any


def send(path: Path, arns: Arns, name: str, timestamp: int, seconds: float) -> str:
    """Put a record on the stream, wait until it is in both tables, and remove it from them.

    Args:
        path: The clients.
        arns: Names in the account.
        name: Tells this canary from others; a second attempt by the same name cleans up after the
            first.
        timestamp: Moment that the record claims (unix seconds).
        seconds: How long to wait.

    Returns:
        A sentence that says how long it took.

    Raises:
        RetriableError: It has not arrived in time; the sentence says where it is missing and what
            Lambda says.
    """
    city = f"canari-{name}"
    items = {
        names.HISTORY_TABLE: {"ville": {"S": city}, "timestamp": {"N": str(timestamp)}},
        names.STATE_TABLE: {"ville": {"S": city}},
    }
    _remove(path.dynamodb, items)
    record = {"ville": city, "pays": "canari", "aeroport": "canari", "data": {"temp": 0}}
    started = time.monotonic()
    path.kinesis.put_record(
        StreamName=names.STREAM,
        PartitionKey=city,
        Data=json.dumps(record | {"timestamp": timestamp}).encode(),
    )
    missing = poll(
        lambda: _missing(path.dynamodb, items), again=bool, wait=wait_fixed(0.2), seconds=seconds
    )
    took = time.monotonic() - started
    _remove(path.dynamodb, items)
    if missing:
        raise RetriableError(
            f"The canary {city} was put on {names.STREAM}, and after {took:.0f} s it is not in "
            f"{' nor in '.join(missing)}; {_what_lambda_says(path, arns)}."
        )
    return f"The canary {city} was in {' and '.join(items)} after {took:.1f} s, and is removed."


def _missing(dynamodb: Any, items: dict[str, dict[str, Any]]) -> list[str]:
    return [
        table
        for table, key in items.items()
        if "Item" not in dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
    ]


def _remove(dynamodb: Any, items: dict[str, dict[str, Any]]) -> None:
    for table, key in items.items():
        dynamodb.delete_item(TableName=table, Key=key)


def _what_lambda_says(path: Path, arns: Arns) -> str:
    mapping = find_mapping(path.lambda_, arns)
    if mapping is None:
        return "no event source mapping reads the stream: run aws_setup again"
    said = f"the mapping is {mapping['State']}, its last result: " + mapping.get(
        "LastProcessingResult", "none"
    )
    lines = newest_log_lines(path.logs)
    return f"{said}, the function's newest log lines: {' | '.join(lines) or 'none'}"


def newest_log_lines(logs: Any) -> list[str]:
    """The last lines that the function has written; none when it has never run."""
    streams = look_up(
        logs.describe_log_streams,
        logGroupName=names.LOG_GROUP,
        orderBy="LastEventTime",
        descending=True,
        limit=1,
    )
    if not streams or not streams["logStreams"]:
        return []
    events = logs.get_log_events(
        logGroupName=names.LOG_GROUP,
        logStreamName=streams["logStreams"][0]["logStreamName"],
        limit=_LOG_LINES,
        startFromHead=False,
    )
    return [event["message"].strip() for event in events["events"]]
