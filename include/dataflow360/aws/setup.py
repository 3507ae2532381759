"""The stream, the tables, the queue and the log group; each step changes only what differs.

A step takes the client that it speaks to and what is wanted, waits until AWS says that the
resource is ready, and returns what it has done. Nothing in here is peculiar to an emulator.
"""

from __future__ import annotations

import math
from typing import Any

from dataflow360 import names
from dataflow360.aws.looking import WAITING, Outcome, looking_again
from dataflow360.clients.aws import Document, look_up
from dataflow360.errors import FatalError, RetriableError

_LOG_DAYS = 14
_QUEUE_SECONDS = _LOG_DAYS * 24 * 60 * 60


@looking_again
def ensure_stream(kinesis: Any, shards: int) -> Outcome:
    """The Kinesis stream, with a number of shards.

    Raises:
        RetriableError: The stream has not taken the number that it was told.
    """
    outcome: Outcome = "unchanged"
    if look_up(kinesis.describe_stream_summary, StreamName=names.STREAM) is None:
        kinesis.create_stream(StreamName=names.STREAM, ShardCount=shards)
        outcome = "created"
    present = _open_shards(kinesis)
    while present != shards:
        # One call can at most double or halve them.
        target = min(max(shards, math.ceil(present / 2)), 2 * present)
        kinesis.update_shard_count(
            StreamName=names.STREAM, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
        )
        outcome = "updated"
        present = _open_shards(kinesis)
        if present != target:
            raise RetriableError(
                f"The stream {names.STREAM} has {present} shards although it was told to have "
                f"{target}; this task tries again, and if that never helps make the stream anew."
            )
    return outcome


def _open_shards(kinesis: Any) -> int:
    """The shards that take records, once no change is under way."""
    kinesis.get_waiter("stream_exists").wait(StreamName=names.STREAM, WaiterConfig=WAITING)
    summary = kinesis.describe_stream_summary(StreamName=names.STREAM)
    return int(summary["StreamDescriptionSummary"]["OpenShardCount"])


def ensure_state_table(dynamodb: Any) -> Outcome:
    """The table of the latest observations; its key is ``ville``."""
    return _ensure_table(dynamodb, names.STATE_TABLE, {"ville": "S"})


def ensure_history_table(dynamodb: Any) -> Outcome:
    """The table of all observations; its key is ``ville``, ``timestamp``."""
    return _ensure_table(dynamodb, names.HISTORY_TABLE, {"ville": "S", "timestamp": "N"})


@looking_again
def _ensure_table(dynamodb: Any, name: str, key: dict[str, str]) -> Outcome:
    outcome: Outcome = "unchanged"
    wanted_key = [
        {"AttributeName": attribute, "KeyType": role}
        for attribute, role in zip(key, ("HASH", "RANGE"), strict=False)
    ]
    attributes = [{"AttributeName": each, "AttributeType": kind} for each, kind in key.items()]
    if look_up(dynamodb.describe_table, TableName=name) is None:
        dynamodb.create_table(
            TableName=name,
            KeySchema=wanted_key,
            AttributeDefinitions=attributes,
            BillingMode="PAY_PER_REQUEST",
        )
        outcome = "created"
    _wait_for_table(dynamodb, name)
    table = dynamodb.describe_table(TableName=name)["Table"]
    by_name = {each["AttributeName"]: each for each in table["AttributeDefinitions"]}
    if table["KeySchema"] != wanted_key or any(
        by_name[each["AttributeName"]] != each for each in attributes
    ):
        raise FatalError(
            f"The DynamoDB table {name} exists with another key than {', '.join(key)}, and a key "
            "cannot be altered: save what is in it, delete it, and run aws_setup again."
        )
    if table.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST":
        dynamodb.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
        _wait_for_table(dynamodb, name)
        outcome = "updated"
    return outcome


def _wait_for_table(dynamodb: Any, name: str) -> None:
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig=WAITING)


@looking_again
def ensure_queue(sqs: Any) -> Outcome:
    """The queue that names the records which Lambda has given up, for 14 days."""
    wanted = {"MessageRetentionPeriod": str(_QUEUE_SECONDS)}
    found = look_up(sqs.get_queue_url, QueueName=names.FAILURE_QUEUE)
    if found is None:
        sqs.create_queue(QueueName=names.FAILURE_QUEUE, Attributes=wanted)
        return "created"
    url = found["QueueUrl"]
    present = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(wanted))["Attributes"]
    if present == wanted:
        return "unchanged"
    sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)
    return "updated"


@looking_again
def ensure_log_group(logs: Any) -> Outcome:
    """The function's log group, which keeps its lines for 14 days."""
    outcome: Outcome = "unchanged"
    group = _log_group(logs)
    if group is None:
        logs.create_log_group(logGroupName=names.LOG_GROUP)
        outcome = "created"
    if group is None or group.get("retentionInDays") != _LOG_DAYS:
        logs.put_retention_policy(logGroupName=names.LOG_GROUP, retentionInDays=_LOG_DAYS)
        outcome = "created" if group is None else "updated"
    return outcome


def _log_group(logs: Any) -> Document | None:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=names.LOG_GROUP)
    groups = (group for page in pages for group in page["logGroups"])
    return next((group for group in groups if group["logGroupName"] == names.LOG_GROUP), None)
