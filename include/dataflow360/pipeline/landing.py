"""The landing zone: immutable batches of checked rows, as Parquet.

A batch is a folder ``<dag>/<source key>/<batch id>/`` with ``valid.parquet`` and
``refused.parquet``. It is written aside and gets its place when it is whole; what is registered
is always complete. Its delta (what is new or changed in it) is added beside the rows by the stage
step.
"""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dataflow360.errors import FatalError
from dataflow360.pipeline.chunk import Chunk, Missing, Refused, regroup
from dataflow360.pipeline.duplicates import DuplicateFinder
from dataflow360.pipeline.zone import ZonePath, aside_folder, move_folder, opened, replacing
from dataflow360.records.contract import CONTENT_HASH, RecordType
from dataflow360.records.identity import EVENT_ID_TYPE, bytes_of, content_hashes, event_ids
from dataflow360.records.validation import check

EVENT_ID = "event_id"
CHANGE = "change"

_UNFINISHED_KEPT_SECONDS = 86_400
_VALID, _REFUSED, _DUPLICATES = "valid.parquet", "refused.parquet", "duplicates"
_REFUSED_SCHEMA = pa.schema(
    [("position", pa.int64()), ("raw", pa.binary()), ("reason", pa.string())]
)


@dataclass(frozen=True, slots=True)
class Written:
    """A batch that is whole but has no name yet.

    Attributes:
        folder: Where it lies for now.
        content_digest: SHA-256 over all that was read, in its order, however it was chunked
            (hexadecimal).
        rows_read: Records that the source delivered.
        rows_valid: Rows that obey the contract, each event once.
        rows_duplicate: Rows dropped because a later one tells of the same event.
        rows_quarantined: Records refused.
        missing: Parts of the source that could not be had.
    """

    folder: Path
    content_digest: str
    rows_read: int
    rows_valid: int
    rows_duplicate: int
    rows_quarantined: int
    missing: tuple[Missing, ...] = ()


def row_schema(record: RecordType) -> pa.Schema:
    """Columns of a batch's rows: those of the contract, the event id and the content hash."""
    return record.arrow_schema.append(pa.field(EVENT_ID, EVENT_ID_TYPE)).append(
        pa.field(CONTENT_HASH, pa.int64())
    )


def delta_schema(record: RecordType) -> pa.Schema:
    """Columns of a delta: those of the batch's rows, and whether a row is new or changed."""
    return row_schema(record).append(pa.field(CHANGE, pa.dictionary(pa.int8(), pa.string())))


def write_batch(zone: ZonePath, record: RecordType, chunks: Iterable[Chunk | Missing]) -> Written:
    """Check what a source delivers, row by row, and write it down.

    Args:
        zone: Root of the landing zone.
        record: Contract of the rows.
        chunks: What the source yields: rows, and parts that it could not get.
    """
    aside = aside_folder(zone)
    _sweep(aside)
    folder = aside / uuid.uuid4().hex
    folder.mkdir()
    try:
        return _write_files(folder, record, chunks)
    except BaseException:
        shutil.rmtree(folder)
        raise


def _write_files(folder: Path, record: RecordType, chunks: Iterable[Chunk | Missing]) -> Written:
    spill = folder / _DUPLICATES
    spill.mkdir()
    finder = DuplicateFinder(spill)
    # One digest for each stream: where a chunk ends must not show in them.
    digests = {name: hashlib.sha256() for name in ("ids", "hashes", "refused", "missing")}
    counts = {"valid": 0, "refused": 0}
    missing: list[Missing] = []

    with pq.ParquetWriter(folder / _REFUSED, _REFUSED_SCHEMA) as refused_file:

        def valid_rows() -> Iterator[pa.Table]:
            for chunk in chunks:
                if isinstance(chunk, Missing):
                    missing.append(chunk)
                    digests["missing"].update(chunk.part.encode() + b"\n")
                    continue
                checked = check(record, chunk.table)
                refused = sorted(
                    [*chunk.refused, *_contract_refusals(chunk, checked.reasons)],
                    key=lambda entry: entry.position,
                )
                if refused:
                    refused_file.write_table(_refused_table(refused))
                    for entry in refused:
                        digests["refused"].update(entry.raw + b"\n")
                    counts["refused"] += len(refused)
                table = checked.valid
                ids, hashes = event_ids(record, table), content_hashes(record, table)
                finder.add(bytes_of(ids))
                digests["ids"].update(ids.buffers()[1] or b"")
                digests["hashes"].update(hashes.buffers()[1] or b"")
                counts["valid"] += table.num_rows
                yield table.append_column(EVENT_ID, ids).append_column(CONTENT_HASH, hashes)

        _write_parquet(folder / _VALID, row_schema(record), regroup(valid_rows()))
    superseded = finder.superseded()
    if len(superseded):
        _drop_rows(folder / _VALID, superseded)
    shutil.rmtree(spill)
    if not missing:  # a batch that lacks nothing keeps the digest of its records alone
        del digests["missing"]
    content = b"".join(digest.digest() for digest in digests.values())
    return Written(
        folder=folder,
        content_digest=hashlib.sha256(content).hexdigest(),
        rows_read=counts["valid"] + counts["refused"],
        rows_valid=counts["valid"] - len(superseded),
        rows_duplicate=len(superseded),
        rows_quarantined=counts["refused"],
        missing=tuple(missing),
    )


