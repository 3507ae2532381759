"""Check a table against the contract of its record type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.errors import FatalError
from dataflow360.records.contract import Column, OneOf, Pattern, Range, RecordType
from dataflow360.records.sentences import SEPARATOR, refusals, rule_wanted

#: Faults of a row that are told; of more, only how many they are.
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """A table with what is wrong in it.

    Attributes:
        table: The rows as they came, with the contract's columns and types.
        refused: Numbers of the rows that are refused, ascending (int64).
        sentences: Why each of them is (text).
    """

    table: pa.Table
    refused: npt.NDArray[np.int64]
    sentences: pa.Array

    @property
    def reasons(self) -> dict[int, str]:
        """Why a row is refused, by row number; a row that is not here is valid."""
        return dict(zip(self.refused.tolist(), self.sentences.to_pylist(), strict=True))

    @property
    def valid(self) -> pa.Table:
        """The rows that obey the contract, in their order."""
        if not len(self.refused):
            return self.table
        keep = np.ones(self.table.num_rows, dtype=bool)
        keep[self.refused] = False
        return self.table.filter(pa.array(keep))


def check(record: RecordType, table: pa.Table) -> Checked:
    """Check every row of a table against the contract.

    Args:
        record: The record type.
        table: Rows with the contract's columns; values out of range or missing are allowed,
            columns missing, unknown or of another type are not.

    Raises:
        FatalError: The table's columns or types are not the contract's, which is a fault of
            the source's parser and not of a row.
    """
    expected = record.arrow_schema
    if table.schema.names != expected.names or table.schema.types != expected.types:
        raise FatalError(
            f"The table for {record.name} has the columns {_described(table.schema)}, the "
            f"contract has {_described(expected)}; mend the parser of its source."
        )
    faults = np.zeros(table.num_rows, np.int64)
    told: list[pa.Array] = []
    for name, column in record.schema.items():
        values = table[name].combine_chunks()
        bad = _bad(values, column)
        if bad is None:
            continue
        rows = np.flatnonzero(bad & (faults < _MOST_TOLD))
        faults += bad
        if len(rows):
            sentences = _sentences(name, column, values.take(pa.array(rows)))
            told.append(_spread(sentences, rows, table.num_rows))
    refused = np.flatnonzero(faults)
    if not told:
        return Checked(table, refused, pa.array([], pa.string()))
    if (more := faults - _MOST_TOLD).max() > 0:
        count = pc.cast(pa.array(more, mask=more <= 0), pa.string())
        told.append(pc.binary_join_element_wise("and", count, "more", " "))
    told = [sentences.take(pa.array(refused)) for sentences in told]
    reasons = pc.binary_join_element_wise(*told, SEPARATOR, null_handling="skip")
    return Checked(table, refused, reasons)


def _bad(values: pa.Array, column: Column) -> npt.NDArray[np.bool_] | None:
    """Which values do not obey their column; None when all do."""
    if column.rule is None and not values.null_count:
        return None
    obeying = _obeying(values, column)
    if values.null_count:
        missing = pc.is_null(values)
        allow = pc.or_kleene if column.nullable else pc.and_not_kleene
        obeying = allow(obeying, missing)
    if pc.all(obeying).as_py():
        return None
    bad: npt.NDArray[np.bool_] = pc.invert(obeying).to_numpy(zero_copy_only=False)
    return bad


def _obeying(values: pa.Array, column: Column) -> pa.Array | pa.Scalar:
    """Whether each value obeys its column's rule; of one that is missing it says nothing."""
    match column.rule:
        case Range(minimum, maximum):
            # What is no number (NaN) is not within either.
            return pc.and_(pc.greater_equal(values, minimum), pc.less_equal(values, maximum))
        case OneOf(allowed):
            return pc.is_in(values, pa.array(allowed))
        case Pattern() as pattern:
            distinct = _cut(values, column).dictionary_encode()
            fits = pc.less_equal(pc.utf8_length(distinct.dictionary), column.max_length)
            return pc.and_(fits, _matches(distinct.dictionary, pattern)).take(distinct.indices)
    return pa.scalar(True)


def _sentences(name: str, column: Column, values: pa.Array) -> pa.Array:
    """Why each value, none of which obeys the column, is refused."""
    sentences = refusals(name, values, rule_wanted(column))
    if isinstance(column.rule, Pattern):
        lengths = pc.utf8_length(values)
        long = pc.greater(lengths, column.max_length)
        if pc.any(long).as_py():
            # Of a text that would do if it were shorter, the length is told.
            start = pc.utf8_rtrim_whitespace(_cut(values, column))
            limit = f" characters; at most {column.max_length} are wanted"
            count = pc.cast(lengths, pa.string())
            told = pc.binary_join_element_wise(f"{name} has ", count, limit, "")
            sentences = pc.if_else(pc.and_(long, _matches(start, column.rule)), told, sentences)
    return pc.coalesce(sentences, f"{name} is missing")


def _cut(texts: pa.Array, column: Column) -> pa.Array:
    """As much of each text as shows whether it obeys: how long one is must not matter."""
    if (pc.max(pc.binary_length(texts)).as_py() or 0) <= column.max_length:
        return texts
    return pc.utf8_slice_codeunits(texts, 0, column.max_length + 1)


def _matches(texts: pa.Array, pattern: Pattern) -> pa.Array:
    return pc.match_substring_regex(texts, pattern.re2 or pattern.regex)


def _spread(sentences: pa.Array, rows: npt.NDArray[np.int64], count: int) -> pa.Array:
    """The sentences at the rows that they are about, of so many rows; null elsewhere."""
    if len(rows) == count:
        return sentences
    places = np.full(count, -1)
    places[rows] = np.arange(len(rows))
    return sentences.take(pa.array(places, mask=places < 0))


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
