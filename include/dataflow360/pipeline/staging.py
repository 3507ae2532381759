"""The stage step: find out what of a batch is new or changed, then bring it into the store.

The delta is decided once for each batch, under the lock of its record type, and written down
before the store is touched. From then on it is a redo log: whoever comes next, the same task's
retry or another batch's, applies it before deciding anything else. So each version of an event
enters exactly one delta, whatever overlaps and whoever is killed.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.clients import mysql
from dataflow360.pipeline import landing, registry
from dataflow360.pipeline.chunk import regroup
from dataflow360.pipeline.registry import Batch
from dataflow360.records.contract import CONTENT_HASH, RecordType
from dataflow360.stores.store import Store, open_store

log = logging.getLogger(__name__)

NEW, CHANGED = "new", "changed"
_CHANGES = pa.array([NEW, CHANGED])


def stage(batch_id: str) -> str:
    """Bring a batch into its store; idempotent.

    Raises:
        FatalError: The batch is not registered.
        RetriableError: Another run has held the record type's lock for too long.
    """
    with mysql.connect() as connection:
        record = registry.get(connection, batch_id).record
        with (
            registry.lock(connection, f"stage.{record.name}"),
            open_store(record, connection) as store,
        ):
            _catch_up(connection, store, record)
            batch = registry.get(connection, batch_id)
            if batch.delta_file is None:
                _apply(connection, store, _decide(connection, store, batch))
        batch = registry.get(connection, batch_id)
    log.info(
        "Batch %s is in %s: %s new, %s changed, %s unchanged rows",
        batch_id, record.store.name, batch.rows_new, batch.rows_changed, batch.rows_unchanged,
    )  # fmt: skip
    return batch_id


def catch_up(connection: Any, record: RecordType) -> None:
    """Bring every delta that is decided but perhaps not wholly in the store there, in order.

    The session must hold the lock of the record type.
    """
    with open_store(record, connection) as store:
        _catch_up(connection, store, record)


def compare(rows: pa.Table, hashes: pa.Array) -> pa.Table:
    """The rows that are new or changed, with a column that says which.

    Args:
        rows: Rows of a batch.
        hashes: Content hash of each row's stored version; null where there is none.
    """
    stored = hashes.is_valid().to_numpy(zero_copy_only=False)
    same = pc.fill_null(pc.equal(rows[CONTENT_HASH], hashes), False)
    codes = pa.array(stored.astype(np.int8))
    changes = pa.DictionaryArray.from_arrays(codes, _CHANGES)
    return rows.append_column(landing.CHANGE, changes).filter(pc.invert(same))


def _catch_up(connection: Any, store: Store, record: RecordType) -> None:
    for earlier in registry.unstaged(connection, record.name):
        _apply(connection, store, earlier)


def _decide(connection: Any, store: Store, batch: Batch) -> Batch:
    """Write the delta and make it the batch's own; until then it is nobody's."""
    name = f"delta-{uuid.uuid4().hex}.parquet"
    counts = {NEW: 0, CHANGED: 0, "unchanged": 0}

    def delta() -> Iterator[pa.Table]:
        for rows in landing.valid_rows(batch.folder):
            changes = compare(rows, store.lookup(rows).hashes)
            kinds = pc.cast(changes[landing.CHANGE], pa.string())
            if batch.only_adds:
                changes = changes.filter(pc.equal(kinds, NEW))
                kinds = kinds.filter(pc.equal(kinds, NEW))
            changed = pc.sum(pc.equal(kinds, CHANGED), min_count=0).as_py()
            counts[CHANGED] += changed
            counts[NEW] += changes.num_rows - changed
            counts["unchanged"] += rows.num_rows - changes.num_rows
            yield changes

    landing.write_tables(batch.folder / name, landing.delta_schema(batch.record), regroup(delta()))
    return registry.decide_delta(
        connection,
        batch.batch_id,
        name,
        new=counts[NEW],
        changed=counts[CHANGED],
        unchanged=counts["unchanged"],
    )


def _apply(connection: Any, store: Store, batch: Batch) -> None:
    assert batch.stage_order is not None  # noqa: S101
    for rows in landing.read_tables(batch.delta):
        store.upsert(rows, batch.batch_id, batch.stage_order)
    if not batch.only_adds:  # a few records out of quarantine are not all of an interval
        store.finish_batch(landing.valid_rows(batch.folder), batch.source_key, batch.stage_order)
    registry.mark(connection, batch.batch_id, "staged")
