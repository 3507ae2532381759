"""The records in quarantine, as the page shows them: bounded counts, pages, one record."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson
from pydantic import NaiveDatetime, TypeAdapter

from dataflow360.page import inert, links
from dataflow360.page.models import (
    Count,
    QuarantineGroup,
    QuarantinePage,
    QuarantineRecord,
    QuarantineRow,
    QuarantineState,
)
from dataflow360.page.mysql import session, utc
from dataflow360.stores.mysql_session import fetch
from dataflow360.stores.names import CONTROL_DATABASE

#: More records of a group than these are not counted.
MOST_COUNTED = 10_000
MOST_GROUPS = 200
REASON_CHARACTERS = 500
PREVIEW_CHARACTERS = 200
TEXT_CHARACTERS = 20_000
RAW_BYTES = 65_536

_TABLE = f"{CONTROL_DATABASE}.quarantine"
_BATCHES = f"{CONTROL_DATABASE}.batches"
_ORDER = "last_seen DESC, position DESC, dag_id DESC, quarantine_id DESC"
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


def open_count(visible: Visible) -> Count:
    """How many records are open, counted up to a bound.

    Args:
        visible: The DAGs whose records count; None for all.
    """
    where, values = _conditions("open", None, visible)
    with session() as connection:
        return _count(connection, where, values)


def page(
    state: QuarantineState,
    group: Group | None,
    after: Cursor | None,
    limit: int,
    visible: Visible,
) -> QuarantinePage:
    """A page of the records in a state, those seen last first, and the state's groups.

    Args:
        state: What became of them.
        group: Only the records of this group.
        after: End of the page before.
        limit: Records of a page.
        visible: The DAGs whose records are shown; None for all.
    """
    where, values = _conditions(state, group, visible)
    if after is not None:
        where += (
            " AND last_seen <= %s AND (last_seen < %s OR position < %s OR (position = %s"
            " AND (dag_id < %s OR (dag_id = %s AND quarantine_id < %s))))"
        )
        seen, place = after.last_seen, after.position
        values += (seen, seen, place, place, after.dag_id, after.dag_id, after.quarantine_id)
    with session() as connection:
        rows = fetch(
            connection,
            "SELECT record.quarantine_id, record.dag_id, record.record_type, record.state,"
            f" record.position, LEFT(record.reasons, {REASON_CHARACTERS + 1}),"
            f" LEFT(record.raw, {4 * (PREVIEW_CHARACTERS + 1)}), LENGTH(record.raw),"
            " batch.source_name, record.first_seen, record.last_seen FROM"
            f" (SELECT quarantine_id FROM {_TABLE} FORCE INDEX ({_index(group)}) WHERE {where}"
            f"  ORDER BY {_ORDER} LIMIT %s) AS chosen"
            f" STRAIGHT_JOIN {_TABLE} AS record ON record.quarantine_id = chosen.quarantine_id"
            f" LEFT JOIN {_BATCHES} AS batch ON batch.batch_id = record.batch_id"
            " ORDER BY record.last_seen DESC, record.position DESC, record.dag_id DESC,"
            " record.quarantine_id DESC",
            (*values, limit + 1),
        )
        groups = _groups(connection, state, visible)
    shown = rows[:limit]
    return QuarantinePage(
        groups=groups,
        records=[QuarantineRow(**_shown(row)) for row in shown],
        next=str(_cursor(shown[-1])) if len(rows) > limit else None,
    )


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
        link=links.run(dag_id, run_id) if run_id else None,
        replayed_batch_id=replayed_batch,
        replayed_at=_moment(replayed_at),
        dismissed_by=by,
        dismissed_at=_moment(dismissed_at),
        comment=comment,
    )


def _conditions(
    state: QuarantineState, group: Group | None, visible: Visible
) -> tuple[str, tuple[Any, ...]]:
    conditions: list[tuple[str, Any]] = [("state = %s", state)]
    if group is not None:
        conditions.append(("dag_id = %s", group.dag_id))
        if group.record_type is not None:
            conditions.append(("record_type = %s", group.record_type))
            conditions.append(("reason_kind = %s", group.reason_kind))
    if visible is not None:
        conditions.append(("dag_id IN %s", tuple(visible) or ("",)))
    where = " AND ".join(condition for condition, _ in conditions)
    return where, tuple(value for _, value in conditions)


def _index(group: Group | None) -> str:
    """The index in which the records that are wanted lie side by side, in their order."""
    if group is None:
        return "by_time"
    return "by_dag" if group.record_type is None else "by_kind"


def _groups(connection: Any, state: QuarantineState, visible: Visible) -> list[QuarantineGroup]:
    """The groups of a state, each counted up to a bound; the largest first."""
    where, values = _conditions(state, None, visible)
    # The index leads from group to group.
    found = fetch(
        connection,
        f"SELECT dag_id, record_type, reason_kind FROM {_TABLE} FORCE INDEX (by_kind)"
        f" WHERE {where} GROUP BY dag_id, record_type, reason_kind LIMIT %s",
        (*values, MOST_GROUPS),
    )
    groups = [
        QuarantineGroup(
            dag_id=dag_id,
            record_type=record_type,
            reason_kind=kind,
            count=_count(connection, *_conditions(state, Group(dag_id, record_type, kind), None)),
        )
        for dag_id, record_type, kind in found
    ]
    return sorted(groups, key=lambda group: -group.count.value)


def _count(connection: Any, where: str, values: tuple[Any, ...]) -> Count:
    counted = f"SELECT 1 FROM {_TABLE} WHERE {where} LIMIT %s"
    number = fetch(
        connection, f"SELECT COUNT(*) FROM ({counted}) AS some", (*values, MOST_COUNTED + 1)
    )[0][0]
    return Count(value=min(number, MOST_COUNTED), more=number > MOST_COUNTED)


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
