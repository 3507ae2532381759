"""What the run ledger knows of a source, as the alerts ask for it. All times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dataflow360.clients.mysql import fetch
from dataflow360.names import CONTROL_DATABASE as DATABASE
from dataflow360.pipeline.run import Interval

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: The states of a run that answers its data interval.
_ANSWERING = ("reconciled", "skipped")
#: What a source usually does is read from so many runs, of so many days at most.
_RUNS = 11
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


def answered_until(connection: Any, dag_id: str, now: datetime) -> datetime | None:
    """End of a source's newest data interval that is over and has landed, or was skipped."""
    # One state at a time, so that each is the last entry of its part of an index.
    either = " UNION ALL ".join(
        f"SELECT MAX(interval_end) AS newest FROM {DATABASE}.runs WHERE dag_id = %s"
        f" AND state = '{state}' AND interval_end <= %s"
        for state in _ANSWERING
    )
    return _moment(
        connection,
        f"SELECT MAX(newest) FROM ({either}) AS newest_of_each",
        (dag_id, _stored(now)) * len(_ANSWERING),
    )


def made_at(connection: Any, dag_id: str) -> datetime | None:
    """When a source has last landed, or was skipped."""
    either = " UNION ALL ".join(
        f"SELECT MAX(reconciled_at) AS newest FROM {DATABASE}.runs WHERE dag_id = %s"
        f" AND state = '{state}'"
        for state in _ANSWERING
    )
    return _moment(
        connection,
        f"SELECT MAX(newest) FROM ({either}) AS newest_of_each",
        (dag_id,) * len(_ANSWERING),
    )


def inputs_updated_at(
    connection: Any, inputs: tuple[tuple[str, ...], ...], since: datetime | None
) -> datetime | None:
    """When all inputs had been updated after a moment: the latest of their first updates.

    Args:
        connection: Session with MySQL.
        inputs: For each input the DAGs that update it.
        since: The moment; None for the beginning.

    Returns:
        None while one of them has not been updated.
    """
    first_updates = [
        _moment(
            connection,
            f"SELECT MIN(reconciled_at) FROM {DATABASE}.runs WHERE dag_id IN %s"
            " AND state = 'reconciled' AND reconciled_at > %s",
            (dag_ids or ("",), _stored(since or _BEGINNING)),
        )
        for dag_ids in inputs
    ]
    updated = [moment for moment in first_updates if moment]
    return max(updated) if updated and len(updated) == len(inputs) else None


def newest_landed(connection: Any, dag_id: str, now: datetime) -> list[Landed]:
    """The last reconciled runs of a source, that of the newest data interval first."""
    rows = fetch(
        connection,
        "SELECT run_id, MAX(interval_start), MAX(interval_end), SUM(rows_read), SUM(rows_valid)"
        f" FROM {DATABASE}.runs WHERE dag_id = %s AND state = 'reconciled'"
        " AND interval_start BETWEEN %s AND %s GROUP BY run_id"
        " ORDER BY MAX(interval_start) DESC, MAX(reconciled_at) DESC LIMIT %s",
        (dag_id, _stored(now - timedelta(days=_DAYS)), _stored(now), _RUNS),
    )
    return [
        Landed(run_id, Interval(_utc(start), _utc(end)), int(read), int(valid))
        for run_id, start, end, read, valid in rows
    ]


def last_failure(connection: Any, dag_id: str) -> Failure | None:
    """The newest entry of a source in the ledger, if it is that of a failed run."""
    rows = fetch(
        connection,
        f"SELECT state, run_id, reason FROM {DATABASE}.runs WHERE dag_id = %s"
        " ORDER BY reconciled_at DESC LIMIT 1",
        (dag_id,),
    )
    for state, run_id, reason in rows:
        if state == "failed":
            return Failure(run_id, reason or "")
    return None


def _moment(connection: Any, query: str, parameters: tuple[Any, ...]) -> datetime | None:
    found: datetime | None = fetch(connection, query, parameters)[0][0]
    return _utc(found) if found else None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _stored(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
