"""The tasks that DAG files wire, and what is common to them.

DAG files import this module while they are parsed: it imports heavy modules inside the tasks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import (
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException

from dataflow360.errors import DataFlowError, FatalError, SkippableError

if TYPE_CHECKING:
    from dataflow360.pipeline.run import Run
    from dataflow360.sources.source import Source

from dataflow360.stores.failures import readable_failures

log = logging.getLogger(__name__)


def enter_failure(context: Mapping[str, Any]) -> None:
    """Enter in the run ledger that a task has failed for good, and why.

    Called by Airflow. The words of an error that is none of the project's stay in the task's log,
    where Airflow masks what is secret in them.
    """
    from dataflow360.clients import mysql
    from dataflow360.pipeline import ledger
    from dataflow360.pipeline.run import run_of

    error, task_id = context.get("exception"), context["ti"].task_id
    reason = (
        str(error)
        if isinstance(error, DataFlowError)
        else f"The task {task_id} has failed ({type(error).__name__}); see its log."
    )
    with mysql.connect() as connection:
        ledger.fail(connection, run_of(context), reason)


#: A fatal error fails at once; everything else is tried again, for about ten minutes.
TASK_DEFAULTS: dict[str, Any] = {
    "retries": 5,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=4),
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(exception=FatalError, action=RetryAction.FAIL)]
    ),
    "on_failure_callback": enter_failure,
}


@readable_failures()
def land(source: Source, *, day: str | None = None) -> str:
    """Body of an extract task whose source is asked for a data interval.

    Args:
        source: The source.
        day: Day to work on instead of the run's own interval (YYYY-MM-DD).

    Returns:
        The id of the landed batch.

    Raises:
        AirflowSkipException: There is nothing to fetch; the reason is in the ledger.
    """
    from dataflow360.clients import mysql
    from dataflow360.pipeline import ledger
    from dataflow360.pipeline.extraction import extract
    from dataflow360.pipeline.run import day_interval, parse_day, run_of

    context = get_current_context()
    request = source.request.checked(dict(context["params"]))
    run = run_of(context)
    if day is not None:
        run = replace(run, interval=day_interval(parse_day(day)))
    try:
        return extract(source.extraction(request, run), run, refetch=request.refetch)
    except SkippableError as error:
        with mysql.connect() as connection:
            ledger.skip(connection, run, str(error))
        raise AirflowSkipException(str(error)) from error


def updated_days() -> list[str]:
    """The days that the updates tell of which have triggered a run; the param ``day`` goes first.

    A run that was triggered by hand, without that param, takes the day of its trigger.
    """
    from dataflow360.pipeline.run import Interval, days_around, run_of

    context = get_current_context()
    keys = [
        event.extra["interval"]
        for events in context["triggering_asset_events"].values()
        for event in events
    ]
    updated = [interval for key in keys if (interval := Interval.of_key(key))]
    if context["params"].get("day") or not updated:
        return [run_of(context).interval.start.date().isoformat()]
    # Local days begin up to an hour before those of UTC, or after.
    return [day.isoformat() for day in days_around(updated, timedelta(hours=1))]


@task
@readable_failures()
def stage(batch_id: str) -> str:
    """Bring what is new or changed in a batch into its store."""
    from dataflow360.pipeline import staging

    return staging.stage(batch_id)


@task
@readable_failures()
def write_table(batch_id: str) -> list[str]:
    """Write the days that a batch has touched as Parquet files, from what the store holds now."""
    from dataflow360.pipeline import day_table

    return day_table.write(batch_id)


@task
@readable_failures()
def publish(batch_id: str) -> str:
    """Send what is new or changed in a batch to its topic, exactly once."""
    from dataflow360.pipeline import publishing

    return publishing.publish(batch_id)


@task
@readable_failures()
def reconcile(batch_id: str) -> Mapping[str, int]:
    """Prove from the stores that nothing is lost and nothing doubled; enter the run ledger."""
    from dataflow360.pipeline import reconciling

    return reconciled(batch_id, reconciling.reconcile)


def reconciled(
    batch_id: str, reconcile: Callable[[str, Run], Mapping[str, int]]
) -> Mapping[str, int]:
    """Body of a reconcile task; the events of its outlets say which data interval was updated.

    Args:
        batch_id: The batch.
        reconcile: Counts and judges it.
    """
    from dataflow360.clients import mysql
    from dataflow360.pipeline import registry
    from dataflow360.pipeline.run import run_of

    context = get_current_context()
    run = run_of(context)
    account = reconcile(batch_id, run)
    with mysql.connect() as connection:
        interval = registry.get(connection, batch_id).interval or run.interval
    for asset in context["task"].outlets:
        context["outlet_events"][asset].extra = {"interval": interval.key}
    return account
