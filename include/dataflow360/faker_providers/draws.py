"""Random numbers that a name alone decides, and Arrow columns over numpy memory."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_SMALLEST: Final = 2.0**-54


def generator(*name: str | date) -> np.random.Generator:
    """Generator seeded by the first 16 bytes of the SHA-256 of `name`, as in 'vols|DSS|2026-11-01'.

    A datetime counts as its date. PCG64 is named because numpy may change its default bit generator
    but not PCG64's stream. Draw with `Generator.random` alone: it fills arrays in order, so that a
    longer draw starts with the shorter one, and it is the method least likely to change.
    """
    parts = (part if isinstance(part, str) else part.isoformat()[:10] for part in name)
    digest = hashlib.sha256("|".join(parts).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16])))


def normals(first: Floats, second: Floats) -> Floats:
    """Standard normal numbers from pairs of uniform ones in [0, 1).

    G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates", 1958.
    """
    return np.sqrt(-2.0 * np.log(first + _SMALLEST)) * np.cos(2.0 * np.pi * second)


def numbers(
    values: npt.NDArray[Any], type_: pa.DataType, valid: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Arrow array over the memory of `values`, whose width is that of `type_`; null if not `valid`.

    `pa.array` would do, but it imports pandas on its first call and costs more on each.
    """
    mask = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(type_, values.size, [mask, pa.py_buffer(values)])


def booleans(values: npt.NDArray[np.bool_]) -> pa.Array:
    """Arrow array of truth values."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), values.size, [None, bits])


class Vocabulary:
    """A few texts from which Arrow columns are picked by index.

    Gathers bytes with numpy: for a day's 24 rows that costs half of what an Arrow kernel does.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        encoded = [text.encode() for text in texts]
        self._lengths = np.array([len(text) for text in encoded], dtype=np.int32)
        width = int(self._lengths.max())
        padded = b"".join(text.ljust(width) for text in encoded)
        self._bytes = np.frombuffer(padded, dtype=np.uint8).reshape(-1, width)
        self._used = np.arange(width) < self._lengths[:, None]

    def pick(self, index: npt.NDArray[np.int64]) -> pa.Array:
        """Arrow array of the texts at `index`."""
        offsets = np.zeros(index.size + 1, dtype=np.int32)
        np.cumsum(self._lengths[index], out=offsets[1:])
        data = self._bytes[index][self._used[index]]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.string(), index.size, buffers)


def repeated(text: str, rows: int) -> pa.Array:
    """Arrow array of `rows` times `text`."""
    encoded = text.encode()
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(len(encoded))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(encoded * rows)]
    return pa.Array.from_buffers(pa.string(), rows, buffers)


def dates(days: Sequence[date], rows: int) -> pa.Array:
    """Arrow array of `rows` times each of `days`."""
    ordinals = np.array([day.toordinal() - _EPOCH for day in days], dtype=np.int32)
    return numbers(ordinals.repeat(rows), pa.date32())


def tenths(values: Floats) -> Floats:
    """Values rounded to one decimal; never -0.0."""
    return np.rint(values * 10.0) / 10.0 + 0.0
