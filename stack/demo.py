"""The demonstration: every DAG runs for real, and a table shows what landed where."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from dataflow360 import names
from dataflow360.sources import sources
from stack import airflow_api, landed
from stack.airflow_api import Api, Run
from stack.errors import StackError
from stack.settings import Settings

DAYS = 3
"""How many complete days the synthetic sources make."""

HOURS = 4
"""How many hours of weather are read from the archive, the last of the departure boards' window."""

SCHEDULED_LATER = (names.STREAM_DAG, names.FAILURES_DAG)
"""Those that run for their last interval when the others have ended, on what they have made."""

TRIGGERED = ("flight_weather", names.REPLAY_DAG, "freshness")
"""The DAGs that run once, when the others have ended."""

SCHEDULED = (*sorted(sources().keys() - {*SCHEDULED_LATER, *TRIGGERED}), names.SETUP_DAG)
"""The DAGs that run by themselves for their last interval, as soon as they may."""

_ALL = SCHEDULED + SCHEDULED_LATER + TRIGGERED

_BOARD_HOURS = 6
_CITY_COLUMNS = ("ville", "date", "temp", "humidity", "pm2_5", "air_quality")
_PARSE_SECONDS = 90
_RUN_SECONDS = 1200
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Window:
    """Logical dates to backfill, the first and the last."""

    first: datetime
    last: datetime

    def covers(self, run: Run) -> bool:
        """Whether a run is one of the backfill's."""
        return run.logical_date is not None and self.first <= run.logical_date <= self.last


def run(settings: Settings, console: Console) -> None:
    """Run every DAG of the demonstration and report; raises if a run failed."""
    _fill_inbox(settings, console)
    api = airflow_api.sign_in(settings)
    airflow_api.await_parsed(api, _ALL, _PARSE_SECONDS)
    now = datetime.now(UTC)
    days, hours = last_complete_days(now), last_board_hours(now)
    backfilled = {"synthetic_flights": days, "synthetic_weather": days, "openweather": hours}
    for dag_id, window in backfilled.items():
        api.backfill(dag_id, window.first, window.last)
    for dag_id in SCHEDULED + TRIGGERED:
        api.unpause(dag_id)

    def first_wave() -> dict[str, list[Run]]:
        return {dag_id: _own(api, dag_id, backfilled.get(dag_id)) for dag_id in SCHEDULED}

    runs = _follow(first_wave, api, console)
    for dag_id in SCHEDULED_LATER:
        api.unpause(dag_id)
    triggered = {
        "flight_weather": api.trigger("flight_weather", {"day": f"{hours.first:%Y-%m-%d}"}),
        "replay_quarantine": api.trigger("replay_quarantine", {}),
        "freshness": api.trigger("freshness", {}),
    }

    def second_wave() -> dict[str, list[Run]]:
        by_trigger = {
            dag_id: [run for run in api.runs(dag_id) if run.run_id == run_id or not run.is_over]
            for dag_id, run_id in triggered.items()
        }
        return by_trigger | {dag_id: _own(api, dag_id, None) for dag_id in SCHEDULED_LATER}

    runs += _follow(second_wave, api, console)
    _report(settings, console)
    failed = [run for run in runs if run.state == "failed"]
    if failed:
        raise StackError("\n".join(text for run in failed for text in api.failures(run)))


def last_complete_days(now: datetime) -> Window:
    """The last complete days before now."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(today - timedelta(days=DAYS), today - timedelta(days=1))


def last_board_hours(now: datetime) -> Window:
    """The last hours of the last complete window of the departure boards."""
    end = now.replace(hour=now.hour - now.hour % _BOARD_HOURS, minute=0, second=0, microsecond=0)
    return Window(end - timedelta(hours=HOURS), end - timedelta(hours=1))


def _own(api: Api, dag_id: str, window: Window | None) -> list[Run]:
    """The runs of a DAG that belong to the demonstration: backfilled, its latest, unfinished."""
    runs = api.runs(dag_id)
    return [
        run
        for number, run in enumerate(runs)
        if number == 0 or not run.is_over or (window and window.covers(run))
    ]


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


def _follow(awaited: Callable[[], dict[str, list[Run]]], api: Api, console: Console) -> list[Run]:
    """Show progress until each DAG has runs and all of them have ended."""
    told: set[str] = set()
    deadline = time.monotonic() + _RUN_SECONDS
    with Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        bars: dict[str, TaskID] = {}
        while True:
            by_dag = awaited()
            for dag_id, own in by_dag.items():
                if dag_id not in bars:
                    bars[dag_id] = progress.add_task(dag_id, total=None)
                over = [run for run in own if run.is_over]
                progress.update(bars[dag_id], total=len(own) or None, completed=len(over))
            runs = [run for own in by_dag.values() for run in own]
            unfinished = [run for run in runs if not run.is_over]
            if all(by_dag.values()) and not unfinished:
                return runs
            for line in (line for run in unfinished for line in api.retrying(run)):
                if line not in told:
                    told.add(line)
                    console.print(f"  {line}")
            if time.monotonic() > deadline:
                waiting = [f"{run.dag_id} {run.run_id}" for run in unfinished]
                waiting += [f"{dag_id} (no run yet)" for dag_id, own in by_dag.items() if not own]
                raise StackError(
                    f"these runs did not end in {_RUN_SECONDS} s: {', '.join(waiting)}"
                )
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
        numbers = [
            f"{row[name]:,}"
            for name in (
                *("rows_read", "rows_valid", "rows_duplicate", "rows_quarantined", "rows_new"),
                *("rows_changed", "rows_unchanged", "rows_stored", "messages_published"),
            )
        ]
        ledger.add_row(
            row["dag_id"],
            row["source_name"] or f"{row['interval_start']:%Y-%m-%d %H:%M}",
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
    cities = Table(
        *_CITY_COLUMNS,
        title="DynamoDB's latest item of each city (through Kinesis and Lambda)",
        box=SIMPLE_HEAD,
    )
    for item in landed.cities(settings):
        cities.add_row(*(str(item.get(name, "")) for name in _CITY_COLUMNS))
    console.print(cities)
