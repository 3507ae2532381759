"""What the triggerer waits for in place of a task: that a batch is at its end in DynamoDB.

The triggerer imports this module in its event loop: it imports heavy modules in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from dataflow360.errors import RetriableError
from dataflow360.stores.failures import readable_failures

if TYPE_CHECKING:
    from dataflow360.aws.arrival import Arrival

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_GROWTH = 1.5


class RecordsArrivedTrigger(BaseTrigger):
    """Fires when every row of a batch is stored or given up, or when the time for it is over."""

    def __init__(self, batch_id: str, until: str) -> None:
        """Wait for a batch.

        Args:
            batch_id: The batch.
            until: End of the wait (ISO 8601, UTC); the same when another triggerer takes over.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self.batch_id = batch_id
        self.until = until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The trigger as Airflow's database keeps it."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {"batch_id": self.batch_id, "until": self.until}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look again and again; a server that is away for a while ends nothing.

        Yields:
            What was seen last, as a sentence. The task looks for itself and judges.
        """
        end = datetime.fromisoformat(self.until)
        pause = _FIRST_PAUSE
        while True:
            try:
                arrival = await asyncio.to_thread(_look, self.batch_id)
            except RetriableError as error:
                seen, is_complete = str(error), False
            else:
                seen, is_complete = str(arrival), arrival.is_complete
            self.log.info("Batch %s: %s", self.batch_id, seen)
            if is_complete or datetime.now(UTC) >= end:
                yield TriggerEvent(seen)  # type: ignore[no-untyped-call]
                return
            await asyncio.sleep(pause)
            pause = min(_GROWTH * pause, _LONGEST_PAUSE)


@readable_failures()
def _look(batch_id: str) -> Arrival:
    from dataflow360.aws import arrival

    return arrival.look(batch_id)
