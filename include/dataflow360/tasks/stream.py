"""The tasks that bring a landed batch through the Kinesis stream into DynamoDB.

DAG files import this module while they are parsed: it imports heavy modules inside the tasks.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow.sdk import task

from dataflow360.stores.failures import readable_failures
from dataflow360.tasks.steps import reconciled


@task
@readable_failures()
def put(batch_id: str) -> str:
    """Put the rows of a batch on the Kinesis stream."""
    from dataflow360.aws import putting

    return putting.put(batch_id)


@task
@readable_failures()
def reconcile(batch_id: str) -> Mapping[str, int]:
    """Prove that every row which was put is stored or given up; enter the run ledger."""
    from dataflow360.aws import reconciling

    return reconciled(batch_id, reconciling.reconcile)
