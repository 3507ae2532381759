"""Parse lines of CSV into rows of their contract's types; every line is a row or is refused.

Lines that are as they should be are read by pyarrow straight into the contract's types. Only a
block that this cannot read, or that might hold something of which it would make more or less than
a record a line, takes the longer way: line by line where needed, then from text to types, with a
reason for each value that is not of its type. What the short way reads, the longer one reads
alike.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from dataflow360.errors import FatalError
from dataflow360.pipeline.chunk import Chunk, Refused
from dataflow360.records.sentences import SEPARATOR, refusals, type_wanted
from dataflow360.sources.csv_files.dialect import Dialect

#: Days that every store's DATE can hold, counted from 1970-01-01.
_FIRST_DAY = (date(1000, 1, 1) - date(1970, 1, 1)).days
_LAST_DAY = (date.max - date(1970, 1, 1)).days

_WORDS = pa.dictionary(pa.int32(), pa.string())


def parse(block: bytes, dialect: Dialect, numbers: npt.NDArray[np.int64]) -> Chunk:
    """Parse whole lines; each is one record.

    Args:
        block: Lines, each with its line end.
        dialect: How they are written.
        numbers: Number of each line in its file.
    """
    if text := _plain_text(block, dialect):
        table = _typed_at_once(text, dialect, len(numbers))
        if table is not None:
            lines = cache(lambda: block.split(b"\n"))
            return Chunk(table, numbers, lambda row: lines()[row].removesuffix(b"\r"))
    return _parse_line_by_line(block, dialect, numbers)


def _plain_text(block: bytes, dialect: Dialect) -> bytes | None:
    """The block in UTF-8; None if it may hold what makes a line more, or less, than one record.

    Whether it is UTF-8 is seen by pyarrow, as it converts every column.
    """
    if b'"' in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
        return None
    if dialect.encoding == "utf-8":
        return block
    try:
        return block.decode(dialect.encoding).encode()
    except UnicodeDecodeError:
        return None


# ---- The short way


def _typed_at_once(text: bytes, dialect: Dialect, lines: int) -> pa.Table | None:
    """Rows of the contract's types; None if there is anything to refuse in any line."""
    record, cleaning = dialect.format.record, dialect.format.cleaning
    types = dict.fromkeys(dialect.format.header, _WORDS) | {
        field.name: field.type
        for field in record.arrow_schema
        if not pa.types.is_string(field.type) and field.name not in cleaning
    }
    try:
        table = _read(text, dialect, types)
        if table.num_rows != lines:
            return None
        columns = [_typed_column(table, field, dialect) for field in record.arrow_schema]
    except pa.ArrowInvalid:
        return None
    if any(column is None for column in columns):
        return None
    return pa.table(columns, schema=record.arrow_schema)


def _typed_column(table: pa.Table, field: pa.Field, dialect: Dialect) -> pa.Array | None:
    if field.name in dialect.format.constants:
        return pa.repeat(dialect.format.constants[field.name], table.num_rows)
    values = table[field.name].combine_chunks()
    if values.type == _WORDS:
        words = _cleaned(_trimmed(values.dictionary), field.name, dialect)
        if words is None:
            return None
        values = pc.cast(words, field.type).take(values.indices)
    return values if _in_calendar(values) is values else None


def _cleaned(words: pa.Array, name: str, dialect: Dialect) -> pa.Array | None:
    """Distinct words as the contract has them; None if one of them cannot be read."""
    if name not in dialect.format.cleaning:
        return words
    clean = dialect.format.cleaning[name].clean
    cleaned = pa.array([word and clean(word) for word in words.to_pylist()], pa.string())
    return cleaned if cleaned.null_count == words.null_count else None


# ---- The longer way


def _parse_line_by_line(block: bytes, dialect: Dialect, numbers: npt.NDArray[np.int64]) -> Chunk:
    refused: dict[int, str] = {}
    lines = block.split(b"\n")[:-1]
    text = _plain_text(block, dialect)
    if text is None or not _is_utf_8(text):
        texts: list[bytes] = []
        for row, line in enumerate(lines):
            try:
                texts.append(_screened(line, dialect))
            except ValueError as fault:
                refused[row] = str(fault)
        text = b"".join(texts)
    rows = np.delete(np.arange(len(lines)), list(refused))
    table, wrong_width = _fields(text, dialect)
    refused |= {int(rows[row]): "the line has a wrong number of fields" for row in wrong_width}
    rows = np.delete(rows, wrong_width)
    if table.num_rows != len(rows):
        raise FatalError(
            f"Of {len(rows)} lines from line {numbers[0]} on, {table.num_rows} were read; "
            "mend the screening of lines in sources/csv_files/parsing.py."
        )
    typed, reasons = _typed(table, dialect)
    refused |= {int(rows[row]): reason for row, reason in reasons.items()}
    good = np.ones(len(rows), dtype=bool)
    good[list(reasons)] = False
    rows = rows[good]
    return Chunk(
        table=typed.filter(pa.array(good)),
        positions=numbers[rows],
        raw=lambda row: lines[rows[row]].removesuffix(b"\r"),
        refused=[
            Refused(int(numbers[row]), lines[row].removesuffix(b"\r"), reason)
            for row, reason in sorted(refused.items())
        ],
    )


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _screened(line: bytes, dialect: Dialect) -> bytes:
    """A line in UTF-8, with its end.

    Raises:
        ValueError: It cannot be a record by itself; the error says why.
    """
    try:
        text = line.removesuffix(b"\r").decode(dialect.encoding)
    except UnicodeDecodeError:
        raise ValueError(f"the line is not {dialect.encoding.upper()}") from None
    if "\r" in text:
        raise ValueError("the line has a carriage return inside")
    try:
        for _ in csv.reader([text], delimiter=dialect.delimiter, strict=True):
            pass
    except csv.Error as error:
        raise ValueError(f"the line is not CSV: {error}") from None
    return text.encode() + b"\n"


