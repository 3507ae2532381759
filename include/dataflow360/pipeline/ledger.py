"""The run ledger: one row for each run, reconciled, failed or skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dataflow360.clients import mysql
from dataflow360.pipeline.registry import Batch
from dataflow360.pipeline.run import Run
from dataflow360.records.control import DATABASE

_COUNTS = (
    "rows_read", "rows_valid", "rows_duplicate", "rows_quarantined", "rows_new", "rows_changed",
    "rows_unchanged", "rows_stored", "messages_published", "rows_failed",
)  # fmt: skip
_REASON_CHARACTERS = 4_000


def enter(
    connection: Any, run: Run, batch: Batch, counts: Mapping[str, int], faults: Sequence[str]
) -> None:
    """Enter what a run has done, instead of what it did the last time.

    Args:
        connection: Session with MySQL.
        run: The run.
        batch: Its batch.
        counts: What was counted, by the ledger's columns.
        faults: What does not add up, each as a clause; none for a reconciled run.
    """
    source = {
        "record_type": batch.record_type,
        "source_name": batch.source_name,
        "batch_id": batch.batch_id,
    }
    state = "failed" if faults else "reconciled"
    run = replace(run, interval=batch.interval or run.interval)
    _replace(connection, run, {**source, **counts, "state": state}, "; ".join(faults) or None)


def skip(connection: Any, run: Run, reason: str) -> None:
    """Enter that a run had nothing to do, and why."""
    _replace(connection, run, {**dict.fromkeys(_COUNTS, 0), "state": "skipped"}, reason)


def fail(connection: Any, run: Run, reason: str) -> None:
    """Enter that a run has failed, and why; what it has counted until then stays."""
    row = {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "map_index": run.map_index,
        "interval_start": run.interval.start.replace(tzinfo=None),
        "interval_end": run.interval.end.replace(tzinfo=None),
        **dict.fromkeys(_COUNTS, 0),
        "state": "failed",
        "reason": reason[:_REASON_CHARACTERS],
    }
    mysql.execute(
        connection,
        f"INSERT INTO {DATABASE}.runs ({', '.join(row)}, reconciled_at) "
        f"VALUES ({', '.join(['%s'] * len(row))}, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE"
        " state = VALUES(state), reason = VALUES(reason), reconciled_at = VALUES(reconciled_at)",
        tuple(row.values()),
    )


def withdraw(connection: Any, run: Run) -> None:
    """Take back that a run has failed before its tasks were mapped, when it goes on after all.

    Its mapped tasks enter rows of their own, which would not replace this one.
    """
    mysql.execute(
        connection,
        f"DELETE FROM {DATABASE}.runs WHERE dag_id = %s AND run_id = %s AND map_index = %s"
        " AND state = 'failed' AND batch_id IS NULL",
        (run.dag_id, run.run_id, run.map_index),
    )


def _replace(connection: Any, run: Run, values: Mapping[str, Any], reason: str | None) -> None:
    row = {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "map_index": run.map_index,
        "interval_start": run.interval.start.replace(tzinfo=None),
        "interval_end": run.interval.end.replace(tzinfo=None),
        **values,
        "reason": reason,
    }
    mysql.execute(
        connection,
        f"REPLACE INTO {DATABASE}.runs ({', '.join(row)}, reconciled_at) "
        f"VALUES ({', '.join(['%s'] * len(row))}, UTC_TIMESTAMP(6))",
        tuple(row.values()),
    )
