"""How fresh a source is against its schedule: one pure function, for the page and for the alerts.

A data interval is *answered* when the run ledger has a row for it that is reconciled, or skipped
with a reason (no history, quota used, nothing to load). A failed row answers nothing. Only
intervals that are over count: a run may be asked for any day, of the next century too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from croniter import croniter

from dataflow360.pipeline.run import last_complete_interval

_LEAST_GRACE = timedelta(minutes=20)
_MOST_GRACE = timedelta(hours=2)

#: What a DAG that follows its inputs has, from the moment when the last of them was updated.
DERIVED_GRACE = timedelta(minutes=30)


class Status(StrEnum):
    """Whether a source keeps its schedule."""

    ON_TIME = "on_time"
    LATE = "late"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a source is.

    Attributes:
        status: The verdict.
        newest: What is answered up to: the end of the newest such interval (UTC), or when a
            derived source has landed; None when it never has.
        expected: What should be answered up to by now, in the same terms; None for a derived
            source whose inputs have not all been updated yet.
        missing: The first moment that should be answered and is not; None while it is on time.
    """

    status: Status
    newest: datetime | None
    expected: datetime | None
    missing: datetime | None


def scheduled(cron: str, newest: datetime | None, now: datetime, grace: timedelta) -> Freshness:
    """How fresh a source is whose runs cover the intervals of a cron expression.

    Args:
        cron: The expression, in UTC.
        newest: End of the newest answered interval that is over by now, UTC.
        now: The moment to judge at, UTC.
        grace: How long after its end an interval may take to be answered.
    """
    due = last_complete_interval(cron, now - grace).end
    if newest is None:
        return Freshness(Status.NEVER, None, due, due)
    if newest >= due:
        return Freshness(Status.ON_TIME, newest, due, None)
    return Freshness(Status.LATE, newest, due, croniter(cron, newest).get_next(datetime))


def derived(
    landed: datetime | None, inputs: datetime | None, now: datetime, grace: timedelta
) -> Freshness:
    """How fresh a source is that is made whenever all of its inputs have been updated.

    Args:
        landed: When it was last made, UTC.
        inputs: When all of its inputs had been updated since, UTC: the latest of each one's first
            update after ``landed``; None while one of them has not been.
        now: The moment to judge at, UTC.
        grace: How long after its inputs it may take to be made.
    """
    if landed is None:
        return Freshness(Status.NEVER, None, inputs, inputs)
    if inputs is None or landed >= inputs or now < inputs + grace:
        return Freshness(Status.ON_TIME, landed, inputs, None)
    return Freshness(Status.LATE, landed, inputs, inputs)


def grace_of(cron: str, moment: datetime) -> timedelta:
    """How long after its end an interval of a cron expression may take: half of its length.

    It is at least 20 minutes, in which a task is tried again for about ten, and at most two hours.
    """
    interval = last_complete_interval(cron, moment)
    half = (interval.end - interval.start) / 2
    return min(max(half, _LEAST_GRACE), _MOST_GRACE)
