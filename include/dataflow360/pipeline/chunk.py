"""What a source hands to the pipeline: chunks of parsed rows, and what it could not get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from dataflow360.errors import DataFlowError
from dataflow360.records.sentences import misfit

#: Rows that are held in memory at once, written as one row group and published as one
#: transaction: large enough for columnar work to pay, small enough for 10 M rows to pass in
#: a constant amount of memory.
CHUNK_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that goes to quarantine.

    Attributes:
        position: Row or line number in the source, from 1.
        raw: Its original bytes.
        reason: Why it is refused, as a sentence.
    """

    position: int
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that a source's parser could read, and those that it could not.

    Attributes:
        table: Rows with the columns and types of the contract, not yet checked against it.
        positions: Row or line number of each row in the source, from 1 (int64).
        raw: The original bytes of the row with the given index in ``table``; called only for
            rows that the contract refuses.
        refused: Records that could not be parsed.
    """

    table: pa.Table
    positions: np.ndarray[Any, np.dtype[np.int64]]
    raw: Callable[[int], bytes]
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of a source, an airport say, that could not be had while others could.

    Attributes:
        part: What a person calls it; an IATA code for an airport.
        error: Why.
    """

    part: str
    error: DataFlowError


def chunk_of(
    schema: pa.Schema, records: Iterable[tuple[bytes, dict[str, Any] | str]], first: int = 1
) -> Chunk:
    """A chunk of records that were parsed one by one.

    Args:
        schema: The contract's columns and types.
        records: The original bytes of each record, with its row, or the reason why it has none.
        first: Number of the first of them in the source.
    """
    rows: list[dict[str, Any]] = []
    places: list[tuple[int, bytes]] = []
    refused: list[Refused] = []
    for position, (raw, row) in enumerate(records, start=first):
        if isinstance(row, str):
            refused.append(Refused(position, raw, row))
        elif fault := _misfit(schema, row):
            refused.append(Refused(position, raw, fault))
        else:
            rows.append(row)
            places.append((position, raw))
    return Chunk(
        table=pa.Table.from_pylist(rows, schema=schema),
        positions=np.array([position for position, _ in places], np.int64),
        raw=lambda row: places[row][1],
        refused=refused,
    )


def _misfit(schema: pa.Schema, row: dict[str, Any]) -> str | None:
    """Which value of a row does not fit into its column's type, as a sentence."""
    for column in schema:
        try:
            pa.scalar(row[column.name], column.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
            return misfit(column.name, row[column.name], column.type)
    return None


def regroup(tables: Iterator[pa.Table], rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
    """Cut and join tables so that each but the last has exactly ``rows`` rows."""
    pending: list[pa.Table] = []
    held = 0
    for table in tables:
        pending.append(table)
        held += table.num_rows
        if held < rows:
            continue
        joined = pa.concat_tables(pending)
        whole = held - held % rows
        for start in range(0, whole, rows):
            yield joined.slice(start, rows)
        pending, held = [joined.slice(whole)], held - whole
    if held:
        yield pa.concat_tables(pending).combine_chunks()
