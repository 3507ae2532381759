"""The task that watches the sources.

DAG files import this module while they are parsed: it imports heavy modules inside the task.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from airflow.sdk import get_current_context, task

from dataflow360.stores.failures import readable_failures


@task
def watch() -> list[str]:
    """Tell, once each, which sources have become late or empty and which have recovered."""
    from datetime import UTC, datetime
    from pathlib import Path

    from airflow.sdk.configuration import conf

    from dataflow360.alerts import dag_files, notifiers, watching
    from dataflow360.clients import mysql
    from dataflow360.errors import FatalError
    from dataflow360.pipeline import registry

    context = get_current_context()
    found, broken = dag_files.read(Path(context["dag"].fileloc).parent)
    paused = {each.dag_id for each in found if _is_paused(context["ti"], each.dag_id)}
    base_url = conf.get("api", "base_url", fallback="http://localhost:8080")
    now = datetime.now(UTC)
    with (
        readable_failures(),
        mysql.connect() as connection,
        registry.lock(connection, "alerts"),
    ):
        # What is in a broken file is neither paused nor removed.
        known = None if broken else {each.dag_id for each in found}
        watching.give_up(connection, paused, known)
        unpaused = [each for each in found if each.dag_id not in paused]
        watching.watch(connection, unpaused, now, base_url)
        sent = watching.deliver(connection, notifiers.notifier())
    if broken:
        raise FatalError(
            f"{', '.join(broken)} cannot be imported, so that the sources in it are not watched; "
            "mend what Airflow's UI shows under import errors."
        )
    return sent


def _is_paused(task_instance: Any, dag_id: str) -> bool:
    """Whether a DAG is paused, or not known to Airflow yet."""
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        return bool(task_instance.get_dag(dag_id).is_paused)
    except AirflowRuntimeError as error:
        if (error.error.detail or {}).get("status_code") == HTTPStatus.NOT_FOUND:
            return True
        raise
