"""Replay quarantine: what passes today's code goes to its store and its topic, exactly once.

A run selects its records once and writes down which. Each group of them (one DAG, record type and
topic) is a batch that goes through the same steps as any other, and only when that reconciles are
its records marked as replayed. So whoever is killed, the retry works on the same records, and what
is in the store by then is not published a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from dataflow360.clients import mysql
from dataflow360.errors import SkippableError
from dataflow360.pipeline import (
    extraction,
    landing,
    ledger,
    publishing,
    quarantine_records,
    reconciling,
    registry,
    staging,
)
from dataflow360.pipeline.chunk import Chunk
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.quarantine_records import Entry
from dataflow360.pipeline.run import Run
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import CONTENT_HASH
from dataflow360.records.identity import bytes_of
from dataflow360.replay import judging
from dataflow360.replay.judging import Judged, Verdict, Version
from dataflow360.replay.outcome import ReplayOutcome, of_dismissed, of_earlier_try, of_judged
from dataflow360.replay.report import dismissal_table, judgement_table
from dataflow360.replay.request import ReplayRequest
from dataflow360.replay.selection import Group, Selection

log = logging.getLogger(__name__)

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Selected:
    """What a run has chosen.

    Attributes:
        groups: The groups to replay, as ``Group`` writes them; none for a dry run, a dismissal, or
            when no record passes.
        outcome: What becomes of the records.
    """

    groups: list[str]
    outcome: ReplayOutcome


def select(request: ReplayRequest, run: Run, by: str, show: Show) -> Selected:
    """Choose the records that a run replays, or dismiss them if that is what is asked for.

    Records that today's code refuses get its reason. A retry takes what was chosen first.

    Args:
        request: Which records, and what is to be done.
        run: The run.
        by: Who dismisses records.
        show: Takes the table of what becomes of each record.

    When there is no group to replay, the run ledger has the outcome's sentence as the reason.
    """
    with mysql.connect() as connection:
        if request.dismiss is not None:
            outcome = _dismiss(connection, request, run, by, show)
            groups: list[str] = []
        else:
            groups, outcome = _choose(connection, request, run, show)
        log.info(outcome.sentence)
        if groups:
            ledger.withdraw(connection, run)
        else:
            ledger.skip(connection, run, outcome.sentence)
    return Selected(groups, outcome)


def replay(group: str, run: Run) -> int:
    """All steps for one group; returns how many records were replayed.

    Raises:
        SkippableError: None of them passes any more.
    """
    batch_id = extract(group, run)
    reconciling.reconcile(publishing.publish(staging.stage(batch_id)), run)
    return settle(batch_id)


def extract(group: str, run: Run) -> str:
    """Land the records of a group that pass as one batch; returns its id.

    Raises:
        SkippableError: None of them passes any more.
    """
    wanted, selection = Group.of(group), Selection.of(run.run_id)
    ids = selection.ids(wanted)
    return extraction.extract(
        Extraction(
            record=RECORD_TYPES[wanted.record_type],
            topic=wanted.topic,
            source_key=wanted.source_key(run.run_id),
            source_name=f"quarantine of {wanted.dag_id}, {wanted.record_type}",
            request=orjson.dumps({"group": group, "records": selection.digest(wanted)}).decode(),
            fetch=lambda: _fetch(wanted, ids),
        ),
        run,
        refetch=False,
    )


def settle(batch_id: str) -> int:
    """Mark the records as replayed that a reconciled batch has brought to their store; idempotent.

    A record whose event came to the store in another version meanwhile stays open.

    Returns:
        How many records were not marked until now.
    """
    with mysql.connect() as connection:
        batch = registry.get(connection, batch_id)
        group = Group.of(orjson.loads(batch.request)["group"])
        entries = quarantine_records.entries_of(connection, Selection.of(batch.run_id).ids(group))
        landed = set(_versions(landing.valid_rows(batch.folder)))
        sent = set(_versions(landing.read_tables(batch.delta)))
        replayed: list[str] = []
        for portion in judging.judge(connection, entries):
            arrived = [
                each.version in sent
                or (each.version in landed and each.verdict is Verdict.UNCHANGED)
                for each in portion.judged
            ]
            pairs = list(zip(portion.judged, arrived, strict=True))
            replayed += [each.entry.quarantine_id for each, here in pairs if here]
            _note_reasons(connection, [each for each, here in pairs if not here])
        marked = quarantine_records.mark_replayed(connection, replayed, batch_id)
    log.info("%s of %s records of %s are replayed", len(replayed), len(entries), batch.source_name)
    return marked


def judge_all(connection: Any, entries: Sequence[Entry]) -> list[Judged]:
    """The verdicts on records of any DAGs and types, those seen last first."""
    groups: dict[Group, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(Group.of_entry(entry), []).append(entry)
    return [
        each
        for members in groups.values()
        for portion in judging.judge(connection, members)
        for each in portion.judged
    ]


def _choose(
    connection: Any, request: ReplayRequest, run: Run, show: Show
) -> tuple[list[str], ReplayOutcome]:
    selection = Selection.of(run.run_id)
    if selection.exists():
        sentence = "An earlier try of this run has chosen its records; this one goes on with them."
        return selection.groups(), of_earlier_try(sentence)
    entries = _find(connection, request)
    judged = judge_all(connection, entries)
    show(judgement_table(judged))
    passing = [each.entry for each in judged if each.passes]
    if request.dry_run:
        sentence = (
            f"Dry run: {len(passing)} of {len(judged)} records would be replayed; nothing was "
            "changed."
        )
        return [], of_judged(judged, sentence, dry_run=True)
    _note_reasons(connection, judged)
    if not passing:
        sentence = f"None of {len(judged)} records passes today's code."
        return [], of_judged(judged, sentence, dry_run=False)
    selection.write([(entry.quarantine_id, Group.of_entry(entry)) for entry in passing])
    sentence = f"{len(passing)} of {len(judged)} records pass and are replayed."
    return selection.groups(), of_judged(judged, sentence, dry_run=False)


def _dismiss(
    connection: Any, request: ReplayRequest, run: Run, by: str, show: Show
) -> ReplayOutcome:
    comment = (request.dismiss or "").strip()
    selection = Selection.of(run.run_id)
    entries: list[Entry] = []
    if not selection.exists():
        entries = _find(connection, request)
        show(dismissal_table(entries))
        if request.dry_run:
            sentence = f"Dry run: {len(entries)} records would be dismissed; nothing was changed."
            return of_dismissed(entries, sentence, dry_run=True)
        selection.write([(entry.quarantine_id, Group.of_entry(entry)) for entry in entries])
    ids = selection.all_ids()
    quarantine_records.dismiss(connection, ids, comment, by)
    sentence = f"{len(ids)} records were dismissed by {by}: {comment}"
    return of_dismissed(entries, sentence, dry_run=False)


def _find(connection: Any, request: ReplayRequest) -> list[Entry]:
    entries = quarantine_records.find(connection, request)
    lost = set(request.ids or ()) - {entry.quarantine_id for entry in entries}
    if lost:
        log.warning(
            "%s of the records asked for are not there, not open, or do not meet the other "
            "params: %s", len(lost), ", ".join(sorted(lost)),
        )  # fmt: skip
    return entries


def _fetch(group: Group, ids: Sequence[str]) -> Iterator[Chunk]:
    """The rows of those records that are open and pass."""
    found = 0
    with mysql.connect() as connection:
        entries = quarantine_records.entries_of(connection, ids)
        still_open = [entry for entry in entries if entry.state == "open"]
        if still_open:
            for portion in judging.judge(connection, still_open):
                raws = [portion.raws[place] for place in portion.places]
                positions = np.arange(found + 1, found + len(raws) + 1)
                found += len(raws)
                yield Chunk(portion.rows, positions, raws.__getitem__)
    if not found:
        raise SkippableError(
            f"None of {len(ids)} records of {group.dag_id} is open and passes any more: another "
            "run has replayed or dismissed them, or something newer has come to their store."
        )


def _versions(tables: Iterator[pa.Table]) -> Iterator[Version]:
    for rows in tables:
        ids = (each.tobytes() for each in bytes_of(rows[landing.EVENT_ID]))
        yield from zip(ids, rows[CONTENT_HASH].to_pylist(), strict=True)


def _note_reasons(connection: Any, judged: Sequence[Judged]) -> None:
    quarantine_records.refuse_again(
        connection,
        {
            each.entry.quarantine_id: each.reason
            for each in judged
            if each.verdict in {Verdict.REFUSED, Verdict.SUPERSEDED}
        },
    )
