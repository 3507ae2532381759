"""CSV files from an inbox: weather observations."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator
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
    with path.open("rb") as file:
        header = file.readline().rstrip(b"\r\n").decode("utf-8-sig").split(",")
        if tuple(header) != WEATHER_COLUMNS:
            missing = [name for name in WEATHER_COLUMNS if name not in header]
            unknown = [name for name in header if name not in WEATHER_COLUMNS]
            raise FatalError(
                f"{path.name} is not a weather file: columns missing {missing}, unknown {unknown}; "
                f"the header must be {','.join(WEATHER_COLUMNS)}."
            )
        line = 2
        for block in _blocks(file):
            yield parse(block, line)
            line += block.count(b"\n")


def parse(block: bytes, first_line: int) -> Chunk:
    """Parse whole lines of the weather format.

    Args:
        block: Lines, each with its line end.
        first_line: Number of the first of them in its file, from 1.
    """
    wrong_width: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        wrong_width.append(row.number)
        return "skip"

    table = pacsv.read_csv(
        io.BytesIO(block),
        # One thread: pyarrow numbers invalid rows only then.
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
    total = table.num_rows + len(wrong_width)
    keep = np.ones(total, dtype=bool)
    keep[[number - 1 for number in wrong_width]] = False
    rows = np.flatnonzero(keep)
    lines = _Lines(block)
    refused = [
        Refused(first_line + number - 1, lines(number - 1), "the line has a wrong number of fields")
        for number in wrong_width
    ]
    typed, reasons = _typed(DONNEES_METEO, _located(table))
    good = np.ones(len(rows), dtype=bool)
    good[list(reasons)] = False
    refused += [
        Refused(first_line + int(rows[row]), lines(int(rows[row])), reason)
        for row, reason in sorted(reasons.items())
    ]
    rows = rows[good]
    return Chunk(
        table=typed.filter(pa.array(good)),
        positions=rows + first_line,
        raw=lambda row: lines(int(rows[row])),
        refused=refused,
    )


def _located(table: pa.Table) -> pa.Table:
    """Trim text, and put the airport's code where the file has its city."""
    columns = {name: pc.utf8_trim_whitespace(table[name]) for name in table.column_names}
    places = columns["aeroport"].combine_chunks().dictionary_encode()
    codes = [
        place if place in AIRPORTS else (found.iata if (found := by_city(place)) else place)
        for place in places.dictionary.to_pylist()
    ]
    columns["aeroport"] = pa.array(codes, pa.string()).take(places.indices)
    columns["provenance"] = pa.repeat(FILE, table.num_rows)
    return pa.table(columns)


def _typed(record: RecordType, table: pa.Table) -> tuple[pa.Table, dict[int, str]]:
    """Convert text to the contract's types; what cannot be converted is missing and named."""
    columns: list[Any] = []
    reasons: dict[int, str] = {}
    for field in record.arrow_schema:
        text = table[field.name].combine_chunks()
        try:
            columns.append(pc.cast(text, field.type))
        except pa.ArrowInvalid:
            values, bad = _cast_each(text, field.type)
            columns.append(values)
            for row in bad:
                reason = f"{field.name} {text[row].as_py()!r} is not of type {field.type}"
                reasons[row] = f"{reasons[row]}; {reason}" if row in reasons else reason
    return pa.table(columns, schema=record.arrow_schema), reasons


def _cast_each(text: pa.Array, dtype: pa.DataType) -> tuple[pa.Array, list[int]]:
    """Convert the distinct values one by one; a file repeats its few bad ones."""
    encoded = text.dictionary_encode()
    converted, wrong = [], []
    for value in encoded.dictionary:
        try:
            converted.append(pc.cast(value, dtype).as_py())
            wrong.append(False)
        except pa.ArrowInvalid:
            converted.append(None)
            wrong.append(True)
    bad = pc.fill_null(pa.array(wrong).take(encoded.indices), False)
    return pa.array(converted, dtype).take(encoded.indices), np.flatnonzero(bad).tolist()


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


class _Lines:
    """The lines of a block, cut when the first one is asked for."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._lines: list[bytes] | None = None

    def __call__(self, row: int) -> bytes:
        if self._lines is None:
            self._lines = self._block.split(b"\n")
        return self._lines[row].removesuffix(b"\r")


def _content(path: Path) -> str:
    """What makes a file's content known, as a request's canonical JSON."""
    with path.open("rb") as opened:
        return orjson.dumps({"sha256": hashlib.file_digest(opened, "sha256").hexdigest()}).decode()
