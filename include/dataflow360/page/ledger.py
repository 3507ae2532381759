"""What the run ledger knows of each source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dataflow360 import names
from dataflow360.clients.mysql import fetch, stored, utc
from dataflow360.freshness.sources import Source
from dataflow360.freshness.verdicts import verdicts
from dataflow360.names import CONTROL_DATABASE
from dataflow360.page.models.overview import Account, DayVolume, Entry, LedgerState, Rows
from dataflow360.page.models.streams import Arrivals, DayArrivals, Stream
from dataflow360.page.mysql import session
from dataflow360.pipeline.links import link

DAYS = 30

_RUNS = f"{CONTROL_DATABASE}.runs"
_COUNTS = (
    "read", "valid", "duplicate", "quarantined", "new", "changed", "unchanged", "stored",
    "published", "failed",
)  # fmt: skip
_COLUMNS = {name: f"rows_{name}" for name in _COUNTS} | {"published": "messages_published"}

_NOTHING = Arrivals(put=0, stored=0, failed=0)

Row = tuple[Any, ...]
_RunKey = tuple[str, str]


def accounts(sources: Sequence[Source], now: datetime) -> dict[str, Account]:
    """The account of each source, by DAG.

    Args:
        sources: The sources.
        now: The moment to judge their freshness at, and whose day is the last of the volume.
    """
    if not sources:
        return {}
    dag_ids = [source.dag_id for source in sources]
    with session() as connection:
        newest = _newest(connection, dag_ids, "TRUE", "by_time")
        failed = _newest(connection, dag_ids, "state = 'failed'", "by_state")
        landed = _landed(connection, dag_ids)
        sums = _sums(connection, {*map(_key, newest.values()), *map(_key, landed.values())})
        fresh = verdicts(connection, sources, now)
        volumes = _volumes(connection, dag_ids, now.date())
        return {
            source.dag_id: Account(
                freshness=fresh[source.dag_id],
                rows=_rows(landed.get(source.dag_id), sums),
                last=_last(newest.get(source.dag_id), sums),
                last_error=_entry(failed.get(source.dag_id)),
                volume=volumes[source.dag_id],
            )
            for source in sources
        }


def stream(dag_id: str, today: date) -> Stream:
    """What a source has put on its stream, and what of it was stored or has failed.

    Args:
        dag_id: The source.
        today: The last of the 30 days, UTC.
    """
    sums = (
        "COALESCE(SUM(messages_published), 0), COALESCE(SUM(rows_stored), 0),"
        " COALESCE(SUM(rows_failed), 0)"
    )
    with session() as connection:
        landed = _landed(connection, [dag_id]).get(dag_id)
        by_day = {
            day: _arrivals(counts)
            for day, *counts in fetch(
                connection,
                f"SELECT DATE(reconciled_at) AS day, {sums} FROM {_RUNS}"
                " WHERE dag_id = %s AND reconciled_at >= %s GROUP BY day",
                (dag_id, _midnight(_first_day(today))),
            )
        }
        last = None
        if landed is not None:
            query = f"SELECT {sums} FROM {_RUNS} WHERE dag_id = %s AND run_id = %s"
            last = _arrivals(fetch(connection, query, _key(landed))[0])
    days = [DayArrivals(day=day, **by_day.get(day, _NOTHING).model_dump()) for day in _days(today)]
    return Stream(
        stream=names.STREAM,
        table=names.STATE_TABLE,
        dag_id=dag_id,
        last=_entry(landed),
        last_arrivals=last,
        days=days,
        total=Arrivals(
            put=sum(day.put for day in days),
            stored=sum(day.stored for day in days),
            failed=sum(day.failed for day in days),
        ),
    )


def _landed(connection: Any, dag_ids: Sequence[str]) -> dict[str, Row]:
    """The newest row of each DAG's runs that have landed a batch, whatever became of it."""
    found: dict[str, Row] = {}
    for state in ("reconciled", "failed"):
        condition = f"state = '{state}' AND batch_id IS NOT NULL"
        for dag_id, row in _newest(connection, dag_ids, condition, "by_state").items():
            if dag_id not in found or row[3] > found[dag_id][3]:
                found[dag_id] = row
    return found


