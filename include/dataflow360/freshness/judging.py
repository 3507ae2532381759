"""How fresh a source is against its schedule: pure functions, for the page and for the alerts.

A data interval is *answered* when the run ledger has a row for it that is reconciled, or skipped
with a reason (no history, quota used, nothing to load). A failed row answers nothing. Only
intervals that are over count: a run may be asked for any day, of the next century too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from croniter import croniter

from dataflow360.pipeline.run import last_complete_interval

#: What has been watched for longer than anything can be late.
ALWAYS = datetime.min.replace(tzinfo=UTC)

_LEAST_GRACE = timedelta(minutes=20)
_MOST_GRACE = timedelta(hours=2)
#: What a DAG that follows its inputs has, from the moment when the last of them was updated.
_DERIVED_GRACE = timedelta(minutes=30)


class Status(StrEnum):
    """Whether a source keeps its schedule."""

    ON_TIME = "on_time"
    LATE = "late"
    #: Nothing has landed yet, whether or not it is due.
    NEVER = "never"
    #: Something has, but nothing is expected: it is paused, or was not seen unpaused yet.
    UNWATCHED = "unwatched"


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a source is.

    Attributes:
        status: The verdict.
        newest: What is answered up to: the end of the newest such interval (UTC), or when a
            derived source has landed; None when it never has.
        expected: What should be answered up to by now, in the same terms; None for a derived
            source whose inputs have not all been updated yet, and while nothing is expected.
        missing: The first moment that should be answered and is not; None while nothing is due.
        due: Until when that had time; None likewise.
    """

    status: Status
    newest: datetime | None
    expected: datetime | None
    missing: datetime | None
    due: datetime | None


def scheduled(
    cron: str, newest: datetime | None, now: datetime, since: datetime | None
) -> Freshness:
    """How fresh a source is whose runs cover the intervals of a cron expression.

    Args:
        cron: The expression, in UTC.
        newest: End of the newest answered interval that is over by now, UTC.
        now: The moment to judge at, UTC.
        since: Since when the source is watched, UTC: right after it was unpaused it has its grace
            too; None when it is not.
    """
    grace = grace_of(cron, now)
    expected = last_complete_interval(cron, now - grace).end
    lacking: datetime | None = expected
    if newest is not None:
        lacking = None if newest >= expected else croniter(cron, newest).get_next(datetime)
    return _judged(newest, expected, lacking, grace, now, since)


def derived(
    landed: datetime | None, inputs: datetime | None, now: datetime, since: datetime | None
) -> Freshness:
    """How fresh a source is that is made whenever all of its inputs have been updated.

    Args:
        landed: When it was last made, UTC.
        inputs: When all of its inputs had been updated, UTC: the latest of each one's first update
            after ``landed`` and ``since``, for Airflow forgets what is updated while a DAG is
            paused; None while one of them has not been.
        now: The moment to judge at, UTC.
        since: Since when the source is watched, UTC; None when it is not.
    """
    lacking = None if landed and inputs and landed >= inputs else inputs
    return _judged(landed, inputs, lacking, _DERIVED_GRACE, now, since)


def grace_of(cron: str, moment: datetime) -> timedelta:
    """How long after its end an interval of a cron expression may take: half of its length.

    It is at least 20 minutes, in which a task is tried again for about ten, and at most two hours.
    """
    interval = last_complete_interval(cron, moment)
    half = (interval.end - interval.start) / 2
    return min(max(half, _LEAST_GRACE), _MOST_GRACE)


def _judged(
    newest: datetime | None,
    expected: datetime | None,
    lacking: datetime | None,
    grace: timedelta,
    now: datetime,
    since: datetime | None,
) -> Freshness:
    """The verdict on a source that lacks what it should have answered first, or lacks nothing."""
    never = Status.NEVER if newest is None else None
    if since is None:
        return Freshness(never or Status.UNWATCHED, newest, None, None, None)
    due = max(lacking, since) + grace if lacking else None
    if due is None or now < due:
        return Freshness(never or Status.ON_TIME, newest, expected, None, None)
    return Freshness(never or Status.LATE, newest, expected, lacking, due)
