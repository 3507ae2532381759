"""Read a file block by block, a few blocks ahead of whoever works on its rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from airflow.sdk import ObjectStoragePath

from dataflow360.errors import RetriableError
from dataflow360.pipeline.chunk import Chunk
from dataflow360.sources.csv_files import inbox
from dataflow360.sources.csv_files.blocks import blocks, first_line
from dataflow360.sources.csv_files.dialect import Dialect
from dataflow360.sources.csv_files.parsing import parse

#: Blocks that are parsed at once, while the rows before them are worked on.
_BLOCKS_AHEAD = 2


def read(path: ObjectStoragePath, name: str, dialect: Dialect, digest: str) -> Iterator[Chunk]:
    """Read a file block by block; the next blocks are parsed while one is worked on.

    Args:
        path: Where it lies.
        name: What it is called.
        dialect: How it is written.
        digest: SHA-256 of its bytes when the dialect was found (hexadecimal).

    Raises:
        RetriableError: Its bytes are not those that the dialect was found for.
        FatalError: It is damaged.
    """
    with inbox.opened(path, name) as content, ThreadPoolExecutor(_BLOCKS_AHEAD, "csv") as pool:
        first_line(content.stream)
        number = 2
        ahead: deque[Future[Chunk]] = deque()
        for block in blocks(content.stream, name):
            numbers = np.arange(number, number + block.count(b"\n"))
            ahead.append(pool.submit(parse, block, dialect, numbers))
            number += len(numbers)
            if len(ahead) > _BLOCKS_AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
        if content.digest() != digest:
            raise RetriableError(
                f"{name} has changed while it was read; nothing was written, this task tries "
                "again later."
            )
