"""A stream of lines in blocks that are parsed at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from dataflow360.errors import FatalError

#: Bytes that are read and parsed at once: about 50,000 weather rows.
BLOCK_BYTES = 4 << 20
_HEADER_BYTES_MOST = 1 << 16
_LINE_BYTES_MOST = 1 << 24


def first_line(stream: IO[bytes]) -> bytes:
    """The header of a file, or as much of it as no header is longer than."""
    return stream.readline(_HEADER_BYTES_MOST)


def blocks(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """The rest of a stream in blocks of whole lines, each with its line end.

    Raises:
        FatalError: A line is so long that this is no file of records.
    """
    rest = b""
    while data := stream.read(BLOCK_BYTES):
        end = data.rfind(b"\n") + 1
        if end:
            yield rest + data[:end]
            rest = data[end:]
        else:
            rest += data
        if len(rest) > _LINE_BYTES_MOST:
            raise FatalError(
                f"{name} has a line of more than {_LINE_BYTES_MOST >> 20} MiB; it is not a file "
                "of records: take it out of the inbox."
            )
    if rest:
        yield rest + b"\n"
