"""The process that runs one variant once: ``python -m benchmarks.worker ORDER``.

It writes what it has measured into the file that the order, a JSON object, names.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.catalogue import COMPARISONS
from benchmarks.comparison import Job, Remark


def peak_memory() -> int:
    """Peak resident memory of this process in bytes.

    Linux's VmHWM. The ``ru_maxrss`` of getrusage would be the same, did it not begin with the
    size of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None  # noqa: S101
    return int(found[1]) * 1024


def measure(comparison: str, variant: str, job: Job) -> dict[str, Any]:
    """Run a variant once: the seconds of its work, the memory at the end of it, what it says."""
    chosen = next(each for each in COMPARISONS[comparison].variants if each.name == variant)
    with chosen.open(job) as work:
        started = time.perf_counter()
        said = work()
        return {
            "seconds": time.perf_counter() - started,
            "peak": peak_memory(),
            "remark": said if isinstance(said, Remark) else "",
        }


def main() -> None:
    """Carry out an order: prepare a comparison's input, or measure a variant."""
    order = json.loads(sys.argv[1])
    job = Job.from_dict(order["job"])
    if order["variant"] is None:
        prepare = COMPARISONS[order["comparison"]].prepare
        if prepare is not None:
            prepare(job, order["rounds"])
        result = {}
    else:
        result = measure(order["comparison"], order["variant"], job)
    Path(order["result"]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
