"""Who signs in to a store."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """A user of a store; its password is not part of what is printed of it."""

    name: str
    password: str = field(repr=False)
