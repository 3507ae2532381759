"""The records in quarantine: find them, look at them, and note what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time
from itertools import batched
from typing import Any

from dataflow360.clients.mysql import execute, fetch
from dataflow360.errors import FatalError
from dataflow360.names import CONTROL_DATABASE as DATABASE
from dataflow360.pipeline.quarantine_filter import QuarantineFilter
from dataflow360.pipeline.reason_kind import kind_of

_TABLE = f"{DATABASE}.quarantine"
_ROWS_AT_ONCE = 1_000
_SHORTEST_PREFIX = 8
_ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in quarantine, as in the table ``quarantine``, without its bytes.

    Topic, source key, source name and request are those of the batch in which it was last seen;
    None when that batch is not registered any more.
    """

    quarantine_id: str
    dag_id: str
    record_type: str
    batch_id: str
    position: int
    reasons: str
    state: str
    first_seen: datetime
    last_seen: datetime
    replayed_batch_id: str | None
    replayed_at: datetime | None
    dismissed_by: str | None
    dismissed_at: datetime | None
    comment: str | None
    topic: str | None
    source_key: str | None
    source_name: str | None
    request: str | None


_OF_BATCH = {"topic", "source_key", "source_name", "request"}
_COLUMNS = ", ".join(
    f"{'batch' if field.name in _OF_BATCH else 'record'}.{field.name}" for field in fields(Entry)
)


def find(connection: Any, wanted: QuarantineFilter, state: str | None = "open") -> list[Entry]:
    """The records that meet a filter, those seen last first.

    Args:
        connection: Session with MySQL.
        wanted: The filter.
        state: ``open``, ``replayed`` or ``dismissed``; None for all of them.
    """
    conditions: list[tuple[str, Any]] = []
    if state is not None:
        conditions.append(("state = %s", state))
    if wanted.record_type is not None:
        conditions.append(("record_type = %s", wanted.record_type))
    if wanted.dag is not None:
        conditions.append(("dag_id = %s", wanted.dag))
    if wanted.batch_id is not None:
        conditions.append(("batch_id = %s", wanted.batch_id))
    if wanted.reason is not None:
        conditions.append(("LOCATE(LOWER(%s), LOWER(reasons)) > 0", wanted.reason))
    if wanted.since is not None:
        conditions.append(("last_seen >= %s", datetime.combine(wanted.since, time())))
    if wanted.ids is not None:
        conditions.append(("quarantine_id IN %s", tuple(wanted.ids) or ("",)))
    where = " AND ".join(condition for condition, _ in conditions) or "TRUE"
    # The index alone finds the ids; only the rows that are wanted are read.
    chosen = (
        f"SELECT quarantine_id FROM {_TABLE} {_index_for(wanted, state)} WHERE {where} "
        "ORDER BY last_seen DESC, position DESC LIMIT %s"
    )
    return _entries(connection, chosen, (*(value for _, value in conditions), wanted.limit))


def _index_for(wanted: QuarantineFilter, state: str | None) -> str:
    """The index that has the newest first, where nothing narrower is asked for.

    MySQL takes another one, and sorts, while the table is small.
    """
    if state is None or wanted.batch_id is not None or wanted.ids is not None:
        return ""
    if wanted.record_type is not None:
        return "FORCE INDEX (by_type)"
    return f"FORCE INDEX ({'by_time' if wanted.dag is None else 'by_dag'})"


def entries_of(connection: Any, ids: Sequence[str]) -> list[Entry]:
    """The records of the given ids, those seen last first."""
    found: list[Entry] = []
    for some in batched(ids, _ROWS_AT_ONCE, strict=False):
        chosen = f"SELECT quarantine_id FROM {_TABLE} WHERE quarantine_id IN ({_places(some)})"
        found += _entries(connection, chosen, some)
    return sorted(found, key=lambda entry: (entry.last_seen, entry.position), reverse=True)


def raws(connection: Any, ids: Sequence[str]) -> dict[str, bytes]:
    """The original bytes of records, by id."""
    found: dict[str, bytes] = {}
    for some in batched(ids, _ROWS_AT_ONCE, strict=False):
        query = f"SELECT quarantine_id, raw FROM {_TABLE} WHERE quarantine_id IN ({_places(some)})"
        found.update((str(name), bytes(raw)) for name, raw in fetch(connection, query, some))
    return found


def id_of(connection: Any, prefix: str) -> str:
    """The one id that starts with a prefix.

    Raises:
        FatalError: The prefix is too short, or no record or several have it.
    """
    start = prefix.lower()
    if not _SHORTEST_PREFIX <= len(start) <= _ID_LENGTH or set(start) - set("0123456789abcdef-"):
        raise FatalError(
            f"{prefix!r} is no quarantine id: give it whole, or its first characters, "
            f"{_SHORTEST_PREFIX} at least."
        )
    query = f"SELECT quarantine_id FROM {_TABLE} WHERE quarantine_id LIKE %s LIMIT 2"
    found = [str(row[0]) for row in fetch(connection, query, (f"{start}%",))]
    if len(found) != 1:
        fault = "No record" if not found else "More than one record"
        raise FatalError(
            f"{fault} in quarantine has an id that starts with {prefix}; see the list for its id."
        )
    return found[0]


def mark_replayed(connection: Any, ids: Sequence[str], batch_id: str) -> int:
    """Note in which batch records were replayed; those that were before keep what is noted.

    Returns:
        How many were not replayed until now.
    """
    return _update(
        connection,
        "SET state = 'replayed', replayed_batch_id = %s, replayed_at = UTC_TIMESTAMP(6)",
        (batch_id,),
        ids,
        "state <> 'replayed'",
    )


def dismiss(connection: Any, ids: Sequence[str], comment: str, by: str) -> int:
    """Dismiss open records, with a comment and the name of whoever decides it.

    Returns:
        How many were open until now.
    """
    return _update(
        connection,
        "SET state = 'dismissed', comment = %s, dismissed_by = %s, dismissed_at = UTC_TIMESTAMP(6)",
        (comment, by),
        ids,
        "state = 'open'",
    )


def refuse_again(connection: Any, reasons: Mapping[str, str]) -> None:
    """Give open records the reason why today's code refuses them, by id."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_TABLE} SET reasons = %s, reason_kind = %s"
            " WHERE quarantine_id = %s AND state = 'open'",
            [(reason, kind_of(reason), record) for record, reason in reasons.items()],
        )


def _entries(connection: Any, chosen: str, parameters: tuple[Any, ...]) -> list[Entry]:
    rows = fetch(
        connection,
        f"SELECT {_COLUMNS} FROM ({chosen}) AS chosen "
        f"STRAIGHT_JOIN {_TABLE} AS record ON record.quarantine_id = chosen.quarantine_id "
        f"LEFT JOIN {DATABASE}.batches AS batch ON batch.batch_id = record.batch_id "
        "ORDER BY record.last_seen DESC, record.position DESC",
        parameters,
    )
    return [Entry(*row) for row in rows]


def _update(
    connection: Any, change: str, values: tuple[Any, ...], ids: Sequence[str], only: str
) -> int:
    return sum(
        execute(
            connection,
            f"UPDATE {_TABLE} {change} WHERE {only} AND quarantine_id IN ({_places(some)})",
            (*values, *some),
        )
        for some in batched(ids, _ROWS_AT_ONCE, strict=False)
    )


def _places(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))
