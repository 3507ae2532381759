"""The serverless path in a region of the benchmark's own, on LocalStack."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: A stream is known by its region: that of the stack stays as it is.
_REGION = "eu-north-1"
_CONNECTION = "AIRFLOW_CONN_DATAFLOW360_AWS"
_PLAIN_STREAM = "benchmarks_stream"
_PLAIN_TABLE = "benchmarks_items"


def client(service: str) -> Any:
    """A client of a service in the benchmark's own region, as all later ones of this process."""
    from dataflow360.clients import aws as clients

    connection = json.loads(os.environ[_CONNECTION])
    connection["extra"] = connection["extra"] | {"region_name": _REGION}
    os.environ[_CONNECTION] = json.dumps(connection)
    return clients.client(service)


class Path:
    """Stream, function and tables as aws_setup makes them; what counts is the history."""

    def create(self) -> None:
        """Make them, empty."""
        from dataflow360.aws import canary, function, setup
        from dataflow360.aws.arns import Arns
        from dataflow360.aws.package import consumer_zip
        from dataflow360.aws.request import SetupRequest

        self.drop()
        arns, request = Arns.of(client("sts")), SetupRequest()
        stream = setup.ensure_stream(client("kinesis"), request.shards)
        setup.ensure_state_table(client("dynamodb"))
        setup.ensure_history_table(client("dynamodb"))
        setup.ensure_queue(client("sqs"))
        setup.ensure_log_group(client("logs"))
        function.ensure_role(client("iam"), arns)
        function.ensure_function(client("lambda"), arns, consumer_zip())
        function.ensure_mapping(client("lambda"), arns, request, stream=stream)
        path = canary.Path(client("kinesis"), client("dynamodb"), client("lambda"), client("logs"))
        canary.send(path, arns, "benchmark", 0, seconds=60)

    def empty(self) -> None:
        """Make them anew: kinesis-mock is the slower the more records a stream holds."""
        self.create()

    def count(self) -> int:
        """How many items the history holds."""
        from dataflow360 import names

        return _count_items(names.HISTORY_TABLE)

    def drop(self) -> None:
        """Remove them, as far as they are there."""
        from dataflow360 import names
        from dataflow360.aws.arns import Arns
        from dataflow360.clients.aws import look_up

        role = Arns.of(client("sts")).role_name
        lambda_ = client("lambda")
        for mapping in lambda_.list_event_source_mappings()["EventSourceMappings"]:
            look_up(lambda_.delete_event_source_mapping, UUID=mapping["UUID"])
        while lambda_.list_event_source_mappings()["EventSourceMappings"]:
            time.sleep(0.2)
        look_up(lambda_.delete_function, FunctionName=names.FUNCTION)
        _drop_stream(names.STREAM)
        for table in (names.STATE_TABLE, names.HISTORY_TABLE):
            _drop_table(table)
        look_up(client("iam").delete_role_policy, RoleName=role, PolicyName=role)
        look_up(client("iam").delete_role, RoleName=role)
        look_up(client("logs").delete_log_group, logGroupName=names.LOG_GROUP)
        if queue := look_up(client("sqs").get_queue_url, QueueName=names.FAILURE_QUEUE):
            client("sqs").delete_queue(QueueUrl=queue["QueueUrl"])


@dataclass(frozen=True, slots=True)
class PlainStream:
    """A stream that nobody reads."""

    name: str = _PLAIN_STREAM

    def create(self) -> None:
        """Make it, empty."""
        self.drop()
        kinesis = client("kinesis")
        kinesis.create_stream(StreamName=self.name, ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig=_OFTEN)

    def empty(self) -> None:
        """Take everything out of it."""
        self.create()

    def count(self) -> int:
        """How many records it holds."""
        return sum(len(records) for records in self._read())

    def drop(self) -> None:
        """Remove it, if it is there."""
        _drop_stream(self.name)

    def _read(self) -> Iterator[list[Any]]:
        kinesis = client("kinesis")
        for shard in kinesis.list_shards(StreamName=self.name)["Shards"]:
            iterator = kinesis.get_shard_iterator(
                StreamName=self.name,
                ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON",
            )["ShardIterator"]
            behind = 1
            while behind:
                answer = kinesis.get_records(ShardIterator=iterator)
                yield answer["Records"]
                iterator, behind = answer["NextShardIterator"], answer["MillisBehindLatest"]


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A table that the benchmark writes to itself."""

    name: str = _PLAIN_TABLE

    def create(self) -> None:
        """Make it, empty."""
        self.drop()
        dynamodb = client("dynamodb")
        dynamodb.create_table(
            TableName=self.name,
            KeySchema=[
                {"AttributeName": "ville", "KeyType": "HASH"},
                {"AttributeName": "timestamp", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "ville", "AttributeType": "S"},
                {"AttributeName": "timestamp", "AttributeType": "N"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.get_waiter("table_exists").wait(TableName=self.name, WaiterConfig=_OFTEN)

    def empty(self) -> None:
        """Take everything out of it."""
        self.create()

    def count(self) -> int:
        """How many items it holds."""
        return _count_items(self.name)

    def drop(self) -> None:
        """Remove it, if it is there."""
        _drop_table(self.name)


_OFTEN = {"Delay": 1, "MaxAttempts": 120}
PATH = Path()
PLAIN_STREAM = PlainStream()
PLAIN_TABLE = PlainTable()


def _count_items(table: str) -> int:
    pages = (
        client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=table, Select="COUNT", ConsistentRead=True)
    )
    return sum(page["Count"] for page in pages)


def _drop_table(name: str) -> None:
    from dataflow360.clients.aws import look_up

    if look_up(client("dynamodb").delete_table, TableName=name):
        waiter = client("dynamodb").get_waiter("table_not_exists")
        waiter.wait(TableName=name, WaiterConfig=_OFTEN)


def _drop_stream(name: str) -> None:
    from dataflow360.clients.aws import look_up

    kinesis = client("kinesis")
    # Asked first: kinesis-mock refuses to delete a stream that it does not have, and half a second
    # later still removes the one that has been made meanwhile.
    if look_up(kinesis.describe_stream_summary, StreamName=name) is not None:
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=_OFTEN)
