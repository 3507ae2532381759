"""Runs comparisons: each round of each variant in a process of its own, in turn."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison, Job, Variant


class MeasurementError(Exception):
    """A variant failed, or did not do the whole work."""


@dataclass(slots=True)
class Measured:
    """What was measured of a variant.

    Attributes:
        variant: The variant.
        rows: How many rows it worked on in each round.
        seconds: Of each round.
        peaks: Peak resident memory of the process of each round, in bytes.
        remark: What the work of the last round says of itself, if it does.
    """

    variant: Variant
    rows: int
    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)
    remark: str = ""

    @property
    def median(self) -> float:
        """Seconds of the median round."""
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Rows a second in the median round."""
        return self.rows / self.median

    @property
    def peak(self) -> int:
        """Peak memory of the largest round, in bytes."""
        return max(self.peaks)


def run(
    comparison: Comparison, rows: int, rounds: int, folder: Path, report: Callable[[str], None]
) -> list[Measured]:
    """Measure the variants of a comparison.

    Args:
        comparison: What to measure.
        rows: How many rows.
        rounds: How often, unless the comparison cannot be repeated.
        folder: Where its input and batches may lie.
        report: Told of each step.
    """
    rounds = rounds if comparison.repeatable else 1
    measured = [Measured(variant, variant.rows_of(rows)) for variant in comparison.variants]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        job = Job(Path(place), rows)
        try:
            report(f"{comparison.name}: preparing {rows:,} rows")
            for destination in comparison.destinations:
                destination.create()
            _order({"comparison": comparison.name, "variant": None, "rounds": rounds}, job)
            for number in range(rounds):
                for entry in measured:
                    report(f"{comparison.name}: {entry.variant.title}, {number + 1} of {rounds}")
                    _measure(comparison, entry, Job(job.folder, entry.rows, number))
        finally:
            for destination in comparison.destinations:
                destination.drop()
    return measured


def _measure(comparison: Comparison, entry: Measured, job: Job) -> None:
    destination = entry.variant.destination
    if destination is not None:
        destination.empty()
    result = _order({"comparison": comparison.name, "variant": entry.variant.name}, job)
    entry.seconds.append(result["seconds"])
    entry.peaks.append(result["peak"])
    entry.remark = result["remark"]
    if destination is not None and (count := destination.count()) != job.rows:
        raise MeasurementError(
            f"{entry.variant.title} left {count} of {job.rows} rows in its table or topic; "
            "its time would mean nothing."
        )


def _order(order: dict[str, Any], job: Job) -> dict[str, Any]:
    """Have an order carried out by a new process."""
    result = job.folder / "result.json"
    whole = {**order, "job": job.to_dict(), "result": str(result)}
    done = subprocess.run(  # noqa: S603  # this very program
        [sys.executable, "-m", "benchmarks.worker", json.dumps(whole)],
        env={**os.environ, "DATAFLOW360_LANDING": str(job.folder / "landing")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MeasurementError(
            f"The process of {order['comparison']}, {order['variant'] or 'preparation'}, failed:\n"
            f"{done.stdout[-3000:]}"
        )
    values: dict[str, Any] = json.loads(result.read_text())
    return values
