"""The register of batches: which there are, in which order they are staged and published.

Its rows are the commit points of the pipeline. A batch exists when it is registered; its delta
counts when the row names it; what a killed process left half done is seen here and done again by
whoever comes next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from dataflow360.clients.mysql import execute, fetch
from dataflow360.errors import FatalError, RetriableError
from dataflow360.names import REPLAY_DAG
from dataflow360.pipeline.run import Interval
from dataflow360.pipeline.zone import ZonePath, landing_zone
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import RecordType
from dataflow360.records.control import DATABASE

_LOCK_WAIT_SECONDS = 300
_MOMENTS = {"staged": "staged_at", "published": "published_at"}


@dataclass(frozen=True, slots=True)
class Batch:
    """A registered batch, as in the table ``batches`` (see ``records/control.py``)."""

    batch_id: str
    dag_id: str
    source_key: str
    chain_position: int
    record_type: str
    topic: str
    source_name: str
    request: str
    run_id: str
    content_digest: str
    directory: str
    rows_read: int
    rows_valid: int
    rows_duplicate: int
    rows_quarantined: int
    missing: str | None = None
    stage_order: int | None = None
    delta_file: str | None = None
    rows_new: int | None = None
    rows_changed: int | None = None
    rows_unchanged: int | None = None
    staged: bool = False
    published: bool = False

    @property
    def interval(self) -> Interval | None:
        """Data interval that the batch is of; None for a file."""
        return Interval.of_key(self.source_key)

    @property
    def record(self) -> RecordType:
        """Contract of the batch's rows."""
        return RECORD_TYPES[self.record_type]

    @property
    def only_adds(self) -> bool:
        """Whether it leaves alone what the store holds in another version.

        Records out of quarantine are older than whatever has arrived since they were refused.
        """
        return self.dag_id == REPLAY_DAG

    @property
    def folder(self) -> ZonePath:
        """The batch's folder in the landing zone."""
        return landing_zone() / self.directory

    @property
    def delta(self) -> ZonePath:
        """The batch's delta; only for a batch whose delta is decided."""
        if self.delta_file is None:
            raise FatalError(
                f"Batch {self.batch_id} of {self.dag_id} has no delta yet; run its stage task."
            )
        return self.folder / self.delta_file


_STORED = [f.name for f in fields(Batch) if f.name not in {"staged", "published"}]
_SELECT = (
    f"SELECT {', '.join(_STORED)}, staged_at IS NOT NULL, published_at IS NOT NULL "
    f"FROM {DATABASE}.batches"
)
_LANDED = _STORED[: _STORED.index("stage_order")]


def get(connection: Any, batch_id: str) -> Batch:
    """The batch of the given id.

    Raises:
        FatalError: There is none.
    """
    found = _select(connection, "WHERE batch_id = %s", batch_id)
    if not found:
        raise FatalError(f"Batch {batch_id} is not registered; run its extract task again.")
    return found[0]


def latest(connection: Any, dag_id: str, source_key: str) -> Batch | None:
    """The last batch in the chain of a source key."""
    found = _select(
        connection,
        "WHERE dag_id = %s AND source_key = %s ORDER BY chain_position DESC LIMIT 1",
        dag_id,
        source_key,
    )
    return found[0] if found else None


def latest_by_source(connection: Any, dag_id: str) -> dict[str, Batch]:
    """The last batch of each source key of a DAG."""
    return {
        batch.source_key: batch
        for batch in _select(connection, "WHERE dag_id = %s ORDER BY chain_position", dag_id)
    }


def published_between(connection: Any, dag_id: str, start: str, end: str) -> list[Batch]:
    """The published batches of a DAG whose source key is in a range, in the order of staging."""
    return _select(
        connection,
        "WHERE dag_id = %s AND source_key >= %s AND source_key < %s"
        " AND published_at IS NOT NULL ORDER BY stage_order",
        dag_id,
        start,
        end,
    )


def register(connection: Any, batch: Batch) -> None:
    """Enter a landed batch. The session must hold the lock of the batch's source key."""
    execute(
        connection,
        f"INSERT INTO {DATABASE}.batches ({', '.join(_LANDED)}, landed_at) "
        f"VALUES ({', '.join(['%s'] * len(_LANDED))}, UTC_TIMESTAMP(6))",
        tuple(getattr(batch, name) for name in _LANDED),
    )


