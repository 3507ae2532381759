"""Numbers that look drawn at random and follow from a name alone."""

import hashlib

_BYTES = 7  # 56 bits; a float holds 53


def share(*name: object) -> float:
    """A number from 0 (included) to 1 (excluded) that the name decides, each time the same."""
    digest = hashlib.sha256("|".join(map(str, name)).encode()).digest()
    return float(int.from_bytes(digest[:_BYTES]) / (1 << 8 * _BYTES))


def whole(first: int, last: int, *name: object) -> int:
    """A whole number from ``first`` to ``last`` (both included) that the name decides."""
    return first + int(share(*name) * (last - first + 1))
