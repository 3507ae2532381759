"""Rebuild what a store or Kafka has lost, from the register and the landing zone.

The deltas in the landing zone are a redo log: applied again in their order they make the rows of a
store again, and sent again in their order the topics. No source is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from dataflow360.clients import mysql
from dataflow360.errors import FatalError
from dataflow360.pipeline import registry
from dataflow360.pipeline.publishing import publish
from dataflow360.pipeline.registry import Batch
from dataflow360.pipeline.staging import catch_up
from dataflow360.records.contract import RecordType
from dataflow360.records.topics import LEDGER_TOPIC
from dataflow360.streams import kafka

log = logging.getLogger(__name__)


def rebuild_rows(record: RecordType, since: datetime | None = None) -> int:
    """Bring the deltas of a record type into its store again; idempotent.

    What is cut off half-way is completed by the next stage task of the record type, or by doing
    this again.

    Args:
        record: The record type.
        since: Only what was staged from this moment on (UTC), for a store that was put back from
            a backup; everything by default.

    Returns:
        How many batches were brought in.

    Raises:
        FatalError: The delta of one of them is not in the landing zone; nothing was changed.
        RetriableError: A run has held the lock of the record type for too long.
    """
    with mysql.connect() as connection, registry.lock(connection, f"stage.{record.name}"):
        batches = registry.decided(connection, "record_type", record.name, since)
        _require_deltas(batches)
        for batch in batches:
            registry.unmark(connection, batch.batch_id, "staged")
        catch_up(connection, record)
    return len(batches)


def rebuild_topics(topics: Iterable[str]) -> dict[str, int]:
    """Send every delta to its topic again, where Kafka has lost all that it held.

    A topic gets its messages in their order, each version of an event once. What is cut off
    half-way is completed by doing this again.

    Args:
        topics: The topics to fill.

    Returns:
        How many batches each topic was given.

    Raises:
        FatalError: A topic, or the ledger topic, still holds messages and no batch waits to be
            sent; or the delta of one is not in the landing zone. Nothing was changed.
    """
    with mysql.connect() as connection:
        decided = {name: registry.decided(connection, "topic", name) for name in sorted(topics)}
        holding = [name for name in (LEDGER_TOPIC, *decided) if kafka.holds_messages(name)]
        lost = [] if holding else [each for batches in decided.values() for each in batches]
        _require_deltas(lost)
        for batch in lost:
            registry.unmark(connection, batch.batch_id, "published")
        given = {
            name: sum(not (holding and batch.published) for batch in batches)
            for name, batches in decided.items()
        }
    if holding and not any(given.values()):
        raise FatalError(
            f"Kafka still holds messages on {', '.join(holding)}, and no batch waits to be sent; "
            "nothing was done. If the others are lost, remove these topics too, make all of them "
            "anew ('dataflow360 provision kafka') and try again."
        )
    for name, count in given.items():
        if count:
            publish(decided[name][-1].batch_id)
            log.info("%s was given %s batches", name, count)
    return given


def _require_deltas(batches: Sequence[Batch]) -> None:
    missing = [batch for batch in batches if not batch.delta.exists()]
    if missing:
        raise FatalError(
            f"{len(missing)} of {len(batches)} deltas are not in the landing zone, the first is "
            f"{missing[0].delta}; put them back from a backup, then try again. Nothing was done."
        )
