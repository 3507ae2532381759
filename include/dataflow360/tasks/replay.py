"""The tasks of ``replay_quarantine``.

The DAG file imports this module while it is parsed: it imports heavy modules inside the tasks.
"""

from __future__ import annotations

import logging

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dataflow360.errors import SkippableError
from dataflow360.stores.failures import readable_failures

log = logging.getLogger(__name__)


@readable_failures()
def select_quarantined() -> list[str]:
    """Body of the first task of a replay: choose the records, show what becomes of each.

    What becomes of them is also an XCom of the task, for the page in Airflow's UI.

    Returns:
        The groups to replay; none for a dry run, a dismissal, or when no record passes.
    """
    from dataflow360.pipeline.run import run_of
    from dataflow360.replay import replaying
    from dataflow360.replay.outcome import XCOM_KEY
    from dataflow360.replay.request import ReplayRequest

    context = get_current_context()
    request = ReplayRequest.checked(dict(context["params"]))
    user = context["dag_run"].triggering_user_name or "airflow"

    def show(table: str) -> None:
        for line in table.splitlines():
            log.info(line)

    selected = replaying.select(request, run_of(context), user, show)
    context["ti"].xcom_push(XCOM_KEY, selected.outcome.model_dump(mode="json"))
    return selected.groups


@readable_failures()
def land_replayed(group: str) -> str:
    """Body of the extract task of a replay; returns the id of the landed batch.

    Raises:
        AirflowSkipException: No record of the group passes any more; the reason is in the ledger.
    """
    from dataflow360.clients import mysql
    from dataflow360.pipeline import ledger
    from dataflow360.pipeline.run import run_of
    from dataflow360.replay import replaying

    run = run_of(get_current_context())
    try:
        return replaying.extract(group, run)
    except SkippableError as error:
        with mysql.connect() as connection:
            ledger.skip(connection, run, str(error))
        raise AirflowSkipException(str(error)) from error


@task
@readable_failures()
def settle(batch_id: str) -> int:
    """Mark the records in quarantine as replayed that the batch has brought to their store."""
    from dataflow360.replay import replaying

    return replaying.settle(batch_id)
