"""Judge from what has landed whether a source has a problem, and say it in one sentence."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from dataflow360.freshness.judging import Freshness, Status
from dataflow360.freshness.landings import Failure, Landed

_REASON_CHARACTERS = 300


class Kind(StrEnum):
    """What may be wrong with a source."""

    LATE = "late"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a source now.

    Attributes:
        kind: What it is.
        since: What should have landed first, or the start of the interval without rows (UTC).
        run_id: The run to look at, when there is one.
        sentence: What was expected, what has come instead, and what to do.
    """

    kind: Kind
    since: datetime
    run_id: str | None
    sentence: str


def late(dag_id: str, found: Freshness, failure: Failure | None) -> Problem | None:
    """Whether a source lacks something that is due.

    Args:
        dag_id: The source.
        found: How fresh it is.
        failure: Its last run, when that has failed.
    """
    if found.missing is None or found.due is None:
        return None
    missing = f"what it should have landed up to {told(found.missing)} was due by {told(found.due)}"
    if found.newest is None:
        sentence = f"{dag_id} has never landed anything: {missing}"
    else:
        sentence = f"{dag_id} is late: {missing}, and its newest is of {told(found.newest)}"
    reason = f", and its last run failed ({_clause(failure.reason)})" if failure else ""
    return Problem(
        Kind.LATE,
        found.missing,
        failure.run_id if failure else None,
        f"{sentence}{reason}; see what holds up its runs and clear the task that failed.",
    )


def in_time_again(dag_id: str, found: Freshness, since: datetime) -> str | None:
    """That a source which was late has landed what it lacked, and is on time; else None."""
    if found.status is not Status.ON_TIME or found.newest is None or found.newest < since:
        return None
    return (
        f"{dag_id} is on time again: what was missing since {told(since)} has landed, and its "
        f"newest is of {told(found.newest)}."
    )


def empty(dag_id: str, runs: Sequence[Landed]) -> Problem | None:
    """Whether a source's newest run has landed no row, where most of those before it have some.

    Args:
        dag_id: The source.
        runs: Its last reconciled runs, the newest first.
    """
    if not runs or runs[0].rows:
        return None
    newest, *earlier = runs
    usual = sum(bool(run.rows) for run in earlier)
    if 2 * usual <= len(earlier):
        return None
    return Problem(
        Kind.EMPTY,
        newest.interval.start,
        newest.run_id,
        f"{dag_id} has landed no row for {_told_interval(newest)} ({newest.rows_read} read, none "
        f"valid), where {usual} of the {len(earlier)} runs before it had some; look at the source "
        "and at what was refused, then run it again with refetch.",
    )


def lands_again(dag_id: str, runs: Sequence[Landed], since: datetime) -> str | None:
    """That a source which had landed no row lands some again; else None."""
    if not runs or not runs[0].rows:
        return None
    return (
        f"{dag_id} lands rows again: {runs[0].rows} for {_told_interval(runs[0])}, after it had "
        f"none for the interval from {told(since)}."
    )


def told(moment: datetime) -> str:
    """A moment as people read it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _told_interval(run: Landed) -> str:
    return f"the interval from {told(run.interval.start)} to {told(run.interval.end)}"


def _clause(reason: str) -> str:
    return textwrap.shorten(reason, _REASON_CHARACTERS, placeholder=" …").rstrip(".")
