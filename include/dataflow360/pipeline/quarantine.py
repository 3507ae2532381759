"""Quarantine: every refused record goes there, with its original bytes and the reason."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from dataflow360.clients.mysql import execute, fetch
from dataflow360.pipeline import landing
from dataflow360.pipeline.chunk import Refused
from dataflow360.pipeline.reason_kind import kind_of
from dataflow360.pipeline.registry import Batch
from dataflow360.records.control import DATABASE
from dataflow360.records.identity import NAMESPACE

_ROWS_AT_ONCE = 1_000


def keep(connection: Any, batch: Batch) -> None:
    """Put the refused records of a batch into quarantine; doing so again adds nothing.

    A record that is refused again, by a later batch of the same DAG, keeps its row and its state;
    one that was replayed before that batch was landed is open again.
    """
    statement = (
        f"INSERT INTO {DATABASE}.quarantine (quarantine_id, dag_id, record_type, batch_id,"
        " position, raw, reasons, reason_kind, first_seen, last_seen)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON DUPLICATE KEY UPDATE batch_id = VALUES(batch_id), position = VALUES(position),"
        " reasons = VALUES(reasons), reason_kind = VALUES(reason_kind),"
        " last_seen = VALUES(last_seen)"
    )
    # MySQL's client sends many rows at once only when every value is a parameter.
    now = fetch(connection, "SELECT UTC_TIMESTAMP(6)")[0][0]
    with connection.cursor() as cursor:
        for entries in _identified(batch):
            cursor.executemany(
                statement,
                [
                    (
                        quarantine_id,
                        batch.dag_id,
                        batch.record_type,
                        batch.batch_id,
                        entry.position,
                        entry.raw,
                        entry.reason,
                        kind_of(entry.reason),
                        now,
                        now,
                    )
                    for quarantine_id, entry in entries
                ],
            )
    execute(
        connection,
        f"UPDATE {DATABASE}.quarantine AS record JOIN {DATABASE}.batches AS batch USING (batch_id)"
        " SET record.state = 'open' WHERE record.batch_id = %s AND record.state = 'replayed'"
        " AND record.replayed_at < batch.landed_at",
        (batch.batch_id,),
    )


def count_kept(connection: Any, batch: Batch) -> int:
    """How many of a batch's refused records are in quarantine."""
    total = 0
    for entries in _identified(batch):
        ids = [quarantine_id for quarantine_id, _ in entries]
        places = ", ".join(["%s"] * len(ids))
        query = f"SELECT COUNT(*) FROM {DATABASE}.quarantine WHERE quarantine_id IN ({places})"
        total += int(fetch(connection, query, tuple(ids))[0][0])
    return total


def quarantine_id(dag_id: str, record_type: str, raw: bytes, occurrence: int = 0) -> str:
    """Id of a refused record: the same bytes for the n-th time in a batch have the same id."""
    name = f"quarantine\x1f{dag_id}\x1f{record_type}\x1f{occurrence}\x1f"
    return str(uuid.uuid5(NAMESPACE, name.encode() + raw))


def refused_since(
    connection: Any, dag_id: str, record_type: str, raws: Sequence[bytes], since: datetime
) -> set[bytes]:
    """Which records a DAG has refused from a moment on, and nobody has replayed.

    Args:
        connection: Session with MySQL.
        dag_id: The DAG.
        record_type: Type of the records.
        raws: Bytes of the records that are asked for.
        since: The moment, by MySQL's clock (UTC).
    """
    ids = {quarantine_id(dag_id, record_type, raw): raw for raw in raws}
    refused: set[bytes] = set()
    for some in batched(ids, _ROWS_AT_ONCE, strict=False):
        found = fetch(
            connection,
            f"SELECT quarantine_id FROM {DATABASE}.quarantine WHERE state <> 'replayed'"
            f" AND last_seen >= %s AND quarantine_id IN ({', '.join(['%s'] * len(some))})",
            (since, *some),
        )
        refused |= {ids[row[0]] for row in found}
    return refused


def _identified(batch: Batch) -> Iterator[list[tuple[str, Refused]]]:
    """Refused records with their ids: the same bytes for the n-th time in a batch, the same id."""
    seen: Counter[bytes] = Counter()
    pending: list[tuple[str, Refused]] = []
    for entries in landing.refused_records(batch.folder):
        for entry in entries:
            digest = uuid.uuid5(NAMESPACE, entry.raw).bytes
            own = quarantine_id(batch.dag_id, batch.record_type, entry.raw, seen[digest])
            seen[digest] += 1
            pending.append((own, entry))
            if len(pending) == _ROWS_AT_ONCE:
                yield pending
                pending = []
    if pending:
        yield pending
