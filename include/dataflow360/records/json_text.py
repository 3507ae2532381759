"""Rows as JSON, put together column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

#: Points in time are UTC: RFC 3339 with a Z.
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


def json_objects(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Array:
    """Each row as a JSON object with the columns' names in their order (string array)."""
    pieces: list[Any] = []
    for name, column in columns.items():
        start = "{" if not pieces else ","
        pieces += [f'{start}"{name}":', _texts(column)]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _texts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Each value as JSON; a distinct one is written once, as there are few beside the rows."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = array.dictionary_encode()
    texts = [
        orjson.dumps(value, option=_OPTIONS).decode() for value in encoded.dictionary.to_pylist()
    ]
    return pc.fill_null(pa.array(texts, pa.string()).take(encoded.indices), "null")
