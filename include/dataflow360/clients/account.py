"""Who signs in to a server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """A user of a server; its password is not part of what is printed of it."""

    name: str
    password: str = field(repr=False)
