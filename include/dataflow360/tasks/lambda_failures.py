"""The task that cares for what Lambda has given up.

DAG files import this module while they are parsed: it imports heavy modules inside the task.
"""

from __future__ import annotations

from airflow.sdk import get_current_context, task

from dataflow360.stores.failures import readable_failures


@task
@readable_failures()
def drain() -> int:
    """Bring the records that the failure queue names into quarantine, then empty the queue."""
    from dataflow360.aws import failures
    from dataflow360.pipeline.run import run_of

    return failures.drain(run_of(get_current_context()))
