"""``/api/me`` and ``/api/overview``: who looks, every source, and what is left of the quotas."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from dataflow360.freshness.judging import Freshness
from dataflow360.page.models.common import Answer, Availability, Count, Natural, Part
from dataflow360.pipeline.run import Interval

AirflowState = Literal["queued", "running", "success", "failed"]
LedgerState = Literal["reconciled", "failed", "skipped"]


class Me(Answer):
    """The user.

    Attributes:
        name: As Airflow's UI shows it.
        may_replay: Whether the user may trigger the DAG that replays and dismisses.
        replay_dag: That DAG.
        root: Path before Airflow's own, without a slash at its end; mostly empty.
    """

    name: str
    may_replay: bool
    replay_dag: str
    root: str


class LastRun(Answer):
    """The DAG's run that Airflow has made last."""

    run_id: str
    state: AirflowState
    interval: Interval | None
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    link: str


class Rows(Answer):
    """What the last run that landed anything has counted; a run over several files, their sum."""

    run_id: str
    read: Natural
    valid: Natural
    duplicate: Natural
    quarantined: Natural
    new: Natural
    changed: Natural
    unchanged: Natural
    stored: Natural
    published: Natural
    failed: Natural


class Entry(Answer):
    """What the run ledger says of a run.

    Attributes:
        text: Why it failed or was skipped; None when it reconciled. Foreign text: show it inert.
    """

    run_id: str
    state: LedgerState
    at: AwareDatetime
    text: str | None
    link: str


class DayVolume(Answer):
    """Rows that landed on a day."""

    day: date
    valid: Natural
    quarantined: Natural


class Account(Answer):
    """What the run ledger knows of a source.

    Attributes:
        freshness: The verdict that the alerts go by too.
        rows: None when no run has landed anything.
        last: The newest entry.
        last_error: The newest entry of a failed run, if the ledger has one.
        volume: The last 30 days, today at the end; days without rows are there too.
    """

    freshness: Freshness
    rows: Rows | None
    last: Entry | None
    last_error: Entry | None
    volume: list[DayVolume]


class Source(Answer):
    """A source: a DAG that is expected to land data by itself.

    Attributes:
        schedule: Cron expression of its data intervals, UTC; None when it follows its inputs.
        account: None when the run ledger is not available.
        last_run: None when Airflow has no run of it.
    """

    dag_id: str
    schedule: str | None
    paused: bool
    link: str
    last_run: LastRun | None
    account: Account | None


class MonthlyQuota(Answer):
    """Calls that a month has."""

    source: str
    period: str
    allowed: Natural
    used: Natural
    left: Natural
    renews_on: date
    closed_reason: str | None


class MinuteLimit(Answer):
    """Calls that any 60 seconds have.

    Attributes:
        renews_at: When the oldest call does not count any more; None while all are left.
    """

    source: str
    allowed: Natural
    left: Natural
    renews_at: AwareDatetime | None


class Overview(Answer):
    """Every source that the user may see, and what is left of the quotas."""

    now: AwareDatetime
    sources: list[Source]
    ledger: Availability
    monthly_quotas: Part[list[MonthlyQuota]]
    minute_limits: Part[list[MinuteLimit]]
    open_in_quarantine: Part[Count]