def name_batch(
    zone: ZonePath, written: Written, dag_id: str, source_key: str, batch_id: str
) -> str:
    """Give a written batch its name.

    Returns:
        The batch's folder, relative to the landing zone.
    """
    relative = Path(dag_id) / quote(source_key, safe="") / batch_id
    place(written, zone / relative)
    return str(relative)


def place(written: Written, final: ZonePath) -> None:
    """Give a written batch its place, which is named by a digest of its content."""
    move_folder(written.folder, final)


def discard(written: Written) -> None:
    """Remove a batch that was written but is not wanted."""
    shutil.rmtree(written.folder)


def valid_rows(folder: ZonePath) -> Iterator[pa.Table]:
    """The valid rows of a batch, a row group at a time."""
    return read_tables(folder / _VALID)


def refused_records(folder: ZonePath) -> Iterator[list[Refused]]:
    """The refused records of a batch, a row group at a time."""
    for table in read_tables(folder / _REFUSED):
        columns = (table[name].to_pylist() for name in _REFUSED_SCHEMA.names)
        yield [Refused(*values) for values in zip(*columns, strict=True)]


def read_tables(path: ZonePath) -> Iterator[pa.Table]:
    """Row groups of a Parquet file of the landing zone.

    Raises:
        FatalError: The file is not there any more.
    """
    try:
        with opened(path) as source, pq.ParquetFile(source, pre_buffer=False) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, use_threads=False)
    except FileNotFoundError as error:
        raise FatalError(
            f"{path.parent.name}/{path.name} is not in the landing zone although its batch is "
            "registered; put the folder back from a backup, or run the interval with refetch."
        ) from error


def read_table(path: ZonePath) -> pa.Table:
    """A small Parquet file of the landing zone as a whole.

    Raises:
        FileNotFoundError: It is not there.
    """
    with opened(path) as source, pq.ParquetFile(source) as file:
        return file.read()


def write_tables(path: ZonePath, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write tables as the row groups of one Parquet file, which has its place when this returns.

    It replaces the one before. If a table cannot be had, the place is as it was.
    """
    with replacing(path) as file:
        _write_parquet(file, schema, tables)


def _write_parquet(target: Path | IO[bytes], schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    # Dictionaries pay for text that repeats; for ids and hashes they only cost.
    text = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_dictionary(f.type)]
    with pq.ParquetWriter(target, schema, use_dictionary=text, compression="lz4") as writer:
        for table in tables:
            writer.write_table(table)


def _contract_refusals(chunk: Chunk, reasons: dict[int, str]) -> Iterator[Refused]:
    for row, reason in reasons.items():
        yield Refused(int(chunk.positions[row]), chunk.raw(row), reason)


def _refused_table(refused: list[Refused]) -> pa.Table:
    return pa.table(
        [
            [entry.position for entry in refused],
            [entry.raw for entry in refused],
            [entry.reason for entry in refused],
        ],
        schema=_REFUSED_SCHEMA,
    )


def _drop_rows(path: Path, ordinals: np.ndarray) -> None:
    """Rewrite a file without the rows of the given numbers (ascending)."""
    kept = path.with_suffix(".kept")
    schema = pq.read_schema(path)

    def remaining() -> Iterator[pa.Table]:
        start = 0
        for table in read_tables(path):
            inside = ordinals[np.searchsorted(ordinals, start) :]
            inside = inside[: np.searchsorted(inside, start + table.num_rows)] - start
            keep = np.ones(table.num_rows, dtype=bool)
            keep[inside] = False
            yield table.filter(pa.array(keep))
            start += table.num_rows

    _write_parquet(kept, schema, regroup(remaining()))
    kept.rename(path)


def _sweep(aside: Path) -> None:
    """Remove what killed runs left unfinished, once no live run can be writing it."""
    oldest = time.time() - _UNFINISHED_KEPT_SECONDS
    for folder in aside.iterdir():
        with suppress(FileNotFoundError):  # another run sweeps too
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder)
