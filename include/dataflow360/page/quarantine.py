"""The records in quarantine, as the page shows them: bounded counts, pages, one record."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson
from pydantic import NaiveDatetime, TypeAdapter

from dataflow360.clients.mysql import fetch, utc
from dataflow360.names import CONTROL_DATABASE
from dataflow360.page import inert
from dataflow360.page.models.common import Count
from dataflow360.page.models.quarantine import (
    QuarantineGroup,
    QuarantineRecord,
    QuarantineRow,
    QuarantineState,
)
from dataflow360.page.mysql import session
from dataflow360.pipeline.links import link

#: More open records than these are not counted, nor more of one group.
MOST_OPEN = 10_000
MOST_OF_GROUP = 1_000
MOST_GROUPS = 200
REASON_CHARACTERS = 500
PREVIEW_CHARACTERS = 200
TEXT_CHARACTERS = 20_000
RAW_BYTES = 65_536

_TABLE = f"{CONTROL_DATABASE}.quarantine"
_BATCHES = f"{CONTROL_DATABASE}.batches"
_ORDER = "last_seen DESC, position DESC, dag_id DESC, quarantine_id DESC"
_ORDER_IN_DAG = "last_seen DESC, position DESC, quarantine_id DESC"
_FIELDS = TypeAdapter(tuple[NaiveDatetime, int, str, str])

#: DAGs whose records a user may see; None for all.
Visible = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one source, of a type and a kind of reason when those are given."""

    dag_id: str
    record_type: str | None = None
    reason_kind: str | None = None


def group_of(dag_id: str | None, record_type: str | None, reason_kind: str | None) -> Group | None:
    """The group that is asked for: a source, or a source, a type and a kind of reason; or none.

    Raises:
        ValueError: Only some of what names a group is given.
    """
    if (record_type is None) != (reason_kind is None) or (record_type and dag_id is None):
        raise ValueError("record_type and reason_kind go together, and with dag_id")
    return None if dag_id is None else Group(dag_id, record_type, reason_kind)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in the list behind which a page begins: what orders its last record."""

    last_seen: datetime
    position: int
    dag_id: str
    quarantine_id: str

    def __str__(self) -> str:
        """The cursor as it stands in an address."""
        fields = [self.last_seen.isoformat(), self.position, self.dag_id, self.quarantine_id]
        return base64.urlsafe_b64encode(orjson.dumps(fields)).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> Self:
        """The inverse of ``str``.

        Raises:
            ValueError: The text is no cursor.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
            return cls(*_FIELDS.validate_json(raw, strict=True))
        except ValueError as error:
            raise ValueError("the cursor is none of this list's") from error


@dataclass(frozen=True, slots=True)
class Listed:
    """Records of the list, and the cursor of those behind them; None when there are no more."""

    records: list[QuarantineRow]
    next: str | None


def open_count(visible: Visible) -> Count:
    """How many records are open, counted up to a bound.

    Args:
        visible: The DAGs whose records count; None for all.
    """
    with session() as connection:
        counts = [
            _count(connection, part, MOST_OPEN) for part in _parts("open", None, None, visible)
        ]
    total = sum(count.value for count in counts)
    more = total > MOST_OPEN or any(count.more for count in counts)
    return Count(value=min(total, MOST_OPEN), more=more)


def page(
    state: QuarantineState,
    group: Group | None,
    after: Cursor | None,
    limit: int,
    visible: Visible,
) -> Listed:
    """A page of the records in a state, those seen last first.

    Args:
        state: What became of them.
        group: Only the records of this group.
        after: End of the page before.
        limit: Records of a page.
        visible: The DAGs whose records are shown; None for all.
    """
    parts = _parts(state, group, after, visible)
    with session() as connection:
        rows = _chosen(connection, parts, limit + 1) if parts else []
    shown = rows[:limit]
    return Listed(
        [QuarantineRow(**_shown(row)) for row in shown],
        str(_cursor(shown[-1])) if len(rows) > limit else None,
    )


