"""Bring what Lambda has given up from the failure queue into quarantine.

A message of the queue names a stretch of a shard. Its records are read back from the stream and
judged one by one: what the consumer refuses goes to quarantine with its reason; what it takes and
the tables hold was stored and is left out, for Lambda gives up all from the first failure on; what
it takes and the tables do not hold goes to quarantine as well, to be replayed. Records that have
expired from the stream are named in quarantine by the message itself. A message is deleted when
all of this is in quarantine; one that is delivered twice adds nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from dataflow360 import names
from dataflow360.aws import failure_queue
from dataflow360.aws.failure_queue import GivenUp, Message
from dataflow360.clients import mysql
from dataflow360.clients.aws import client
from dataflow360.errors import FatalError
from dataflow360.pipeline import extraction, landing, ledger, quarantine, registry
from dataflow360.pipeline.chunk import CHUNK_ROWS, Chunk, chunk_of
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.registry import Batch
from dataflow360.pipeline.run import Run
from dataflow360.pipeline.zone import landing_zone
from dataflow360.records.mesures_villes import MESURES_VILLES
from dataflow360.stores import dynamodb_tables
from dataflow360.streams import kinesis_reading, lambda_consumer
from dataflow360.streams.kinesis_reading import Found

log = logging.getLogger(__name__)

#: Original bytes and the reason why they are in quarantine.
type Refusal = tuple[bytes, str]


@dataclass(slots=True)
class Tally:
    """What became of the records that the messages name.

    Attributes:
        read: Records, and messages that go to quarantine in the place of theirs.
        stored: Records that the tables hold.
        repeated: Records whose bytes another one of the same run has.
        refused: Records and messages for quarantine.
    """

    read: int = 0
    stored: int = 0
    repeated: int = 0
    refused: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def is_first(self, raw: bytes) -> bool:
        """Take note of a refusal; whether its bytes are new."""
        is_first = raw not in self._seen
        self._seen.add(raw)
        self.read += 1
        self.refused += is_first
        self.repeated += not is_first
        return is_first


def drain(run: Run) -> int:
    """Empty the failure queue into quarantine; idempotent.

    Returns:
        How many records are in quarantine for it.

    Raises:
        FatalError: Something of it is not in quarantine; nothing was deleted from the queue.
        RetriableError: SQS has not deleted some messages.
    """
    with (
        mysql.connect() as connection,
        registry.lock(connection, failure_queue.LOCK),
        failure_queue.hold(client("sqs")) as held,
    ):
        count = len(held.messages)
        if not count:
            reason = f"The queue {names.FAILURE_QUEUE} is empty: Lambda has given up nothing."
            log.info(reason)
            ledger.skip(connection, run, reason)
            return 0
        tally = Tally()
        batch = _land(connection, run, held.messages, tally)
        if batch is None:
            reason = (
                f"Lambda has given up {tally.stored} records by {count} messages, and the "
                "tables hold all of them."
            )
            log.info(reason)
            ledger.skip(connection, run, reason)
        else:
            _keep(connection, run, batch, tally)
        held.delete()
    log.info(
        "%s messages: %s records in quarantine, %s stored, %s repeated",
        count, tally.refused, tally.stored, tally.repeated,
    )  # fmt: skip
    return tally.refused


def _land(connection: Any, run: Run, messages: list[Message], tally: Tally) -> Batch | None:
    """Land what is for quarantine as a batch; None when nothing is."""
    fetched = Extraction(
        record=MESURES_VILLES,
        topic=names.STREAM,
        source_key=run.interval.key,
        source_name=f"failure queue {names.FAILURE_QUEUE}",
        request="{}",
        fetch=lambda: _chunks(messages, tally),
    )
    written = landing.write_batch(landing_zone(), fetched.record, fetched.fetch())
    if not written.rows_quarantined:
        landing.discard(written)
        return None
    previous = registry.latest(connection, run.dag_id, fetched.source_key)
    return extraction.register(connection, fetched, run, written, previous)


def _keep(connection: Any, run: Run, batch: Batch, tally: Tally) -> None:
    """Put a batch into quarantine, prove it, and enter the run in the ledger."""
    quarantine.keep(connection, batch)
    kept = quarantine.count_kept(connection, batch)
    faults = [] if kept == tally.refused else [f"{tally.refused} refused, but {kept} in quarantine"]
    counts = {
        "rows_read": tally.read,
        "rows_valid": tally.stored,
        "rows_duplicate": tally.repeated,
        "rows_quarantined": tally.refused,
        "rows_new": 0,
        "rows_changed": 0,
        "rows_unchanged": tally.stored,
        "rows_stored": tally.stored,
        "messages_published": 0,
    }
    ledger.enter(connection, run, batch, counts, faults)
    if faults:
        raise FatalError(
            f"What Lambda has given up does not reconcile: {faults[0]}; nothing was deleted from "
            f"{names.FAILURE_QUEUE}. Clear this task."
        )


def _chunks(messages: list[Message], tally: Tally) -> Iterator[Chunk]:
    kinesis, dynamodb = client("kinesis"), client("dynamodb")
    refusals = (
        refusal
        for message in messages
        for refusal in _refusals(kinesis, dynamodb, message, tally)
        if tally.is_first(refusal[0])
    )
    first = 1
    for some in batched(refusals, CHUNK_ROWS, strict=False):
        yield chunk_of(MESURES_VILLES.arrow_schema, some, first)
        first += len(some)


def _refusals(kinesis: Any, dynamodb: Any, message: Message, tally: Tally) -> Iterator[Refusal]:
    """What of a message is for quarantine; counts what is not."""
    stretch = GivenUp.of(message.body)
    if stretch is None:
        yield (
            message.body.encode(),
            f"it is a message of {names.FAILURE_QUEUE} that names no record",
        )
        return
    found = list(
        kinesis_reading.read(kinesis, names.STREAM, stretch.shard, stretch.first, stretch.last)
    )
    if loss := loss_of(stretch, found):
        yield message.body.encode(), loss
    judged = judge(dynamodb, found)
    for each, reason in zip(found, judged, strict=True):
        if reason is None:
            tally.read += 1
            tally.stored += 1
        else:
            yield each.data, f"{reason} (record {each.place.sequence} of {each.place.shard})"


def loss_of(stretch: GivenUp, found: list[Found]) -> str | None:
    """Which records of a stretch the stream does not hold any more, as a clause; None for none."""
    numbers = [int(each.place.sequence) for each in found]
    if numbers and (numbers[0], numbers[-1]) == (stretch.first, stretch.last):
        return None
    left = f"only {numbers[0]} to {numbers[-1]} are" if numbers else "none is"
    return (
        f"of the records {stretch.first} to {stretch.last} of {stretch.shard}, which Lambda has "
        f"given up, {left} on {names.STREAM} any more: the others have expired"
    )


def judge(dynamodb: Any, found: list[Found]) -> list[str | None]:
    """Why each record must go to quarantine; None for one that both tables hold.

    Args:
        dynamodb: Client of DynamoDB.
        found: The records.
    """
    observations = [lambda_consumer.read(each.data) for each in found]
    held = dynamodb_tables.hold(
        dynamodb,
        [(each["ville"], each["timestamp"]) for each in observations if isinstance(each, dict)],
    )
    return [
        each if isinstance(each, str) else _reason_of_absence(held, each) for each in observations
    ]


def _reason_of_absence(held: dynamodb_tables.Held, observation: dict[str, Any]) -> str | None:
    key = (observation["ville"], observation["timestamp"])
    item = held.history.get(key)
    if item is None:
        return "it is good, but Lambda has given it up and the tables do not hold it"
    deserialise = TypeDeserializer().deserialize
    plain = {name: deserialise(value) for name, value in item.items()}
    if plain != lambda_consumer.item_of(observation):
        return "Lambda has given it up, and the tables hold another version of it"
    if held.item(key) is None:
        return "it is in the history, but Lambda has given it up before it was its city's state"
    return None
