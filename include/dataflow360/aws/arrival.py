"""The check of what was put: has it come to DynamoDB, or was it given up on the way?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dataflow360 import names
from dataflow360.aws import failure_queue
from dataflow360.aws.putting import Note, Sent
from dataflow360.clients import mysql
from dataflow360.clients.aws import client
from dataflow360.pipeline import quarantine, registry
from dataflow360.pipeline.registry import Batch
from dataflow360.stores import dynamodb_tables

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far the rows of a batch have come.

    Attributes:
        put: Rows that the stream has taken.
        stored: Rows that both tables hold: the history this version or a later one, the city's
            state this moment or a later one.
        failed: Rows that were given up and lie in the failure queue or in quarantine.
        missing: Rows of which neither is known, yet.
    """

    put: int
    stored: int
    failed: int
    missing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every row is at its end."""
        return not self.missing

    def __str__(self) -> str:
        """The counts, and what is missing, as a clause."""
        counts = f"{self.put} put, {self.stored} stored, {self.failed} failed"
        if self.is_complete:
            return counts
        named = ", ".join(self.missing[:_NAMED])
        more = f" and {len(self.missing) - _NAMED} more" if len(self.missing) > _NAMED else ""
        return f"{counts}, {len(self.missing)} missing: {named}{more}"


def look(batch_id: str) -> Arrival:
    """See how far a batch that was put has come.

    Raises:
        FatalError: The batch was not put.
    """
    with mysql.connect() as connection:
        batch = registry.get(connection, batch_id)
        note = Note.of(batch.folder)
        away = _away(client("dynamodb"), note.sent)
        missing = _not_given_up(connection, batch, note, away) if away else []
    return Arrival(
        put=len(note.sent),
        stored=len(note.sent) - len(away),
        failed=len(away) - len(missing),
        missing=tuple(
            f"{row.ville} {datetime.fromtimestamp(row.moment, UTC):%Y-%m-%d %H:%M:%S}"
            for row in missing
        ),
    )


def _away(dynamodb: Any, sent: Sequence[Sent]) -> Sequence[Sent]:
    """The rows that the tables do not hold, or not yet in the version that was put."""
    new = dynamodb_tables.hold(
        dynamodb, [row.key for row in sent if row.before is None], whole=False
    )
    others = dynamodb_tables.hold(dynamodb, [row.key for row in sent if row.before is not None])

    def is_stored(row: Sent) -> bool:
        if row.before is None:
            return new.item(row.key) is not None
        item = others.item(row.key)
        return item is not None and dynamodb_tables.digest(item) != row.before

    return [row for row in sent if not is_stored(row)]


def _not_given_up(
    connection: Any, batch: Batch, note: Note, away: Sequence[Sent]
) -> Sequence[Sent]:
    """The rows that are neither in the failure queue nor, out of it, in quarantine."""
    # A message leaves the queue when its records are in quarantine: looked at in this order, and
    # while nobody empties the queue, none is overlooked.
    with registry.lock(connection, failure_queue.LOCK):
        stretches = failure_queue.peek(client("sqs"))
    refused = quarantine.refused_since(
        connection,
        names.FAILURES_DAG,
        batch.record_type,
        [row.data for row in away],
        note.began,
    )
    return [
        row
        for row in away
        if row.data not in refused and not any(row.place in stretch for stretch in stretches)
    ]
