"""The demonstration: every DAG runs for real, and a table shows what landed where."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from stack import airflow_api, landed
from stack.airflow_api import Api, Run
from stack.errors import StackError
from stack.settings import Settings

BACKFILLED = ("synthetic_flights", "synthetic_weather")
"""The DAGs that make the last complete days."""

TRIGGERED = ("csv_files",)
"""The DAGs that run once, now."""

DAYS = 3

_PARSE_SECONDS = 90
_RUN_SECONDS = 1200
_POLL_SECONDS = 1.0


def run(settings: Settings, console: Console) -> None:
    """Run every DAG of the demonstration and report; raises if a run failed."""
    _fill_inbox(settings, console)
    api = airflow_api.sign_in(settings)
    airflow_api.await_parsed(api, BACKFILLED + TRIGGERED, _PARSE_SECONDS)
    first, last = last_complete_days(datetime.now(UTC))
    for dag_id in BACKFILLED:
        api.backfill(dag_id, first, last)
    for dag_id in BACKFILLED + TRIGGERED:
        api.unpause(dag_id)
    triggered = {api.trigger(dag_id) for dag_id in TRIGGERED}

    def awaited() -> list[Run]:
        return [
            run
            for dag_id in BACKFILLED + TRIGGERED
            for run in api.runs(dag_id)
            if run.run_id in triggered
            or not run.is_over
            or (dag_id in BACKFILLED and run.logical_date and first <= run.logical_date <= last)
        ]

    runs = _follow(awaited, api, console)
    _report(settings, console)
    failed = [run for run in runs if run.state == "failed"]
    if failed:
        raise StackError("\n".join(text for run in failed for text in api.failures(run)))


def last_complete_days(now: datetime) -> tuple[datetime, datetime]:
    """The first and the last of the complete days before now."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS), today - timedelta(days=1)


def _fill_inbox(settings: Settings, console: Console) -> None:
    inbox = settings.path("DATAFLOW360_INBOX")
    if "://" in inbox:
        console.print(f"  the inbox is {inbox}: put the samples there yourself")
        return
    samples = (settings.profile.root / "samples").iterdir()
    files = sorted(file for file in samples if file.name.endswith((".csv", ".csv.gz", ".zip")))
    for file in files:
        # Renamed into place, so that no run reads half a file.
        partial = Path(inbox) / f".{file.name}.partial"
        shutil.copyfile(file, partial)
        partial.rename(Path(inbox) / file.name)
    console.print(f"  {len(files)} sample files are in {inbox}")


def _follow(awaited: Callable[[], list[Run]], api: Api, console: Console) -> list[Run]:
    """Show progress until all runs have ended."""
    told: set[str] = set()
    deadline = time.monotonic() + _RUN_SECONDS
    with Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        bars = {dag_id: progress.add_task(dag_id, total=None) for dag_id in BACKFILLED + TRIGGERED}
        while True:
            runs = awaited()
            for dag_id, bar in bars.items():
                own = [run for run in runs if run.dag_id == dag_id]
                over = [run for run in own if run.is_over]
                progress.update(bar, total=len(own), completed=len(over))
            unfinished = [run for run in runs if not run.is_over]
            if not unfinished:
                return runs
            for line in (line for run in unfinished for line in api.retrying(run)):
                if line not in told:
                    told.add(line)
                    console.print(f"  {line}")
            if time.monotonic() > deadline:
                waiting = ", ".join(f"{run.dag_id} {run.run_id}" for run in unfinished)
                raise StackError(f"these runs did not end in {_RUN_SECONDS} s: {waiting}")
            time.sleep(_POLL_SECONDS)


def _report(settings: Settings, console: Console) -> None:
    ledger = Table(
        *("DAG", "source", "read", "valid", "dupl.", "quar.", "new", "chang.", "unch."),
        *("stored", "published", "state"),
        title="What each run read, stored and published (ledger, reconciled with the stores)",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for row in landed.runs(settings):
        interval = row["interval_start"]
        numbers = [
            f"{row[name]:,}"
            for name in (
                *("rows_read", "rows_valid", "rows_duplicate", "rows_quarantined", "rows_new"),
                *("rows_changed", "rows_unchanged", "rows_stored", "messages_published"),
            )
        ]
        ledger.add_row(
            row["dag_id"],
            f"{interval:%Y-%m-%d}"
            if row["dag_id"] in BACKFILLED
            else Path(row["source_name"]).name,
            *numbers,
            row["state"] if not row["reason"] else f"{row['state']}: {row['reason']}",
        )
    console.print(ledger)
    stores = Table(
        "store",
        "table or topic",
        "rows or messages",
        title="What the stores hold",
        box=SIMPLE_HEAD,
    )
    for count in landed.counts(settings):
        stores.add_row(count.store, count.name, f"{count.number:,}")
    console.print(stores)
