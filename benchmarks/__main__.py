"""Command line: ``python -m benchmarks [NAME…] [--rows N] [--rounds N] [--large]``."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import page, report, traces
from benchmarks.administration import stack_settings
from benchmarks.catalogue import COMPARISONS
from benchmarks.comparison import Comparison
from benchmarks.runner import MeasurementError, run

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_LARGE_ROWS = 10_000_000
NAMES = (*COMPARISONS, page.NAME)
_progress = Console(stderr=True, highlight=False)


@app.command()
def main(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Of {', '.join(NAMES)}; all by default.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows of each comparison.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median counts.")] = 3,
    large: Annotated[bool, typer.Option(help="Load a file of 10 M rows as well.")] = False,
) -> None:
    """Measure, and print what was found; whatever it says, the exit code is 0."""
    wanted = names or NAMES
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(NAMES)}")
    table = report.new_table()
    console = Console()
    console = console if console.is_terminal else Console(width=160)
    try:
        with _workplace() as folder:
            for comparison in (COMPARISONS[name] for name in wanted if name != page.NAME):
                size = rows or comparison.rows
                measured = run(comparison, size, rounds, folder, _report)
                if comparison.repeatable:
                    report.add_comparison(table, comparison, measured)
                    continue
                report.add_whole_way(table, _file_title(comparison, size), measured, None)
                if large:
                    more = run(comparison, _LARGE_ROWS, rounds, folder, _report)
                    title = _file_title(comparison, _LARGE_ROWS)
                    report.add_whole_way(table, title, more, measured)
            if page.NAME in wanted:
                console.print(page.run(folder, _report))
    finally:
        if table.row_count:
            console.print(table)


@contextmanager
def _workplace() -> Iterator[Path]:
    """A folder on the stack's own disk, and the rights to use topics; both gone in the end.

    Raises:
        MeasurementError: Another run is at work on this stack; both would measure each other.
    """
    state = stack_settings().profile.state
    with (state / "benchmarks.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MeasurementError(
                "Another run of the benchmarks is at work on this stack; wait for its end."
            ) from error
        traces.remove()  # of a run that was killed
        traces.allow_topics()
        try:
            with tempfile.TemporaryDirectory(dir=state, prefix="benchmarks-") as folder:
                yield Path(folder)
        finally:
            traces.remove()
            traces.forbid_topics()


def _file_title(comparison: Comparison, rows: int) -> str:
    return f"{comparison.title} of {rows:,} rows, each step in a process of its own"


def _report(line: str) -> None:
    _progress.print(f"  {line}", markup=False)


if __name__ == "__main__":
    try:
        app()
    except MeasurementError as error:
        raise SystemExit(str(error)) from error
