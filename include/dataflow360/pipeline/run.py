"""What the pipeline knows of the run that it works for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dataflow360.errors import FatalError
from dataflow360.pipeline.request import iso_day

_KEY_FORMAT = "%Y%m%dT%H%M%SZ"


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """A data interval: ``start`` inclusive, ``end`` exclusive, both in UTC."""

    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """Name of the interval in batch ids and folders, as in ``20261101T000000Z-…``."""
        return "-".join(moment.strftime(_KEY_FORMAT) for moment in (self.start, self.end))

    @classmethod
    def of_key(cls, key: str) -> Interval | None:
        """The inverse of :attr:`key`; None for the key of something else, a file say."""
        try:
            start, end = (
                datetime.strptime(part, _KEY_FORMAT).replace(tzinfo=UTC) for part in key.split("-")
            )
        except ValueError:
            return None
        return cls(start, end)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a DAG, or one mapped task of it.

    Attributes:
        dag_id: The DAG.
        run_id: Airflow's id of the run.
        map_index: Number of the mapped task, -1 when the task is not mapped.
        interval: The data interval.
        last_try: Whether a task that fails now is not tried again.
        now: The clock (UTC). It decides whom to ask for the interval and never dates a record.
    """

    dag_id: str
    run_id: str
    map_index: int
    interval: Interval
    last_try: bool = False
    now: Callable[[], datetime] = utc_now

    def scope(self, *, refetch: bool) -> str:
        """What raw answers are kept for: the interval, or this very run when it fetches again."""
        return f"{self.interval.key}:{self.run_id}" if refetch else self.interval.key


def run_of(context: Mapping[str, Any]) -> Run:
    """The run that an Airflow task context belongs to.

    A run with the param ``day`` works on that day. One without a data interval (triggered with a
    null logical date) works on the last interval of its DAG's schedule that was complete when it
    was due. A DAG without intervals of its own works on the day that its run was due.
    """
    dag_run = context["dag_run"]
    if day := context["params"].get("day"):
        interval = day_interval(parse_day(day))
    elif dag_run.data_interval_start and dag_run.data_interval_end:
        interval = Interval(
            dag_run.data_interval_start.astimezone(UTC), dag_run.data_interval_end.astimezone(UTC)
        )
    elif cron := getattr(context["dag"].timetable, "expression", None):
        interval = last_complete_interval(cron, dag_run.run_after)
    else:
        interval = day_interval(dag_run.run_after.astimezone(UTC).date())
    task = context["ti"]
    last_try = task.try_number > task.max_tries
    return Run(dag_run.dag_id, dag_run.run_id, task.map_index, interval, last_try)


def parse_day(text: str) -> date:
    """A day in the form YYYY-MM-DD, which alone is accepted.

    Raises:
        FatalError: The text has another form, or there is no such day.
    """
    day = iso_day(text)
    if day is None:
        raise FatalError(f"The param day is wrong ({text!r}): give it as YYYY-MM-DD.")
    return day


def day_interval(day: date) -> Interval:
    """The 24 hours of a day, UTC."""
    start = datetime.combine(day, time(), UTC)
    return Interval(start, start + timedelta(days=1))


def days_around(intervals: Iterable[Interval], margin: timedelta) -> list[date]:
    """The days, UTC, that the intervals touch when each begins and ends by a margin wider."""
    days: set[date] = set()
    for interval in intervals:
        first = (interval.start - margin).date()
        last = (interval.end + margin - timedelta(microseconds=1)).date()
        days |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return sorted(days)


def last_complete_interval(cron: str, moment: datetime) -> Interval:
    """The last interval between two ticks of a cron expression (UTC) that is over at a moment."""
    from croniter import croniter

    # croniter looks strictly backwards: a tick at the moment itself counts as well.
    just_after = moment.astimezone(UTC) + timedelta(microseconds=1)
    end = croniter(cron, just_after).get_prev(datetime)
    return Interval(croniter(cron, end).get_prev(datetime), end)
