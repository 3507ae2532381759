"""Judge records in quarantine by today's code: what would become of each if it were replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched
from typing import Any

import pyarrow as pa

from dataflow360.errors import DataFlowError, FatalError
from dataflow360.pipeline import quarantine_records
from dataflow360.pipeline.landing import EVENT_ID
from dataflow360.pipeline.quarantine_records import Entry
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import CONTENT_HASH, RecordType
from dataflow360.records.identity import content_hashes, event_ids
from dataflow360.records.validation import check
from dataflow360.sources import sources
from dataflow360.sources.source import Origin, Parse
from dataflow360.stores.store import Store, open_store

#: Records that are judged at once: they are held in memory with their bytes.
_RECORDS_AT_ONCE = 5_000

Version = tuple[bytes, int]


class Verdict(StrEnum):
    """What becomes of a record in quarantine."""

    NEW = "new"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    REFUSED = "still refused"
    NO_PARSER = "no parser"


_PASSING = {Verdict.NEW, Verdict.UNCHANGED}
_OTHER_STORED = "the store holds another version of this event"
_NEWER_KEPT = "a newer record of this event is in quarantine too"


@dataclass(slots=True)
class Judged:
    """A record with the verdict on it.

    Attributes:
        entry: The record.
        verdict: What becomes of it.
        reason: Why it cannot be replayed; empty when it can.
        version: Event id and content hash of its row, when the contract accepts it.
    """

    entry: Entry
    verdict: Verdict
    reason: str = ""
    version: Version | None = None

    @property
    def passes(self) -> bool:
        """Whether a replay would bring it to its store, or finds it there."""
        return self.verdict in _PASSING


@dataclass(frozen=True, slots=True)
class Portion:
    """Records that were judged at once.

    Attributes:
        judged: The records.
        rows: Rows of those that pass, with the contract's columns.
        places: Number in ``judged`` of each row.
        raws: Original bytes of each record in ``judged``.
    """

    judged: list[Judged]
    rows: pa.Table
    places: list[int]
    raws: list[bytes]


def judge(connection: Any, entries: Sequence[Entry]) -> Iterator[Portion]:
    """Parse and check records again, and compare them with what their store holds.

    A record is older than whatever has come to its store since it was refused: if another version
    of its event is there, it is superseded.

    Args:
        connection: Session with MySQL.
        entries: Records of one DAG and record type, those seen last first.

    Raises:
        FatalError: A parser delivers rows that do not have the contract's columns.
    """
    first = entries[0]
    try:
        parse = parser_of(first.dag_id)
        record = _record_type(first.record_type)
    except FatalError as error:
        for some in batched(entries, _RECORDS_AT_ONCE, strict=False):
            judged = [Judged(entry, Verdict.NO_PARSER, str(error)) for entry in some]
            yield Portion(judged, pa.table({}), [], [b""] * len(judged))
        return
    newest: dict[bytes, int] = {}
    with open_store(record, connection) as store:
        for some in batched(entries, _RECORDS_AT_ONCE, strict=False):
            found = quarantine_records.raws(connection, [entry.quarantine_id for entry in some])
            present = [entry for entry in some if entry.quarantine_id in found]
            raws = [found[entry.quarantine_id] for entry in present]
            yield _judge(record, parse, store, present, raws, newest)


def parser_of(dag_id: str) -> Parse:
    """How the records that a DAG has refused are parsed again.

    Raises:
        FatalError: There is no way.
    """
    source = sources().get(dag_id)
    if source is None or source.parse is None:
        raise FatalError(
            f"Records of the DAG {dag_id} cannot be replayed: no source of that name is declared, "
            "or it parses no records."
        )
    return source.parse


def _record_type(name: str) -> RecordType:
    if name not in RECORD_TYPES:
        raise FatalError(f"There is no contract of the record type {name} any more.")
    return RECORD_TYPES[name]


def _judge(
    record: RecordType,
    parse: Parse,
    store: Store,
    entries: Sequence[Entry],
    raws: list[bytes],
    newest: dict[bytes, int],
) -> Portion:
    judged = [Judged(entry, Verdict.NEW) for entry in entries]
    rows, places = _parsed(record, parse, judged, raws)
    checked = check(record, rows)
    reasons = checked.reasons
    for row, reason in reasons.items():
        _set(judged[places[row]], Verdict.REFUSED, reason)
    places = [place for row, place in enumerate(places) if row not in reasons]
    rows = checked.valid
    _compare(record, store, rows, places, judged, newest)
    passing = [row for row, place in enumerate(places) if judged[place].passes]
    return Portion(
        judged, rows.take(pa.array(passing, pa.int64())), [places[row] for row in passing], raws
    )


def _parsed(
    record: RecordType,
    parse: Parse,
    judged: list[Judged],
    raws: list[bytes],
) -> tuple[pa.Table, list[int]]:
    """Rows of the records that can be parsed, those seen last first, and whose they are.

    The batches say how their records are to be read.
    """
    by_origin: dict[Origin | None, list[int]] = {}
    for number, each in enumerate(judged):
        by_origin.setdefault(_origin(each.entry), []).append(number)
    tables, places = [record.arrow_schema.empty_table()], []
    for origin, members in by_origin.items():
        try:
            if origin is None:
                raise FatalError("Its batch is not in the register any more.")
            chunk = parse([raws[number] for number in members], origin)
        except DataFlowError as error:
            for number in members:
                _set(judged[number], Verdict.NO_PARSER, str(error))
            continue
        for refused in chunk.refused:
            _set(judged[members[refused.position - 1]], Verdict.REFUSED, refused.reason)
        positions = chunk.positions.tolist()
        times = Counter([*positions, *(refused.position for refused in chunk.refused)])
        single = [row for row, position in enumerate(positions) if times[position] == 1]
        for position, number in enumerate(members, start=1):
            if times[position] != 1:
                reason = f"its bytes are {times[position]} records, not one"
                _set(judged[number], Verdict.REFUSED, reason)
        tables.append(chunk.table.take(pa.array(single, pa.int64())))
        places += [members[positions[row] - 1] for row in single]
    order = sorted(range(len(places)), key=places.__getitem__)
    rows = pa.concat_tables(tables).take(pa.array(order, pa.int64()))
    return rows, [places[row] for row in order]


def _origin(entry: Entry) -> Origin | None:
    if entry.request is None or entry.source_key is None:
        return None
    return Origin(entry.request, entry.source_key)


def _compare(
    record: RecordType,
    store: Store,
    rows: pa.Table,
    places: list[int],
    judged: list[Judged],
    newest: dict[bytes, int],
) -> None:
    ids, hashes = event_ids(record, rows), content_hashes(record, rows)
    known = store.lookup(rows.append_column(EVENT_ID, ids).append_column(CONTENT_HASH, hashes))
    versions = zip(places, ids.to_pylist(), hashes.to_pylist(), known.hashes, strict=True)
    for place, event_id, content_hash, stored in versions:
        each = judged[place]
        each.version = (event_id, content_hash)
        if stored.as_py() == content_hash:
            each.verdict = Verdict.UNCHANGED
        elif stored.is_valid:
            _set(each, Verdict.SUPERSEDED, _OTHER_STORED)
        elif newest.setdefault(event_id, content_hash) != content_hash:
            _set(each, Verdict.SUPERSEDED, _NEWER_KEPT)


def _set(judged: Judged, verdict: Verdict, reason: str) -> None:
    judged.verdict, judged.reason = verdict, reason
