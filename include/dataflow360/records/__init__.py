"""The contracts: each record type is declared once, in a module of its name.

A new one is found by being here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from dataflow360.records.contract import RecordType


class _RecordTypes(Mapping[str, RecordType]):
    """The record types by name; each is imported when it is first asked for."""

    def __getitem__(self, name: str) -> RecordType:
        if name not in _modules():
            raise KeyError(name)
        found = getattr(import_module(f"{__name__}.{name}"), name.upper(), None)
        if not isinstance(found, RecordType):
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in _modules() if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _modules() -> list[str]:
    return [module.name for module in iter_modules(__path__)]


RECORD_TYPES: Mapping[str, RecordType] = _RecordTypes()