def _fields(text: bytes, dialect: Dialect) -> tuple[pa.Table, list[int]]:
    """Split lines into fields of text, and name the lines of a wrong width by row number."""
    wrong_width: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        wrong_width.append(row.number - 1)
        return "skip"

    types = dict.fromkeys(dialect.format.header, pa.string())
    if not text:
        return pa.schema(types.items()).empty_table(), wrong_width
    return _read(text, dialect, types, note), wrong_width


def _typed(table: pa.Table, dialect: Dialect) -> tuple[pa.Table, dict[int, str]]:
    """Convert text to the contract's types; what cannot be converted is missing and named."""
    schema = dialect.format.record.arrow_schema
    columns: list[pa.Array] = []
    reasons: dict[int, str] = {}
    for field in schema:
        if field.name in dialect.format.constants:
            columns.append(pa.repeat(dialect.format.constants[field.name], table.num_rows))
            continue
        # Distinct values only: a file repeats its few bad ones.
        encoded = _trimmed(table[field.name].combine_chunks()).dictionary_encode()
        values, wanted = _convert(encoded.dictionary, field, dialect)
        columns.append(values.take(encoded.indices))
        lost = pc.and_(pc.is_null(columns[-1]), pc.is_valid(encoded.indices))
        rows = np.flatnonzero(lost.to_numpy(zero_copy_only=False))
        told = refusals(field.name, encoded.take(pa.array(rows)).dictionary_decode(), wanted)
        for row, reason in zip(rows.tolist(), told.to_pylist(), strict=True):
            reasons[row] = reasons[row] + SEPARATOR + reason if row in reasons else reason
    return pa.table(columns, schema=schema), reasons


def _convert(words: pa.Array, field: pa.Field, dialect: Dialect) -> tuple[pa.Array, str]:
    """Distinct words in the contract's type, and what they should have been if they are not."""
    wanted = type_wanted(field.type)
    if field.name in dialect.format.cleaning:
        cleaning = dialect.format.cleaning[field.name]
        words = pa.array([cleaning.clean(word) for word in words.to_pylist()], pa.string())
        wanted = cleaning.wanted
    if pa.types.is_floating(field.type) and dialect.decimal == ",":
        # A point there separates thousands, if anything: '1.013' is not 1.013.
        words = pc.replace_substring(pc.replace_substring(words, ".", "?"), ",", ".")
        wanted = "a number with a decimal comma"
    try:
        values = pc.cast(words, field.type)
    except pa.ArrowInvalid:
        converted = [_cast_one(word, field.type) for word in words]
        values = pa.concat_arrays(converted)
    return _in_calendar(values), wanted


def _cast_one(word: pa.Scalar, dtype: pa.DataType) -> pa.Array:
    try:
        return pc.cast(pa.array([word]), dtype)
    except pa.ArrowInvalid:
        return pa.nulls(1, dtype)


# ---- Both


def _read(
    text: bytes,
    dialect: Dialect,
    types: dict[str, pa.DataType],
    on_wrong_width: Callable[[Any], str] | None = None,
) -> pa.Table:
    if text.startswith(codecs.BOM_UTF8):
        # pyarrow drops a byte order mark; that of the file is gone, so this one belongs to a value.
        text = codecs.BOM_UTF8 + text
    return pacsv.read_csv(
        pa.BufferReader(text),
        # One thread: pyarrow numbers the lines it refuses only then.
        pacsv.ReadOptions(
            column_names=dialect.format.header, use_threads=False, block_size=len(text) + 1
        ),
        pacsv.ParseOptions(
            delimiter=dialect.delimiter,
            invalid_row_handler=on_wrong_width,
            ignore_empty_lines=False,
        ),
        pacsv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            decimal_point=dialect.decimal,
        ),
    )


def _trimmed(words: pa.Array) -> pa.Array:
    """Text without blanks around it; what is empty then is missing."""
    trimmed = pc.utf8_trim_whitespace(words)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _in_calendar(values: pa.Array) -> pa.Array:
    """The same array, unless it has dates that no store can hold: they are missing then."""
    if values.type != pa.date32():
        return values
    days = pc.cast(values, pa.int32())
    known = pc.and_(pc.greater_equal(days, _FIRST_DAY), pc.less_equal(days, _LAST_DAY))
    if pc.all(known).as_py() is not False:
        return values
    return pc.if_else(known, values, None)
