"""What the pipeline asks of a store, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Known:
    """What a store holds of some rows, aligned with them; null where it does not hold the row.

    Attributes:
        hashes: Content hash of the stored version (int64).
        batch_ids: Batch that last wrote it (string).
    """

    hashes: pa.Array
    batch_ids: pa.Array


class Store(Protocol):
    """A session with the store of one record type."""

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions of rows that carry ``event_id`` and the natural key."""
        ...

    def upsert(self, rows: pa.Table, batch_id: str, order: int) -> None:
        """Write rows by their key, replacing older versions.

        Args:
            rows: Rows of a delta: the contract's columns, ``event_id`` and ``content_hash``.
            batch_id: Batch that they belong to.
            order: Stage order of the batch in microseconds; a version of a higher order is
                never replaced by one of a lower order.
        """
        ...
