"""The extract step: fetch, check and land a batch, once for each interval or file."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dataflow360.clients import mysql
from dataflow360.errors import FatalError, RetriableError
from dataflow360.pipeline import landing, quarantine, registry
from dataflow360.pipeline.chunk import Chunk, Missing
from dataflow360.pipeline.registry import Batch
from dataflow360.pipeline.run import Run
from dataflow360.pipeline.zone import landing_zone
from dataflow360.records.contract import RecordType
from dataflow360.settings import settings

log = logging.getLogger(__name__)

_REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Extraction:
    """What is to be fetched.

    Attributes:
        record: Contract of what the source delivers.
        topic: Topic that its changes go to.
        source_key: What the content is the content of: a data interval or a file.
        source_name: What a person calls the source.
        request: The params that shape the content, as JSON in a canonical form.
        fetch: Calls the source and parses what it answers. A source of several parts yields
            what it gets of them, and ``Missing`` for each that it cannot get.
    """

    record: RecordType
    topic: str
    source_key: str
    source_name: str
    request: str
    fetch: Callable[[], Iterable[Chunk | Missing]]


def extract(extraction: Extraction, run: Run, *, refetch: bool) -> str:
    """Land what is to be fetched, unless it was before, and put what is refused in quarantine.

    A batch that an earlier run or an earlier try landed for the same request is used as it is,
    if nothing was missing from it; with ``refetch`` only one that this very run has landed.
    When some parts of a source cannot be had, what arrived is landed on the last try, or at once
    when trying again cannot help.

    Returns:
        The batch's id.

    Raises:
        FatalError: The source delivered nothing, or too large a share of it was refused.
        RetriableError: Some or all of it could not be had, and may be later.
    """
    with mysql.connect() as connection:
        # Runs of one interval take turns: the second finds what the first has fetched.
        with registry.lock(connection, f"land.{_digest(run.dag_id, extraction.source_key)}"):
            batch = registry.latest(connection, run.dag_id, extraction.source_key)
            if batch is not None and _usable(batch, extraction, run, refetch=refetch):
                log.info("%s was landed before as batch %s", batch.source_name, batch.batch_id)
            else:
                batch = _land(connection, extraction, run, previous=batch)
        quarantine.keep(connection, batch)
    log.info(
        "%s: %s read, %s valid, %s duplicate, %s quarantined",
        batch.source_name, batch.rows_read, batch.rows_valid, batch.rows_duplicate,
        batch.rows_quarantined,
    )  # fmt: skip
    _refuse_bad_batch(batch)
    return batch.batch_id


def batch_id_of(dag_id: str, source_key: str, content_digest: str, previous: str | None) -> str:
    """Id of a batch: a digest of where it comes from, what is in it and what was before it."""
    return _digest(dag_id, source_key, content_digest, previous or "")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _usable(batch: Batch, extraction: Extraction, run: Run, *, refetch: bool) -> bool:
    return (
        batch.request == extraction.request
        and batch.missing is None
        and (not refetch or batch.run_id == run.run_id)
    )


def _land(connection: Any, extraction: Extraction, run: Run, previous: Batch | None) -> Batch:
    written = landing.write_batch(landing_zone(), extraction.record, extraction.fetch())
    if fault := fault_of(extraction, run, written):
        landing.discard(written)
        raise fault
    return register(connection, extraction, run, written, previous)


def register(
    connection: Any,
    extraction: Extraction,
    run: Run,
    written: landing.Written,
    previous: Batch | None,
) -> Batch:
    """Name what was written and enter it in the register; what differs in nothing is dropped.

    Args:
        connection: Session with MySQL; it holds the lock of the extraction's source key.
        extraction: What was fetched.
        run: The run that has fetched it.
        written: The batch.
        previous: The last batch in the chain of the source key, if there is one.

    Returns:
        The new batch, or the previous one.
    """
    zone = landing_zone()
    if previous is not None and previous.content_digest == written.content_digest:
        landing.discard(written)
        log.info("Nothing differs from batch %s", previous.batch_id)
        return previous
    batch_id = batch_id_of(
        run.dag_id,
        extraction.source_key,
        written.content_digest,
        previous.batch_id if previous else None,
    )
    batch = Batch(
        batch_id=batch_id,
        dag_id=run.dag_id,
        source_key=extraction.source_key,
        chain_position=previous.chain_position + 1 if previous else 1,
        record_type=extraction.record.name,
        topic=extraction.topic,
        source_name=extraction.source_name,
        request=extraction.request,
        run_id=run.run_id,
        content_digest=written.content_digest,
        directory=landing.name_batch(zone, written, run.dag_id, extraction.source_key, batch_id),
        rows_read=written.rows_read,
        rows_valid=written.rows_valid,
        rows_duplicate=written.rows_duplicate,
        rows_quarantined=written.rows_quarantined,
        missing=_described(written.missing) or None,
    )
    registry.register(connection, batch)
    return batch


def fault_of(extraction: Extraction, run: Run, written: landing.Written) -> Exception | None:
    """Why what was fetched must not be landed, if so."""
    name, missing = extraction.source_name, written.missing
    retriable = any(isinstance(part.error, RetriableError) for part in missing)
    if written.rows_read == 0 and missing:
        kind = RetriableError if retriable else FatalError
        return kind(f"Nothing of {name} could be had: {_described(missing)}")
    if written.rows_read == 0:
        return FatalError(
            f"{name} delivered no record where some were expected; look at the source, then "
            "clear this task."
        )
    if retriable and not run.last_try:
        return RetriableError(
            f"A part of {name} could not be had; this task tries again and fetches only what is "
            f"missing: {_described(missing)}"
        )
    if missing:
        log.warning("Landed without what could not be had: %s", _described(missing))
    return None


def _described(missing: tuple[Missing, ...]) -> str:
    """What is missing, by the reason."""
    parts: dict[str, list[str]] = {}
    for each in missing:
        parts.setdefault(str(each.error), []).append(each.part)
    return " | ".join(f"{', '.join(names)}: {reason}" for reason, names in parts.items())


def _refuse_bad_batch(batch: Batch) -> None:
    if not batch.rows_quarantined:
        return
    reasons = Counter(
        entry.reason for entries in landing.refused_records(batch.folder) for entry in entries
    ).most_common(_REASONS_SHOWN)
    summary = "; ".join(f"{count} x {reason}" for reason, count in reasons)
    log.warning("%s records are in quarantine: %s", batch.rows_quarantined, summary)
    limit = settings().max_bad_share
    if batch.rows_quarantined > limit * batch.rows_read:
        raise FatalError(
            f"{batch.rows_quarantined} of {batch.rows_read} records of {batch.source_name} are "
            f"refused, more than the share of {limit:g} that is allowed (most of all: {summary}); "
            "nothing of it was staged."
        )
