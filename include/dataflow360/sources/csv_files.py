"""CSV files from an inbox: weather observations."""

from __future__ import annotations

import csv
import hashlib
import io
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from dataflow360.airports import AIRPORTS, by_city
from dataflow360.errors import FatalError
from dataflow360.pipeline import registry
from dataflow360.pipeline.chunk import Chunk, Refused
from dataflow360.pipeline.extraction import Extraction
from dataflow360.records.contract import RecordType
from dataflow360.records.donnees_meteo import DONNEES_METEO, FILE
from dataflow360.settings import settings
from dataflow360.stores import mysql

log = logging.getLogger(__name__)

#: Bytes of a file that are read and parsed at once: about 50,000 weather rows.
_BLOCK_BYTES = 4 << 20

#: Days that every store's DATE can hold, counted from 1970-01-01.
_FIRST_DAY = (date(1000, 1, 1) - date(1970, 1, 1)).days
_LAST_DAY = (date.max - date(1970, 1, 1)).days

WEATHER_COLUMNS = DONNEES_METEO.columns[:14]


def unloaded(dag_id: str, *, everything: bool) -> list[str]:
    """Names of the inbox's CSV files that are to be loaded, relative to the inbox.

    A file is known by its content: one that lies there under another name, or under its own since
    it was last loaded, is left alone. A file whose last load has not come to its end is taken up
    again.

    Args:
        dag_id: The DAG that loads them.
        everything: Take all files, known or not.
    """
    inbox = settings().inbox
    files = {str(path.relative_to(inbox)): path for path in sorted(inbox.rglob("*.csv"))}
    if everything:
        return list(files)
    with mysql.connect() as connection:
        known = registry.latest_by_source(connection, dag_id)
    contents = {batch.request for batch in known.values() if batch.published}
    chosen = []
    for name, path in files.items():
        content = _content(path)
        if name in known and known[name].request == content and known[name].published:
            continue
        if name not in known and content in contents:
            log.info("%s is a copy of a file that was loaded before: left alone", name)
            continue
        contents.add(content)
        chosen.append(name)
    return chosen


def file(path: Path, name: str) -> Extraction:
    """What there is to fetch of a file.

    Args:
        path: Where it lies.
        name: What it is called; its path relative to the inbox.

    Raises:
        FatalError: The file is not there.
    """
    if not path.is_file():
        raise FatalError(f"The file {name} is not there; put it back, or mark this task a success.")
    return Extraction(
        record=DONNEES_METEO,
        topic="meteo_historique",
        source_key=name,
        source_name=name,
        request=_content(path),
        fetch=lambda: read(path),
    )


def read(path: Path) -> Iterator[Chunk]:
    """Read a weather file block by block.

    Raises:
        FatalError: Its header is not that of the weather format.
    """
    with path.open("rb") as opened:
        header = opened.readline().rstrip(b"\r\n").decode("utf-8-sig", errors="replace")
        names = header.split(",")
        if tuple(names) != WEATHER_COLUMNS:
            missing = [name for name in WEATHER_COLUMNS if name not in names]
            unknown = [name for name in names if name not in WEATHER_COLUMNS]
            raise FatalError(
                f"{path.name} is not a weather file: columns missing {missing}, unknown {unknown}; "
                f"the header must be {','.join(WEATHER_COLUMNS)}."
            )
        line = 2
        for block in _blocks(opened):
            yield parse(block, line)
            line += block.count(b"\n")


def parse(block: bytes, first_line: int) -> Chunk:
    """Parse whole lines of the weather format; each line is one record.

    Args:
        block: Lines, each with its line end.
        first_line: Number of the first of them in its file, from 1.
    """
    refused: dict[int, str] = {}
    lines = block.split(b"\n")[:-1]
    if not _plain(block):
        refused = {row: reason for row, line in enumerate(lines) if (reason := _fault(line))}
        block = b"".join(line + b"\n" for row, line in enumerate(lines) if row not in refused)
    rows = np.delete(np.arange(len(lines)), list(refused))
    table, wrong_width = _fields(block)
    refused |= {int(rows[row]): "the line has a wrong number of fields" for row in wrong_width}
    rows = np.delete(rows, wrong_width)
    if table.num_rows != len(rows):
        raise FatalError(
            f"Of {len(rows)} lines from line {first_line} on, {table.num_rows} were read; "
            "mend the screening of lines in sources/csv_files.py."
        )
    typed, reasons = _typed(DONNEES_METEO, _located(table))
    refused |= {int(rows[row]): reason for row, reason in reasons.items()}
    good = np.ones(len(rows), dtype=bool)
    good[list(reasons)] = False
    rows = rows[good]
    return Chunk(
        table=typed.filter(pa.array(good)),
        positions=rows + first_line,
        raw=lambda row: lines[rows[row]].removesuffix(b"\r"),
        refused=[
            Refused(first_line + row, lines[row].removesuffix(b"\r"), reason)
            for row, reason in sorted(refused.items())
        ],
    )