def decide_delta(
    connection: Any, batch_id: str, delta_file: str, *, new: int, changed: int, unchanged: int
) -> Batch:
    """Make a delta the batch's own, and give it its place in the order of its record type.

    The order is the time in microseconds, moved on where the clock has not: it only ever rises.
    """
    execute(
        connection,
        f"UPDATE {DATABASE}.batches AS mine JOIN ("
        f" SELECT MAX(stage_order) AS last FROM {DATABASE}.batches WHERE record_type ="
        f"  (SELECT record_type FROM {DATABASE}.batches WHERE batch_id = %s)"
        ") AS earlier SET mine.delta_file = %s, mine.rows_new = %s, mine.rows_changed = %s,"
        " mine.rows_unchanged = %s, mine.stage_order = GREATEST(COALESCE(earlier.last, 0) + 1,"
        "  TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)))"
        " WHERE mine.batch_id = %s AND mine.delta_file IS NULL",
        (batch_id, delta_file, new, changed, unchanged, batch_id),
    )
    return get(connection, batch_id)


def mark(connection: Any, batch_id: str, moment: str) -> None:
    """Note that a batch is wholly ``staged`` or ``published``."""
    column = _MOMENTS[moment]
    execute(
        connection,
        f"UPDATE {DATABASE}.batches SET {column} = UTC_TIMESTAMP(6) "
        f"WHERE batch_id = %s AND {column} IS NULL",
        (batch_id,),
    )


def unmark(connection: Any, batch_id: str, moment: str) -> None:
    """Note that a batch is not ``staged`` or ``published`` any more: its store has lost it."""
    column = _MOMENTS[moment]
    execute(
        connection,
        f"UPDATE {DATABASE}.batches SET {column} = NULL WHERE batch_id = %s",
        (batch_id,),
    )


def decided(connection: Any, scope: str, name: str, since: datetime | None = None) -> list[Batch]:
    """Batches whose delta is decided, in stage order.

    Args:
        connection: Session with MySQL.
        scope: ``record_type`` or ``topic``.
        name: Name of the record type or topic.
        since: Only those whose delta was decided from this moment on (UTC).
    """
    assert scope in {"record_type", "topic"}  # noqa: S101
    order = 0 if since is None else round(since.replace(tzinfo=UTC).timestamp() * 1_000_000)
    return _select(
        connection,
        f"WHERE {scope} = %s AND stage_order >= %s ORDER BY stage_order",
        name,
        order,
    )


def unstaged(connection: Any, record_type: str) -> list[Batch]:
    """Batches whose delta is decided but perhaps not wholly in the store, in stage order."""
    return _select(
        connection,
        "WHERE record_type = %s AND stage_order IS NOT NULL AND staged_at IS NULL "
        "ORDER BY stage_order",
        record_type,
    )


def unpublished_before(connection: Any, batch: Batch) -> list[Batch]:
    """Batches of the same topic that must be published before this one, in stage order."""
    return _select(
        connection,
        "WHERE topic = %s AND published_at IS NULL AND stage_order < %s ORDER BY stage_order",
        batch.topic,
        batch.stage_order,
    )


@contextmanager
def lock(connection: Any, name: str) -> Iterator[None]:
    """Hold a named lock for as long as the session lives; a killed holder lets it go.

    Raises:
        RetriableError: Another run has held it for five minutes.
    """
    name = f"{DATABASE}.{name}"[:64]
    acquired = fetch(connection, "SELECT GET_LOCK(%s, %s)", (name, _LOCK_WAIT_SECONDS))[0][0]
    if not acquired:
        raise RetriableError(
            f"Another run has held the lock {name} for {_LOCK_WAIT_SECONDS} s; "
            "this task tries again later."
        )
    try:
        yield
    finally:
        fetch(connection, "SELECT RELEASE_LOCK(%s)", (name,))


def _select(connection: Any, condition: str, *parameters: Any) -> list[Batch]:
    rows = fetch(connection, f"{_SELECT} {condition}", parameters)
    return [
        Batch(**dict(zip(_STORED, stored, strict=True)), staged=bool(staged), published=bool(sent))
        for *stored, staged, sent in rows
    ]
