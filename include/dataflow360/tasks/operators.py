"""The operator that waits for a batch to be at its end in DynamoDB, without holding a worker.

DAG files import this module while they are parsed: it imports heavy modules when it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from dataflow360.errors import FatalError
from dataflow360.stores.failures import readable_failures

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataflow360.aws.arrival import Arrival

#: As long as other tasks are tried again.
WAIT = timedelta(minutes=10)


class RecordsArriveOperator(BaseOperator):
    """Waits until each row that was put is stored in DynamoDB or was given up; deferrable.

    Each attempt waits for ten minutes. Its result is the batch's id.
    """

    template_fields: Sequence[str] = ("batch_id",)

    def __init__(self, *, batch_id: str, **kwargs: Any) -> None:
        """Wait for a batch.

        Args:
            batch_id: The batch.
            kwargs: What every operator takes.
        """
        super().__init__(**kwargs)
        self.batch_id = batch_id

    def execute(self, context: Context) -> str:
        """Look once, and let the triggerer go on looking if rows are still under way.

        Raises:
            TaskDeferred: They are.
        """
        arrival = self._look()
        if not arrival.is_complete:
            self._defer()
        return self.batch_id

    def resume(self, context: Context, event: str) -> str:
        """Judge what has arrived.

        Args:
            context: Airflow's context.
            event: What the trigger has seen last.

        Raises:
            FatalError: Rows are missing when the time is over; the sentence names them.
        """
        self.log.info("The triggerer has seen: %s", event)
        arrival = self._look()
        if not arrival.is_complete:
            raise FatalError(
                f"Batch {self.batch_id} is not wholly in DynamoDB after "
                f"{WAIT.total_seconds() / 60:g} minutes ({arrival}); run the DAG aws_setup, which "
                "tells what is wrong on the way, then clear the put task of this run."
            )
        return self.batch_id

    def _defer(self) -> None:
        from dataflow360.tasks.triggers import RecordsArrivedTrigger

        until = datetime.now(UTC) + WAIT
        self.defer(
            trigger=RecordsArrivedTrigger(self.batch_id, until.isoformat()),
            method_name=self.resume.__name__,
        )

    def _look(self) -> Arrival:
        from dataflow360.aws import arrival

        with readable_failures():
            seen = arrival.look(self.batch_id)
        self.log.info("Batch %s: %s", self.batch_id, seen)
        return seen
