"""What makes an event the same event, and the same version of it, wherever it is met."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records.contract import RecordType, rfc3339

#: Namespace of every event id: UUIDv5 of the DNS namespace and 'dataflow360'.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "dataflow360")
EVENT_ID_TYPE = pa.binary(16)

_SEPARATOR = "\x1f"
_HEX_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_DASHES = (8, 13, 18, 23)
_HEX_PLACES = np.array([place for place in range(36) if place not in _DASHES])


def event_ids(record: RecordType, table: pa.Table) -> pa.Array:
    """Event id of each row: UUIDv5 (RFC 9562, section 5.5) of record type and natural key.

    The name is the record type and the key's values as text, joined by the unit separator.

    Returns:
        Array of 16-byte binaries, aligned with the rows.
    """
    parts = [_text(table[column]) for column in record.natural_key]
    names = pc.binary_join_element_wise(record.name, *parts, _SEPARATOR)
    namespace = NAMESPACE.bytes
    digests = bytearray()
    for name in pc.cast(names, pa.binary()).to_pylist():
        digests += hashlib.sha1(namespace + name, usedforsecurity=False).digest()[:16]
    raw = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x50  # version 5
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80  # RFC variant
    return fixed_binary(raw)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return rfc3339(column)
    return pc.cast(column, pa.string())


def content_hashes(record: RecordType, table: pa.Table) -> pa.Array:
    """A 64-bit hash of each row's values: another hash means another version of the event.

    pandas' row hash over the declared columns. Numbers are hashed as 64-bit floats, so that a
    missing value elsewhere in the table (which makes pandas turn whole numbers to floats) does
    not change the hash of a row.

    Returns:
        int64 array, aligned with the rows.
    """
    columns: dict[str, Any] = {}
    for name in record.columns:
        column = table[name].combine_chunks()
        if pa.types.is_string(column.type):
            columns[name] = column.dictionary_encode().to_pandas()
        elif pa.types.is_date32(column.type):
            columns[name] = pc.cast(column, pa.int32()).to_numpy(zero_copy_only=False)
        elif pa.types.is_timestamp(column.type):
            milliseconds = pc.cast(pc.cast(column, pa.int64()), pa.float64())
            columns[name] = milliseconds.to_numpy(zero_copy_only=False)
        else:
            # + 0.0 makes one zero of the two that floats have.
            values = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
            columns[name] = values + 0.0
    hashes = pd.util.hash_pandas_object(pd.DataFrame(columns), index=False)
    return pa.array(hashes.to_numpy().view(np.int64))


def fixed_binary(rows: npt.NDArray[np.uint8]) -> pa.Array:
    """Arrow array of fixed-size binaries from a two-dimensional array of bytes."""
    count, width = rows.shape
    buffer = pa.py_buffer(np.ascontiguousarray(rows))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, buffer])


def bytes_of(ids: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """The inverse of :func:`fixed_binary`: shape (rows, width)."""
    array = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    width = array.type.byte_width
    start = array.offset * width
    raw = np.frombuffer(array.buffers()[1], dtype=np.uint8)
    return raw[start : start + len(array) * width].reshape(-1, width)


def uuid_strings(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Event ids in their usual form with dashes, lower case (string array)."""
    raw = bytes_of(ids)
    text = np.full((len(raw), 36), ord("-"), dtype=np.uint8)
    nibbles = np.stack((raw >> 4, raw & 0x0F), axis=2).reshape(len(raw), 32)
    text[:, _HEX_PLACES] = _HEX_DIGITS[nibbles]
    return pc.cast(pc.cast(fixed_binary(text), pa.binary()), pa.string())
