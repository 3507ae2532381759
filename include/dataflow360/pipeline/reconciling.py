"""The reconcile step: prove from the stores themselves that nothing is lost and nothing doubled."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import batched
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from dataflow360.clients import mysql
from dataflow360.errors import FatalError
from dataflow360.pipeline import landing, ledger, quarantine, registry
from dataflow360.pipeline.publishing import published_ids
from dataflow360.pipeline.registry import Batch
from dataflow360.pipeline.run import Run
from dataflow360.records.contract import CONTENT_HASH
from dataflow360.records.identity import bytes_of
from dataflow360.stores.store import open_store

log = logging.getLogger(__name__)

_IDS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Account:
    """What was counted of a batch, in the stores and on the topic or stream."""

    rows_read: int
    rows_valid: int
    rows_duplicate: int
    rows_quarantined: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_stored: int
    messages_published: int
    rows_failed: int = 0


def reconcile(batch_id: str, run: Run) -> dict[str, int]:
    """Count a batch where it has arrived, enter the run in the ledger, and judge it.

    Raises:
        FatalError: Something is lost, doubled or altered; the ledger row says what.
    """
    with mysql.connect() as connection:
        batch = registry.get(connection, batch_id)
        kept = quarantine.count_kept(connection, batch)
        published, ids_match = _count_published(batch)
        account = Account(
            rows_read=batch.rows_read,
            rows_valid=batch.rows_valid,
            rows_duplicate=batch.rows_duplicate,
            rows_quarantined=batch.rows_quarantined,
            rows_new=batch.rows_new or 0,
            rows_changed=batch.rows_changed or 0,
            rows_unchanged=batch.rows_unchanged or 0,
            rows_stored=_count_stored(connection, batch),
            messages_published=published,
        )
        faults = [*find_faults(account, kept)]
        if not ids_match:
            faults.append(f"the events on {batch.topic} are not those of the delta")
        return settle(connection, run, batch, account, faults)


def settle(
    connection: Any, run: Run, batch: Batch, account: Account, faults: Sequence[str]
) -> dict[str, int]:
    """Enter what a run has done in the ledger, and judge it.

    Args:
        connection: Session with MySQL.
        run: The run.
        batch: Its batch.
        account: What was counted.
        faults: What does not add up, each as a clause.

    Returns:
        The account, by the ledger's columns.

    Raises:
        FatalError: Something does not add up, or parts of the source are missing.
    """
    counts = asdict(account)
    if batch.missing:
        faults = [
            *faults, f"it is incomplete, clear the extract task for the rest: {batch.missing}"
        ]  # fmt: skip
    ledger.enter(connection, run, batch, counts, faults)
    if faults:
        raise FatalError(
            f"Batch {batch.batch_id} of {batch.source_name} does not reconcile: "
            f"{'; '.join(faults)}."
        )
    log.info("Batch %s reconciles: %s", batch.batch_id, counts)
    return counts


def landing_faults(account: Account, kept: int) -> Iterator[str]:
    """The equations of what was landed that do not hold, each as a clause.

    Args:
        account: What was counted.
        kept: Refused records found in quarantine.
    """
    a = account
    if a.rows_read != a.rows_valid + a.rows_duplicate + a.rows_quarantined:
        yield (
            f"{a.rows_read} read, but {a.rows_valid} valid + {a.rows_duplicate} duplicate + "
            f"{a.rows_quarantined} quarantined"
        )
    if kept != a.rows_quarantined:
        yield f"{a.rows_quarantined} refused, but {kept} in quarantine"


def find_faults(account: Account, kept: int) -> Iterator[str]:
    """The equations of a batch that do not hold, each as a clause.

    Args:
        account: What was counted.
        kept: Refused records found in quarantine.
    """
    a = account
    yield from landing_faults(account, kept)
    if a.rows_valid != a.rows_new + a.rows_changed + a.rows_unchanged:
        yield (
            f"{a.rows_valid} valid, but {a.rows_new} new + {a.rows_changed} changed + "
            f"{a.rows_unchanged} unchanged"
        )
    if a.rows_stored + a.rows_failed != a.rows_valid:
        yield f"{a.rows_valid} valid, but {a.rows_stored} of them in the store"
    if a.messages_published != a.rows_new + a.rows_changed:
        yield (
            f"{a.rows_new} new + {a.rows_changed} changed, but {a.messages_published} messages "
            "on the topic"
        )


def _count_stored(connection: Any, batch: Batch) -> int:
    """Valid rows that the store holds in this version, or in one that a later batch wrote.

    A batch that only adds leaves any version that it finds.
    """
    total = 0
    later: dict[str, bool] = {}
    with open_store(batch.record, connection) as store:
        for rows in landing.valid_rows(batch.folder):
            known = store.lookup(rows)
            same = pc.fill_null(pc.equal(known.hashes, rows[CONTENT_HASH]), False)
            total += pc.sum(same, min_count=0).as_py()
            for writer in known.batch_ids.filter(pc.invert(same)).drop_null().to_pylist():
                if writer not in later:
                    later[writer] = batch.only_adds or _is_later(connection, writer, batch)
                total += later[writer]
    return total


def _is_later(connection: Any, writer: str, batch: Batch) -> bool:
    other = registry.get(connection, writer).stage_order
    return other is not None and batch.stage_order is not None and other > batch.stage_order


def _count_published(batch: Batch) -> tuple[int, bool]:
    """Messages of the batch on its topic, and whether they are just the events of its delta.

    Events are compared by the sums of the two halves of their ids, which needs no memory: a
    missing, foreign or doubled one changes them. Rows without a topic count as published when
    they are staged: their stream has acknowledged each of them before.
    """
    if not batch.record.topics:
        sent = sum(rows.num_rows for rows in landing.read_tables(batch.delta))
        return (sent if batch.staged else 0), True
    expected = np.zeros(2, np.uint64)
    for rows in landing.read_tables(batch.delta):
        expected += _id_sums(bytes_of(rows[landing.EVENT_ID]))
    count, found = 0, np.zeros(2, np.uint64)
    if batch.rows_new or batch.rows_changed:
        for ids in batched(published_ids(batch), _IDS_AT_ONCE, strict=False):
            count += len(ids)
            found += _id_sums(np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16))
    return count, bool((expected == found).all())


def _id_sums(ids: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(ids).view("<u8").sum(axis=0, dtype=np.uint64)
