"""Ready-made rows for the variants that get them as Python objects, in a file between processes."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from contextlib import suppress
from itertools import batched
from typing import Any

from benchmarks.comparison import Job

_FILE = "ready.pickle"
_ROWS_AT_ONCE = 1_000


def write(job: Job, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
    """Write rows, given by their columns, under the columns' names."""
    with (job.folder / _FILE).open("wb") as file:
        pickle.dump(list(names), file)
        for rows in batched(zip(*columns, strict=True), _ROWS_AT_ONCE, strict=False):
            pickle.dump(list(rows), file)


def read(job: Job) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns' names, and as many rows as the job is to work on, or as there are."""
    rows: list[tuple[Any, ...]] = []
    with (job.folder / _FILE).open("rb") as file:
        # pickle: the file was written by this very run.
        names: list[str] = pickle.load(file)  # noqa: S301
        with suppress(EOFError):
            while len(rows) < job.rows:
                rows += pickle.load(file)  # noqa: S301
    return names, rows[: job.rows]
