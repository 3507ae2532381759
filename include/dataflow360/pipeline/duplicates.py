"""Find the rows of a batch that tell of the same event, in constant memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_PARTITIONS = 64
_ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("ordinal", "<u8")])


class DuplicateFinder:
    """Collects event ids on disk, by a hash of the id, and compares them partition by partition.

    Event ids are uniformly spread, so each of the 64 partitions holds about a 64th of them:
    10 M rows are compared in pieces of under 4 MB.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the partitions in ``folder``, which must exist and be this finder's own."""
        self._folder = folder
        self._count = 0

    def add(self, ids: npt.NDArray[np.uint8]) -> None:
        """Take the ids of the next rows.

        Args:
            ids: Array of shape (rows, 16).
        """
        entries = np.empty(len(ids), dtype=_ENTRY)
        halves = np.ascontiguousarray(ids).view("<u8").reshape(-1, 2)
        entries["high"], entries["low"] = halves[:, 0], halves[:, 1]
        entries["ordinal"] = np.arange(self._count, self._count + len(ids), dtype=np.uint64)
        self._count += len(ids)
        partition = ids[:, 0] % _PARTITIONS
        by_partition = entries[np.argsort(partition, kind="stable")]
        bounds = np.concatenate(([0], np.cumsum(np.bincount(partition, minlength=_PARTITIONS))))
        for number in np.unique(partition):
            part = by_partition[bounds[number] : bounds[number + 1]]
            with (self._folder / f"ids-{number:02}").open("ab") as file:
                part.tofile(file)

    def superseded(self) -> npt.NDArray[np.int64]:
        """Row numbers of all rows but the last of each event, ascending.

        The last one stands, as it would if the rows were upserted one by one.
        """
        found: list[npt.NDArray[Any]] = []
        for path in sorted(self._folder.glob("ids-*")):
            entries = np.fromfile(path, dtype=_ENTRY)
            entries = entries[np.lexsort((entries["ordinal"], entries["low"], entries["high"]))]
            same_as_next = (entries["high"][:-1] == entries["high"][1:]) & (
                entries["low"][:-1] == entries["low"][1:]
            )
            found.append(entries["ordinal"][:-1][same_as_next])
        return np.sort(np.concatenate(found)).astype(np.int64) if found else np.empty(0, np.int64)
