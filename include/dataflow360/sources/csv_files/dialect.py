"""How a file is written: its format, its encoding, its delimiter and its decimal point."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import orjson
from airflow.sdk import ObjectStoragePath

from dataflow360.errors import FatalError
from dataflow360.sources.csv_files import inbox
from dataflow360.sources.csv_files.blocks import blocks, first_line
from dataflow360.sources.csv_files.format import Format, recognise
from dataflow360.sources.csv_files.formats import formats

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WITH_COMMA = re.compile(rb";-?\d+,\d+(?=[;\r\n])")
_WITH_POINT = re.compile(rb";-?\d+\.\d+(?=[;\r\n])")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    Attributes:
        format: Its format.
        encoding: ``utf-8`` or ``cp1252``.
        delimiter: ``,`` or ``;``.
        decimal: ``.`` or ``,``; the comma only between semicolons.
    """

    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."

    def request(self, digest: str) -> str:
        """Canonical JSON of the dialect and of the SHA-256 of the file's bytes."""
        values = {
            "sha256": digest,
            "format": self.format.name,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "decimal": self.decimal,
        }
        return orjson.dumps(values).decode()

    @classmethod
    def from_request(cls, request: str) -> Self:
        """The inverse of :meth:`request`.

        Raises:
            FatalError: The text is not the request of a file.
        """
        try:
            values = orjson.loads(request)
            return cls(
                formats()[values["format"]],
                values["encoding"],
                values["delimiter"],
                values["decimal"],
            )
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise FatalError(
                f"The request {request!r} does not say how its file is written; load the file "
                "again with refetch."
            ) from error


def digest_of(request: str) -> str | None:
    """The SHA-256 of the file's bytes that a request is for; None if it is not for a file."""
    digest: str | None = orjson.loads(request).get("sha256")
    return digest


def find_dialect(path: ObjectStoragePath, name: str) -> tuple[Dialect, str]:
    """Read a file once: how it is written, and the SHA-256 of its bytes.

    The encoding is UTF-8, unless more characters beyond ASCII stand in lines that are not UTF-8
    than in lines that are: a broken line in a UTF-8 file is refused, and does not change how the
    others are read. A byte order mark always means UTF-8.

    The decimal sign is a comma when the delimiter is a semicolon and, in the first block of lines
    where numbers have a fraction, more of them have a comma than a point.

    Raises:
        FatalError: The file is damaged, or has the header of no known format.
    """
    with inbox.opened(path, name) as content:
        header = first_line(content.stream)
        format_, delimiter = recognise(_header_text(header), name, formats().values())
        utf_8, other = _beyond_ascii(header)
        commas = points = 0
        for block in blocks(content.stream, name):
            if not block.isascii():
                more_utf_8, more_other = _beyond_ascii(block)
                utf_8, other = utf_8 + more_utf_8, other + more_other
            if delimiter == ";" and commas == points == 0:
                commas = len(_WITH_COMMA.findall(block))
                points = len(_WITH_POINT.findall(block))
        is_utf_8 = other <= utf_8 or header.startswith(_BYTE_ORDER_MARK)
        dialect = Dialect(
            format_,
            "utf-8" if is_utf_8 else "cp1252",
            delimiter,
            "," if commas > points else ".",
        )
        return dialect, content.digest()


def _header_text(header: bytes) -> str:
    text = header.rstrip(b"\r\n")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace")


def _beyond_ascii(block: bytes) -> tuple[int, int]:
    """Bytes beyond ASCII in lines that are UTF-8 (but for first ones), and in those that are not.

    Each character beyond ASCII is one or more bytes after a first one in UTF-8, and one byte in
    cp1252.
    """
    try:
        return len(block) - len(block.decode()), 0
    except UnicodeDecodeError:
        pass
    utf_8 = other = 0
    for line in block.split(b"\n"):
        if line.isascii():
            continue
        try:
            utf_8 += len(line) - len(line.decode())
        except UnicodeDecodeError:
            other += len(line) - len(line.decode("ascii", errors="ignore"))
    return utf_8, other