def groups(state: QuarantineState, visible: Visible) -> list[QuarantineGroup]:
    """The groups of a state, each counted up to a bound; the largest first.

    Args:
        state: What became of the records.
        visible: The DAGs whose records count; None for all.
    """
    where, values = "state = %s", list[Any]([state])
    if visible is not None:
        where = f"{where} AND dag_id IN %s"
        values.append(tuple(visible) or ("",))
    # The index leads from group to group; its first column belongs to what is grouped, though it
    # is always the same.
    with session() as connection:
        found = fetch(
            connection,
            f"SELECT dag_id, record_type, reason_kind FROM {_TABLE} FORCE INDEX (by_kind)"
            f" WHERE {where} GROUP BY state, dag_id, record_type, reason_kind LIMIT %s",
            (*values, MOST_GROUPS),
        )
        counted = [
            QuarantineGroup(
                dag_id=dag_id,
                record_type=record_type,
                reason_kind=kind,
                count=_count(
                    connection, _part(state, Group(dag_id, record_type, kind), None), MOST_OF_GROUP
                ),
            )
            for dag_id, record_type, kind in found
        ]
    return sorted(counted, key=lambda group: -group.count.value)


def record(quarantine_id: str, visible: Visible) -> QuarantineRecord | None:
    """One record with its bytes; None when there is none, or the user may not see it.

    Args:
        quarantine_id: Its id.
        visible: The DAGs whose records are shown; None for all.
    """
    with session() as connection:
        rows = fetch(
            connection,
            "SELECT record.quarantine_id, record.dag_id, record.record_type, record.state,"
            " record.position, record.reasons, record.raw, LENGTH(record.raw), batch.source_name,"
            " record.first_seen, record.last_seen, record.batch_id, batch.dag_id, batch.run_id,"
            " record.replayed_batch_id, record.replayed_at, record.dismissed_by,"
            " record.dismissed_at, record.comment"
            f" FROM {_TABLE} AS record LEFT JOIN {_BATCHES} AS batch USING (batch_id)"
            " WHERE record.quarantine_id = %s",
            (quarantine_id,),
        )
    if not rows or (visible is not None and rows[0][1] not in visible):
        return None
    row, more = rows[0][:11], rows[0][11:]
    raw = bytes(row[6])
    batch_id, dag_id, run_id, replayed_batch, replayed_at, by, dismissed_at, comment = more
    return QuarantineRecord(
        **_shown(row),
        text=inert.visible_bytes(raw, TEXT_CHARACTERS),
        raw_base64=inert.first_bytes(raw, RAW_BYTES),
        truncated=len(raw) > RAW_BYTES or inert.is_cut(raw, TEXT_CHARACTERS),
        batch_id=batch_id,
        run_id=run_id,
        link=link(dag_id, run_id) if run_id else None,
        replayed_batch_id=replayed_batch,
        replayed_at=_moment(replayed_at),
        dismissed_by=by,
        dismissed_at=_moment(dismissed_at),
        comment=comment,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Records that lie side by side in an index, in the order of the list.

    Their order does not name what is the same for all of them, or MySQL would sort them.
    """

    index: str
    where: str
    values: tuple[Any, ...]
    order: str = _ORDER


def _parts(
    state: QuarantineState, group: Group | None, after: Cursor | None, visible: Visible
) -> list[_Part]:
    """What the list is merged from: one part, or one for each DAG of a user who may not see all."""
    if group is not None:
        groups = [group] if visible is None or group.dag_id in visible else []
    elif visible is not None:
        groups = [Group(dag_id) for dag_id in sorted(visible)]
    else:
        where, values = "state = %s", list[Any]([state])
        if after is not None:
            where += (
                " AND last_seen <= %s AND (last_seen < %s OR position < %s OR (position = %s"
                " AND (dag_id < %s OR (dag_id = %s AND quarantine_id < %s))))"
            )
            values += [after.last_seen] * 2 + [after.position] * 2 + [after.dag_id] * 2
            values.append(after.quarantine_id)
        return [_Part("by_time", where, tuple(values))]
    return [_part(state, each, after) for each in groups]


def _part(state: QuarantineState, group: Group, after: Cursor | None) -> _Part:
    """The records of a group; its DAG is compared with the cursor's here, or no range is read."""
    index, where = "by_dag", "state = %s AND dag_id = %s"
    values: list[Any] = [state, group.dag_id]
    if group.record_type is not None:
        index, where = "by_kind", f"{where} AND record_type = %s AND reason_kind = %s"
        values += [group.record_type, group.reason_kind]
    if after is not None:
        behind = "last_seen < %s OR position < %s"
        values += [after.last_seen, after.last_seen, after.position]
        if group.dag_id < after.dag_id:
            behind += " OR position = %s"
            values.append(after.position)
        elif group.dag_id == after.dag_id:
            behind += " OR (position = %s AND quarantine_id < %s)"
            values += [after.position, after.quarantine_id]
        where += f" AND last_seen <= %s AND ({behind})"
    return _Part(index, where, tuple(values), _ORDER_IN_DAG)


def _chosen(connection: Any, parts: Sequence[_Part], limit: int) -> list[tuple[Any, ...]]:
    """The first records of all parts together."""
    each = " UNION ALL ".join(
        f"(SELECT quarantine_id, dag_id, last_seen, position FROM {_TABLE}"
        f" FORCE INDEX ({part.index}) WHERE {part.where} ORDER BY {part.order} LIMIT %s)"
        for part in parts
    )
    return fetch(
        connection,
        "SELECT record.quarantine_id, record.dag_id, record.record_type, record.state,"
        f" record.position, LEFT(record.reasons, {REASON_CHARACTERS + 1}),"
        f" LEFT(record.raw, {4 * (PREVIEW_CHARACTERS + 1)}), LENGTH(record.raw),"
        " batch.source_name, record.first_seen, record.last_seen"
        f" FROM (SELECT * FROM ({each}) AS some ORDER BY {_ORDER} LIMIT %s) AS chosen"
        f" STRAIGHT_JOIN {_TABLE} AS record ON record.quarantine_id = chosen.quarantine_id"
        f" LEFT JOIN {_BATCHES} AS batch ON batch.batch_id = record.batch_id"
        " ORDER BY record.last_seen DESC, record.position DESC, record.dag_id DESC,"
        " record.quarantine_id DESC",
        (*(value for part in parts for value in (*part.values, limit)), limit),
    )


def _count(connection: Any, part: _Part, most: int) -> Count:
    some = f"SELECT 1 FROM {_TABLE} FORCE INDEX ({part.index}) WHERE {part.where} LIMIT %s"
    query = f"SELECT COUNT(*) FROM ({some}) AS some"
    number = fetch(connection, query, (*part.values, most + 1))[0][0]
    return Count(value=min(number, most), more=number > most)


def _cursor(row: tuple[Any, ...]) -> Cursor:
    quarantine_id, dag_id, _, _, position, *_, last_seen = row
    return Cursor(last_seen, position, dag_id, quarantine_id)


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    own, dag_id, record_type, state, position, reasons, raw, size, source, first, last = row
    return {
        "quarantine_id": own,
        "dag_id": dag_id,
        "record_type": record_type,
        "state": state,
        "position": position,
        "reasons": inert.visible(reasons, REASON_CHARACTERS),
        "preview": inert.visible_bytes(bytes(raw), PREVIEW_CHARACTERS),
        "size": size,
        "source_name": source,
        "first_seen": utc(first),
        "last_seen": utc(last),
    }


def _moment(value: datetime | None) -> datetime | None:
    return utc(value) if value else None
