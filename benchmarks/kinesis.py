"""Measurements on the stream and into DynamoDB: one at a time against the project's own steps."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import aws
from benchmarks.comparison import Comparison, Job, Remark, Target, Variant, Work

_LOOK_AGAIN_SECONDS = 0.1
_GIVE_UP_SECONDS = 300.0


def _prepare(job: Job, rounds: int) -> None:
    from benchmarks import batches
    from dataflow360.records.mesures_villes import MESURES_VILLES

    batches.land(MESURES_VILLES, job, rounds)


def _records(job: Job) -> list[Any]:
    from benchmarks import batches
    from dataflow360.streams import measurements

    tables = batches.landed_rows(job)
    return [record for rows in tables for record in measurements.records(rows)]


@contextmanager
def _put_one_by_one(job: Job) -> Iterator[Work]:
    records, client = _records(job), aws.client("kinesis")
    client.list_streams()  # connected

    def work() -> None:
        for record in records:
            client.put_record(
                StreamName=aws.PLAIN_STREAM.name, PartitionKey=record.key, Data=record.data
            )

    yield work


@contextmanager
def _put(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.streams import kinesis, measurements

    tables, client = batches.landed_rows(job), aws.client("kinesis")
    client.list_streams()

    def work() -> None:
        for rows in tables:
            kinesis.put(client, aws.PLAIN_STREAM.name, measurements.records(rows))

    yield work


@contextmanager
def _whole_one_by_one(job: Job) -> Iterator[Work]:
    """What a consumer without batches does: each record is put, then written as an item."""
    kinesis, dynamodb = aws.client("kinesis"), aws.client("dynamodb")
    kinesis.list_streams()
    dynamodb.list_tables()
    records = _records(job)
    items = [_item(record.data) for record in records]

    def work() -> None:
        for record, item in zip(records, items, strict=True):
            kinesis.put_record(
                StreamName=aws.PLAIN_STREAM.name, PartitionKey=record.key, Data=record.data
            )
            dynamodb.put_item(TableName=aws.PLAIN_TABLE.name, Item=item)

    yield work


def _item(data: bytes) -> dict[str, dict[str, str]]:
    """The item of a record, ready-made."""
    import json

    record = json.loads(data)
    numbers = {"timestamp": record["timestamp"], **record["data"]}
    return {
        **{name: {"S": record[name]} for name in ("ville", "pays", "aeroport")},
        **{name: {"N": str(value)} for name, value in numbers.items()},
    }


@contextmanager
def _whole(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.aws import arrival, putting
    from dataflow360.stores import dynamodb_tables

    aws.client("kinesis").list_streams()
    batch_id = batches.recall(job)
    dynamodb = aws.client("dynamodb")
    last = dynamodb_tables.key_of(_records(job)[-1].data)

    def work() -> None:
        putting.put(batch_id)
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        # The stream has one shard: all others are stored before the last one. Looking for each of
        # them all the while would be most of what DynamoDB has to do.
        while dynamodb_tables.hold(dynamodb, [last]).item(last) is None:
            assert time.monotonic() < deadline, str(arrival.look(batch_id))  # noqa: S101
            time.sleep(_LOOK_AGAIN_SECONDS)
        while not (seen := arrival.look(batch_id)).is_complete:
            assert time.monotonic() < deadline, str(seen)  # noqa: S101
            time.sleep(_LOOK_AGAIN_SECONDS)

    yield work


@contextmanager
def _latency(job: Job) -> Iterator[Work]:
    """One record after the other, each awaited: what lies between is the poll of the stream."""
    from dataflow360 import names
    from dataflow360.stores import dynamodb_tables
    from dataflow360.streams import kinesis

    stream, dynamodb = aws.client("kinesis"), aws.client("dynamodb")
    records = _records(job)

    def work() -> Remark:
        seconds = []
        for record in records:
            key = dynamodb_tables.key_of(record.data)
            began = time.perf_counter()
            kinesis.put(stream, names.STREAM, [record])
            while dynamodb_tables.hold(dynamodb, [key]).history.get(key) is None:
                time.sleep(0.01)
            seconds.append(time.perf_counter() - began)
        return Remark(f"p50 {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s")

    yield work


COMPARISON = Comparison(
    name="kinesis",
    title="Kinesis and DynamoDB, measurements",
    rows=2_000,
    variants=(
        Variant("put-one", "put_record, one by one", _put_one_by_one, aws.PLAIN_STREAM, 500),
        Variant("put", "ours: full batches of PutRecords", _put, aws.PLAIN_STREAM),
        Variant(
            "whole-one", "put_record and put_item, one by one", _whole_one_by_one,
            aws.PLAIN_TABLE, 500,
        ),
        Variant("whole", "ours: put, Lambda, stored in both tables", _whole, aws.PATH),
        Variant("latency", "ours: one record, put to item", _latency, aws.PATH, 20),
    ),
    targets=(
        Target("put", "put", "put-one", 20),
        Target("whole", "stored", "whole-one", 10),
    ),
    destinations=(aws.PATH, aws.PLAIN_STREAM, aws.PLAIN_TABLE),
    prepare=_prepare,
)  # fmt: skip
