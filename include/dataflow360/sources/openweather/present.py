"""Whether an interval is asked of those who tell the present, or of an archive."""

from __future__ import annotations

from datetime import timedelta

from dataflow360.pipeline.run import Run

#: For so long after an interval the present is taken for its end.
_PRESENT = timedelta(hours=1)


def is_present(run: Run) -> bool:
    """Whether a run's interval has just ended, or has not yet."""
    return run.now() < run.interval.end + _PRESENT