def _newest(connection: Any, dag_ids: Sequence[str], condition: str, index: str) -> dict[str, Row]:
    """The newest row of each DAG that meets a condition: DAG, run, state, time and reason."""
    one = (
        "(SELECT dag_id, run_id, state, reconciled_at, reason"
        f" FROM {_RUNS} FORCE INDEX ({index}) WHERE dag_id = %s AND {condition}"
        " ORDER BY reconciled_at DESC LIMIT 1)"
    )
    rows = fetch(connection, " UNION ALL ".join([one] * len(dag_ids)), tuple(dag_ids))
    return {row[0]: row for row in rows}


def _key(row: Row) -> _RunKey:
    return row[0], row[1]


def _sums(connection: Any, runs: set[_RunKey]) -> dict[_RunKey, Row]:
    """Of each run the sums of its rows' counts, and what any of its failed rows says."""
    if not runs:
        return {}
    counts = ", ".join(f"SUM({_COLUMNS[name]})" for name in _COUNTS)
    each = " OR ".join(["(dag_id = %s AND run_id = %s)"] * len(runs))
    rows = fetch(
        connection,
        f"SELECT dag_id, run_id, {counts}, SUM(state = 'failed'),"
        f" MAX(IF(state = 'failed', reason, NULL)) FROM {_RUNS} WHERE {each}"
        " GROUP BY dag_id, run_id",
        tuple(value for run in sorted(runs) for value in run),
    )
    return {_key(row): row[2:] for row in rows}


def _rows(landed: Row | None, sums: Mapping[_RunKey, Row]) -> Rows | None:
    if landed is None:
        return None
    counts = dict(zip(_COUNTS, sums[_key(landed)], strict=False))
    return Rows(run_id=landed[1], **{name: int(count) for name, count in counts.items()})


def _last(newest: Row | None, sums: Mapping[_RunKey, Row]) -> Entry | None:
    """The newest entry; that a file of a run has failed is not hidden by the next file."""
    if newest is None:
        return None
    *_, failures, reason = sums[_key(newest)]
    dag_id, run_id, state, at, own_reason = newest
    if failures:
        return _entry((dag_id, run_id, "failed", at, reason))
    return _entry((dag_id, run_id, state, at, own_reason))


def _entry(row: Row | None) -> Entry | None:
    if row is None:
        return None
    dag_id, run_id, raw_state, at, reason = row
    state: LedgerState = raw_state
    return Entry(run_id=run_id, state=state, at=utc(at), text=reason, link=link(dag_id, run_id))


def _volumes(connection: Any, dag_ids: Sequence[str], today: date) -> dict[str, list[DayVolume]]:
    rows = fetch(
        connection,
        "SELECT dag_id, DATE(reconciled_at) AS day, SUM(rows_valid), SUM(rows_quarantined)"
        f" FROM {_RUNS} FORCE INDEX (by_time) WHERE dag_id IN %s AND reconciled_at >= %s"
        " GROUP BY dag_id, day",
        (tuple(dag_ids), _midnight(_first_day(today))),
    )
    counts: dict[str, dict[date, tuple[int, int]]] = defaultdict(dict)
    for dag_id, day, valid, quarantined in rows:
        counts[dag_id][day] = int(valid), int(quarantined)
    return {
        dag_id: [
            DayVolume(day=day, valid=valid, quarantined=quarantined)
            for day in _days(today)
            for valid, quarantined in [counts[dag_id].get(day, (0, 0))]
        ]
        for dag_id in dag_ids
    }


def _arrivals(counts: Sequence[Any]) -> Arrivals:
    put, stored_rows, failed = map(int, counts)
    return Arrivals(put=put, stored=stored_rows, failed=failed)


def _first_day(today: date) -> date:
    return today - timedelta(days=DAYS - 1)


def _days(today: date) -> list[date]:
    return [_first_day(today) + timedelta(days=number) for number in range(DAYS)]


def _midnight(day: date) -> datetime:
    return stored(datetime.combine(day, time(), UTC))
