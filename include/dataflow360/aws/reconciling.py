"""The reconcile step of a batch that went through the stream: put = stored + failed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

from dataflow360.aws import arrival
from dataflow360.aws.arrival import Arrival
from dataflow360.aws.putting import UNCHANGED, Note
from dataflow360.clients import mysql
from dataflow360.pipeline import quarantine, registry
from dataflow360.pipeline.reconciling import Account, landing_faults, settle
from dataflow360.pipeline.run import Run
from dataflow360.pipeline.staging import CHANGED, NEW

log = logging.getLogger(__name__)


def reconcile(batch_id: str, run: Run) -> dict[str, int]:
    """Count a batch where it has arrived, enter the run in the ledger, and judge it.

    Published are the rows that the stream has taken, stored those that are in DynamoDB, failed
    those that were given up on the way; new, changed and unchanged are by what the tables held
    before.

    Raises:
        FatalError: Something is lost; the ledger row says what.
    """
    seen = arrival.look(batch_id)
    with mysql.connect() as connection:
        batch = registry.get(connection, batch_id)
        changes = Counter(row.change for row in Note.of(batch.folder).sent)
        account = Account(
            rows_read=batch.rows_read,
            rows_valid=batch.rows_valid,
            rows_duplicate=batch.rows_duplicate,
            rows_quarantined=batch.rows_quarantined,
            rows_new=changes[NEW],
            rows_changed=changes[CHANGED],
            rows_unchanged=changes[UNCHANGED],
            rows_stored=seen.stored,
            messages_published=seen.put,
            rows_failed=seen.failed,
        )
        kept = quarantine.count_kept(connection, batch)
        counts = settle(connection, run, batch, account, [*find_faults(account, seen, kept)])
    if seen.failed:
        log.warning("%s records were given up: see quarantine and the failure queue", seen.failed)
    return counts


def find_faults(account: Account, seen: Arrival, kept: int) -> Iterator[str]:
    """The equations of a batch that do not hold, each as a clause.

    Args:
        account: What was counted.
        seen: How far its rows have come.
        kept: Refused records found in quarantine.
    """
    a = account
    yield from landing_faults(account, kept)
    if a.messages_published != a.rows_valid:
        yield f"{a.rows_valid} valid, but {a.messages_published} put on the stream"
    if a.messages_published != a.rows_stored + a.rows_failed:
        yield (
            f"{a.messages_published} put on the stream, but {a.rows_stored} stored + "
            f"{a.rows_failed} failed ({', '.join(seen.missing)} missing)"
        )
