"""Which files of the inbox are to be loaded, and what there is to fetch of one.

A file's format is known by its header (``formats``), its dialect is found by reading it once
(``dialect``), and it is parsed block by block (``reading``, ``parsing``). One line is one record:
a line break within quotes is not supported, and refuses the two halves of its line.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from airflow.sdk import ObjectStoragePath

from dataflow360.clients import mysql
from dataflow360.errors import FatalError
from dataflow360.pipeline import registry
from dataflow360.pipeline.chunk import Chunk
from dataflow360.pipeline.extraction import Extraction
from dataflow360.sources.csv_files import inbox, reading
from dataflow360.sources.csv_files.dialect import Dialect, digest_of, find_dialect
from dataflow360.sources.csv_files.parsing import parse
from dataflow360.sources.source import Origin

log = logging.getLogger(__name__)


def unloaded(dag_id: str, *, everything: bool) -> list[str]:
    """Names of the inbox's files that are to be loaded, relative to the inbox.

    A file is known by its content: one that lies there under another name, or under its own since
    it was last loaded, is left alone. A file whose last load has not come to its end is taken up
    again. One that is still being written is left for the next run.

    Args:
        dag_id: The DAG that loads them.
        everything: Take all files, known or not.
    """
    names = inbox.complete_files()
    if everything or not names:
        return names
    with mysql.connect() as connection:
        known = registry.latest_by_source(connection, dag_id)
    loaded = {name: digest_of(batch.request) for name, batch in known.items() if batch.published}
    contents = set(loaded.values())
    chosen = []
    for name in names:
        content = inbox.digest(inbox.path_of(name))
        if loaded.get(name) == content:
            continue
        if name not in known and content in contents:
            log.info("%s is a copy of a file that was loaded before: left alone", name)
            continue
        contents.add(content)
        chosen.append(name)
    return chosen


def file(path: ObjectStoragePath, name: str) -> Extraction:
    """What there is to fetch of a file; it is read once, for its dialect and its digest.

    Args:
        path: Where it lies.
        name: What it is called; its path relative to the inbox.

    Raises:
        FatalError: The file is not there, is damaged, or has the header of no known format.
    """
    try:
        dialect, digest = find_dialect(path, name)
    except FileNotFoundError as error:
        raise FatalError(
            f"The file {name} is not there; put it back, or mark this task a success."
        ) from error
    return Extraction(
        record=dialect.format.record,
        topic=dialect.format.topic,
        source_key=name,
        source_name=name,
        request=dialect.request(digest),
        fetch=lambda: reading.read(path, name, dialect, digest),
    )


def reparse(raws: Sequence[bytes], origin: Origin) -> Chunk:
    """Parse lines of a file again, as with the dialect that the file was loaded with.

    Args:
        raws: Original bytes of the lines, without line ends.
        origin: The batch that refused them.

    Raises:
        FatalError: The batch's request is not one of this source's.
    """
    block = b"".join(line + b"\n" for line in raws)
    numbers = np.arange(1, len(raws) + 1, dtype=np.int64)
    return parse(block, Dialect.from_request(origin.request), numbers)
