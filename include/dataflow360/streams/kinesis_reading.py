"""Read back a stretch of a shard of a Kinesis stream."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from dataflow360.clients.aws import look_up
from dataflow360.streams.kinesis import Place

log = logging.getLogger(__name__)

#: What Kinesis says of a record that has expired, or of its shard.
_UNKNOWN = {"InvalidArgumentException", "ResourceNotFoundException"}


@dataclass(frozen=True, slots=True)
class Found:
    """A record with its place on the stream."""

    place: Place
    data: bytes


def read(client: Any, stream: str, shard: str, first: int, last: int) -> Iterator[Found]:
    """The records of a stretch that are on the stream still, in their order.

    Args:
        client: Client of Kinesis.
        stream: Name of the stream.
        shard: Id of the shard.
        first: Sequence number of the first record.
        last: Sequence number of the last one.

    Raises:
        botocore.exceptions.ClientError: There is no such stream, or it is busy.
    """
    iterator = _iterator(client, stream, shard, first)
    while iterator is not None:
        answer = client.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            number = int(record["SequenceNumber"])
            if number > last:
                return
            # Where the first one has expired, reading begins with what comes after it.
            if number >= first:
                yield Found(Place(shard, record["SequenceNumber"]), record["Data"])
            if number == last:
                return
        if not answer["Records"] and not answer["MillisBehindLatest"]:
            return
        iterator = answer.get("NextShardIterator")


def _iterator(client: Any, stream: str, shard: str, first: int) -> str | None:
    """Where to begin reading; None when there is no such shard any more."""
    place = {"StreamName": stream, "ShardId": shard}
    try:
        answer = client.get_shard_iterator(
            **place, ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=str(first)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNKNOWN:
            raise
        log.warning("Kinesis has no record %s of %s in %s: %s", first, shard, stream, error)
        client.describe_stream_summary(StreamName=stream)  # raises when there is no stream
        # It has expired; what comes after it may be the oldest that is left.
        answer = look_up(client.get_shard_iterator, **place, ShardIteratorType="TRIM_HORIZON")
    return str(answer["ShardIterator"]) if answer else None
