"""Kinesis: records in full batches, each until the stream has taken it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tenacity import wait_random_exponential

from dataflow360.clients.polling import poll
from dataflow360.errors import FatalError, RetriableError

log = logging.getLogger(__name__)

#: Limits of one call of PutRecords, and of one record; keys count too.
MOST_RECORDS = 500
MOST_BYTES = 5 * 1024 * 1024
MOST_RECORD_BYTES = 1024 * 1024

_GIVE_UP_SECONDS = 60.0
#: Random, between nothing and a time that doubles: writers that were refused at once come apart.
_PAUSE = wait_random_exponential(multiplier=0.1, max=8)


@dataclass(frozen=True, slots=True)
class Record:
    """What is put on a stream.

    Attributes:
        key: Partition key: records of the same key keep to one shard.
        data: The record itself.
    """

    key: str
    data: bytes

    @property
    def size(self) -> int:
        """Bytes that count against the limits."""
        return len(self.data) + len(self.key.encode())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies on its stream.

    Attributes:
        shard: Id of the shard.
        sequence: Number in the shard, as Kinesis writes it (decimal digits).
    """

    shard: str
    sequence: str


def put(client: Any, stream: str, records: Iterable[Record]) -> list[Place]:
    """Put records on a stream; a record that is refused for the moment is put again.

    Args:
        client: Client of Kinesis.
        stream: Name of the stream.
        records: The records.

    Returns:
        The place of each record, in their order. A record whose acknowledgement was lost may lie
        on the stream twice.

    Raises:
        FatalError: A record is larger than a stream takes.
        RetriableError: The stream has refused some of them for a minute.
    """
    places: list[Place] = []
    for batch in full_batches(records):
        places += _put_batch(client, stream, batch)
    return places


def full_batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records in as few calls of PutRecords as its limits allow.

    Raises:
        FatalError: A record is larger than a stream takes.
    """
    batch: list[Record] = []
    held = 0
    for record in records:
        if record.size > MOST_RECORD_BYTES:
            raise FatalError(
                f"A record of the key {record.key!r} has {record.size:,} bytes, and a stream takes "
                f"{MOST_RECORD_BYTES:,} at most; leave it out or divide it."
            )
        if len(batch) == MOST_RECORDS or held + record.size > MOST_BYTES:
            yield batch
            batch, held = [], 0
        batch.append(record)
        held += record.size
    if batch:
        yield batch


def _put_batch(client: Any, stream: str, batch: list[Record]) -> list[Place]:
    places: dict[int, Place] = {}
    reasons: Counter[str] = Counter()

    def put_rest() -> int:
        """Put what the stream has not taken yet; how many records are left after it."""
        waiting = [number for number in range(len(batch)) if number not in places]
        answer = client.put_records(
            StreamName=stream,
            Records=[
                {"Data": batch[number].data, "PartitionKey": batch[number].key}
                for number in waiting
            ],
        )
        reasons.clear()
        for number, result in zip(waiting, answer["Records"], strict=True):
            if "ErrorCode" in result:
                reasons[result["ErrorCode"]] += 1
            else:
                places[number] = Place(result["ShardId"], result["SequenceNumber"])
        if reasons:
            log.info("%s refuses %s of %s records: %s", stream, reasons.total(), len(waiting),
                     _described(reasons))  # fmt: skip
        return reasons.total()

    if left := poll(put_rest, again=bool, wait=_PAUSE, seconds=_GIVE_UP_SECONDS):
        raise RetriableError(
            f"The stream {stream} has refused {left} of {len(batch)} records for "
            f"{_GIVE_UP_SECONDS:g} s ({_described(reasons)}); this task tries again later and "
            "puts all of them. If this happens often, give the stream more shards."
        )
    return [places[number] for number in range(len(batch))]


def _described(reasons: Counter[str]) -> str:
    return ", ".join(f"{count} x {reason}" for reason, count in reasons.most_common())
