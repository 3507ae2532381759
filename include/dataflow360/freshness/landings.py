"""What the run ledger knows of sources, for whoever judges them. All times are UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dataflow360.clients.mysql import fetch, stored, utc
from dataflow360.freshness.sources import Source
from dataflow360.names import CONTROL_DATABASE
from dataflow360.pipeline.run import Interval

_RUNS = f"{CONTROL_DATABASE}.runs"
_OF = f"FROM {_RUNS} WHERE dag_id = %s AND state = %s"
_ANSWERED = f"MAX(interval_end) {_OF} AND interval_end <= %s"
_MADE = f"MAX(reconciled_at) {_OF}"
_UPDATED = f"MIN(reconciled_at) {_OF} AND reconciled_at > %s"
#: What a source usually does is read from so many runs, of so many days at most.
_MOST_RUNS = 11
_DAYS = 30


@dataclass(frozen=True, slots=True)
class Landed:
    """What a reconciled run has landed.

    Attributes:
        run_id: The run.
        interval: Its data interval, or the last one of several.
        rows_read: Records that it has read.
        rows: Rows of them that are valid, and thus landed.
    """

    run_id: str
    interval: Interval
    rows_read: int
    rows: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The run of a source that the ledger has as failed after all others."""

    run_id: str
    reason: str


def landed_until(connection: Any, sources: Sequence[Source], now: datetime) -> dict[str, datetime]:
    """Up to when sources have landed or were skipped, by DAG; one that never has is not there.

    That is the end of the newest data interval that is over, or, for a source that follows its
    inputs, when it was last made.
    """
    # One state at a time, so that each is the last entry of its part of an index.
    asked = {
        (source.dag_id, state): (
            (_ANSWERED, (source.dag_id, state, stored(now)))
            if source.cron
            else (_MADE, (source.dag_id, state))
        )
        for source in sources
        for state in ("reconciled", "skipped")
    }
    newest: dict[str, datetime] = {}
    for (dag_id, _), moment in _ends(connection, asked).items():
        newest[dag_id] = max(moment, newest.get(dag_id, moment))
    return newest


def inputs_updated_at(
    connection: Any, sources: Sequence[Source], after: Mapping[str, datetime]
) -> dict[str, datetime]:
    """When all inputs of sources had been updated: the latest of each one's first update.

    Args:
        connection: Session with MySQL.
        sources: The sources.
        after: The moment after which updates count, by DAG.

    Returns:
        By DAG; one with an input that has not been updated is not there.
    """
    asked = {
        (source.dag_id, number, updater): (
            _UPDATED,
            (updater, "reconciled", stored(after[source.dag_id])),
        )
        for source in sources
        for number, updaters in enumerate(source.inputs)
        for updater in updaters
    }
    first: dict[str, dict[int, datetime]] = defaultdict(dict)
    for (dag_id, number, _), moment in _ends(connection, asked).items():
        first[dag_id][number] = min(moment, first[dag_id].get(number, moment))
    return {
        source.dag_id: max(updates.values())
        for source in sources
        if (updates := first[source.dag_id]) and len(updates) == len(source.inputs)
    }


def newest_landed(connection: Any, dag_id: str, now: datetime) -> list[Landed]:
    """The last reconciled runs of a source, that of the newest data interval first."""
    rows = fetch(
        connection,
        "SELECT run_id, MAX(interval_start), MAX(interval_end), SUM(rows_read), SUM(rows_valid)"
        f" FROM {_RUNS} WHERE dag_id = %s AND state = 'reconciled'"
        " AND interval_start BETWEEN %s AND %s GROUP BY run_id"
        " ORDER BY MAX(interval_start) DESC, MAX(reconciled_at) DESC LIMIT %s",
        (dag_id, stored(now - timedelta(days=_DAYS)), stored(now), _MOST_RUNS),
    )
    return [
        Landed(run_id, Interval(utc(start), utc(end)), int(read), int(valid))
        for run_id, start, end, read, valid in rows
    ]


def last_failure(connection: Any, dag_id: str) -> Failure | None:
    """The newest entry of a source in the ledger, if it is that of a failed run."""
    rows = fetch(
        connection,
        f"SELECT state, run_id, reason FROM {_RUNS} WHERE dag_id = %s"
        " ORDER BY reconciled_at DESC LIMIT 1",
        (dag_id,),
    )
    for state, run_id, reason in rows:
        if state == "failed":
            return Failure(run_id, reason or "")
    return None


def _ends[K](connection: Any, asked: Mapping[K, tuple[str, tuple[Any, ...]]]) -> dict[K, datetime]:
    """The moments that are asked for, those that there are, in one statement."""
    if not asked:
        return {}
    keys = list(asked)
    each = " UNION ALL ".join(
        f"SELECT {number}, {asked[key][0]}" for number, key in enumerate(keys)
    )
    rows = fetch(connection, each, tuple(value for key in keys for value in asked[key][1]))
    return {keys[number]: utc(moment) for number, moment in rows if moment}