def _plain(block: bytes) -> bool:
    """Whether nothing in a block can make a line more, or less, than one record."""
    if b'"' in block or block.count(b"\r") != block.count(b"\r\n"):
        return False
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fault(line: bytes) -> str | None:
    """Why a line cannot be a record by itself; None when it can."""
    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return "the line is not UTF-8"
    if "\r" in text:
        return "the line has a carriage return inside"
    try:
        for _ in csv.reader([text], strict=True):
            pass
    except csv.Error as error:
        return f"the line is not CSV: {error}"
    return None


def _fields(block: bytes) -> tuple[pa.Table, list[int]]:
    """Split lines into fields of text, and name the lines of a wrong width by row number."""
    wrong_width: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        wrong_width.append(row.number - 1)
        return "skip"

    if not block:
        empty = pa.schema([(name, pa.string()) for name in WEATHER_COLUMNS])
        return empty.empty_table(), wrong_width
    table = pacsv.read_csv(
        io.BytesIO(block),
        # One thread: pyarrow numbers the lines it refuses only then.
        pacsv.ReadOptions(
            column_names=WEATHER_COLUMNS, use_threads=False, block_size=len(block) + 1
        ),
        pacsv.ParseOptions(invalid_row_handler=note, ignore_empty_lines=False),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(WEATHER_COLUMNS, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return table, wrong_width


def _located(table: pa.Table) -> pa.Table:
    """Trim text, and put the airport's code where the file has its city."""
    columns = {name: _trimmed(table[name].combine_chunks()) for name in table.column_names}
    places = columns["aeroport"].dictionary_encode()
    codes = [
        place if place in AIRPORTS else (found.iata if (found := by_city(place)) else place)
        for place in places.dictionary.to_pylist()
    ]
    columns["aeroport"] = pa.array(codes, pa.string()).take(places.indices)
    columns["provenance"] = pa.repeat(FILE, table.num_rows)
    return pa.table(columns)


def _trimmed(text: pa.Array) -> pa.Array:
    """Text without blanks around it; what is empty then is missing."""
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _typed(record: RecordType, table: pa.Table) -> tuple[pa.Table, dict[int, str]]:
    """Convert text to the contract's types; what cannot be converted is missing and named."""
    columns: list[Any] = []
    reasons: dict[int, str] = {}
    for field in record.arrow_schema:
        text = table[field.name]
        text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
        values, bad = _cast(text, field.type)
        columns.append(values)
        for row in bad:
            reason = f"{field.name} {text[row].as_py()!r} is not of type {field.type}"
            reasons[row] = f"{reasons[row]}; {reason}" if row in reasons else reason
    return pa.table(columns, schema=record.arrow_schema), reasons


def _cast(text: pa.Array, dtype: pa.DataType) -> tuple[pa.Array, list[int]]:
    """Convert a column, and name the rows that cannot be converted."""
    try:
        values = pc.cast(text, dtype)
    except pa.ArrowInvalid:
        # Value by value, but only the distinct ones: a file repeats its few bad ones.
        encoded = text.dictionary_encode()
        converted = [_cast_one(value, dtype) for value in encoded.dictionary]
        distinct = pa.concat_arrays(converted) if converted else pa.nulls(0, dtype)
        values = distinct.take(encoded.indices)
    if dtype == pa.date32():
        days = pc.cast(values, pa.int32())
        known = pc.and_(pc.greater_equal(days, _FIRST_DAY), pc.less_equal(days, _LAST_DAY))
        values = pc.if_else(known, values, None)
    lost = pc.and_(pc.is_null(values), pc.is_valid(text))
    return values, np.flatnonzero(lost.to_numpy(zero_copy_only=False)).tolist()


def _cast_one(value: pa.Scalar, dtype: pa.DataType) -> pa.Array:
    try:
        return pc.cast(pa.array([value]), dtype)
    except pa.ArrowInvalid:
        return pa.nulls(1, dtype)


def _blocks(file: io.BufferedReader) -> Iterator[bytes]:
    """The rest of a file in blocks of whole lines."""
    rest = b""
    while data := file.read(_BLOCK_BYTES):
        end = data.rfind(b"\n") + 1
        if end:
            yield rest + data[:end]
            rest = data[end:]
        else:
            rest += data
    if rest:
        yield rest + b"\n"


def _content(path: Path) -> str:
    """What makes a file's content known, as a request's canonical JSON."""
    with path.open("rb") as opened:
        return orjson.dumps({"sha256": hashlib.file_digest(opened, "sha256").hexdigest()}).decode()
