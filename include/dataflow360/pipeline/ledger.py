"""The run ledger: one row for each run, reconciled, failed or skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dataflow360.pipeline.registry import Batch
from dataflow360.pipeline.run import Run
from dataflow360.records.control import DATABASE
from dataflow360.stores import mysql

_COUNTS = (
    "rows_read", "rows_valid", "rows_duplicate", "rows_quarantined", "rows_new", "rows_changed",
    "rows_unchanged", "rows_stored", "messages_published", "rows_failed",
)  # fmt: skip


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
