"""What a format of CSV files is, and how one is recognised by its header."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from dataflow360.errors import FatalError
from dataflow360.records.contract import RecordType

DELIMITERS = (",", ";")

_NAMES_SHOWN, _CHARACTERS_SHOWN, _CHARACTERS_COMPARED = 20, 40, 1_000


@dataclass(frozen=True, slots=True)
class Cleaning:
    """How the text of a column becomes what its contract wants.

    Attributes:
        clean: Text of the file, trimmed, to the contract's text; None when it cannot be read.
        wanted: What the text should have been, for the reason of a refusal.
    """

    clean: Callable[[str], str | None]
    wanted: str


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """A kind of file.

    Attributes:
        name: What batches remember it by; it never changes.
        record: Contract of its rows.
        topic: Topic that changes of its rows go to.
        header: Names of its columns; one that is not of the contract is read and not kept.
        cleaning: Columns whose text is not yet the contract's.
        constants: Columns of the contract that are the same for all files.
    """

    name: str
    record: RecordType
    topic: str
    header: tuple[str, ...]
    cleaning: Mapping[str, Cleaning] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)


def recognise(header: str, file: str, formats: Collection[Format]) -> tuple[Format, str]:
    """The format with just this header, and the delimiter between its columns.

    Args:
        header: First line of a file.
        file: What the file is called.
        formats: Those that there are.

    Raises:
        FatalError: There is none; it names the nearest and the columns that differ.
    """
    found = {delimiter: _cells(header, delimiter) for delimiter in DELIMITERS}
    for delimiter, names in found.items():
        for each in formats:
            if names == each.header:
                return each, delimiter
    names = max(found.values(), key=len)
    nearest = max(formats, key=lambda each: _likeness(names, each.header))
    missing = [name for name in nearest.header if name not in names]
    unknown = [name for name in names if name not in nearest.header]
    differs = (
        f"columns missing {_shown(missing)}, unknown {_shown(unknown)}"
        if missing or unknown
        else "the same columns in another order, or one of them twice"
    )
    raise FatalError(
        f"{file} has the header of no known format; the nearest is {nearest.name}: {differs}; "
        f"its header must be {','.join(nearest.header)}."
    )


def _cells(header: str, delimiter: str) -> tuple[str, ...]:
    try:
        rows = list(csv.reader([header], delimiter=delimiter))
    except csv.Error:
        return (header,)
    return tuple(cell.strip() for cell in rows[0]) if rows else ()


def _likeness(names: Sequence[str], header: Sequence[str]) -> tuple[int, float]:
    """How many names both have, whatever their case; then how alike both look."""
    ours, theirs = (",".join(each).casefold()[:_CHARACTERS_COMPARED] for each in (header, names))
    common = {name.casefold() for name in names} & {name.casefold() for name in header}
    return len(common - {""}), SequenceMatcher(None, ours, theirs, autojunk=False).ratio()


def _shown(names: Sequence[str]) -> list[str]:
    return [name[:_CHARACTERS_SHOWN] for name in names[:_NAMES_SHOWN]]
