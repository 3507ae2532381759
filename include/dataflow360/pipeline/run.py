"""What the pipeline knows of the run that it works for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from croniter import croniter

from dataflow360.errors import FatalError

_ASSET_EXTRA = ("interval_start", "interval_end")


@dataclass(frozen=True, slots=True)
class Interval:
    """A data interval: ``start`` inclusive, ``end`` exclusive, both in UTC."""

    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """Name of the interval in batch ids and folders, as in ``20261101T000000Z-…``."""
        return "-".join(moment.strftime("%Y%m%dT%H%M%SZ") for moment in (self.start, self.end))

    @property
    def for_asset(self) -> dict[str, Any]:
        """The interval as the extra of an asset's event."""
        moments = (self.start, self.end)
        return {name: m.isoformat() for name, m in zip(_ASSET_EXTRA, moments, strict=True)}

    @classmethod
    def of_asset(cls, extra: Mapping[str, Any]) -> Interval:
        """The inverse of :attr:`for_asset`."""
        return cls(*(datetime.fromisoformat(extra[name]) for name in _ASSET_EXTRA))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a DAG, or one mapped task of it.

    Attributes:
        dag_id: The DAG.
        run_id: Airflow's id of the run.
        map_index: Number of the mapped task, -1 when the task is not mapped.
        interval: The data interval.
        last_try: Whether a task that fails now is not tried again.
    """

    dag_id: str
    run_id: str
    map_index: int
    interval: Interval
    last_try: bool = False


def run_of(context: Mapping[str, Any]) -> Run:
    """The run that an Airflow task context belongs to.

    A run with the param ``day`` works on that day. One without a data interval (triggered with a
    null logical date) works on the last interval of its DAG's schedule that was complete when it
    was due. A run that updates of assets have triggered works on the days that these tell of. A
    DAG without intervals of its own works on the day that its run was due.
    """
    dag_run = context["dag_run"]
    if day := context["params"].get("day"):
        interval = day_interval(parse_day(day))
    elif updated := [
        Interval.of_asset(event.extra)
        for events in context["triggering_asset_events"].values()
        for event in events
    ]:
        interval = whole_days(updated)
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
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise FatalError(f"The param day is wrong ({text!r}): give it as YYYY-MM-DD.")
    return day


def day_interval(day: date) -> Interval:
    """The 24 hours of a day, UTC."""
    start = datetime.combine(day, time(), UTC)
    return Interval(start, start + timedelta(days=1))


def whole_days(intervals: Sequence[Interval]) -> Interval:
    """The days, UTC, from the first that one of the intervals touches to the last."""
    first = min(interval.start for interval in intervals).date()
    last = (max(interval.end for interval in intervals) - timedelta(microseconds=1)).date()
    return Interval(day_interval(first).start, day_interval(last).end)


def last_complete_interval(cron: str, moment: datetime) -> Interval:
    """The last interval between two ticks of a cron expression (UTC) that is over at a moment."""
    # croniter looks strictly backwards: a tick at the moment itself counts as well.
    just_after = moment.astimezone(UTC) + timedelta(microseconds=1)
    end = croniter(cron, just_after).get_prev(datetime)
    return Interval(croniter(cron, end).get_prev(datetime), end)
