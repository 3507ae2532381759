"""The formats of CSV files, and how one is recognised by its header."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from types import MappingProxyType

from dataflow360.airports import AIRPORTS, by_city
from dataflow360.errors import FatalError
from dataflow360.records.contract import RecordType
from dataflow360.records.donnees_meteo import DONNEES_METEO, FILE
from dataflow360.records.tarifs_vols import TARIFS_VOLS
from dataflow360.records.trafic_passagers import TRAFIC_PASSAGERS

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
        record: Contract of its rows.
        topic: Topic that changes of its rows go to.
        header: Names of its columns; one that is not of the contract is read and not kept.
        cleaning: Columns whose text is not yet the contract's.
        constants: Columns of the contract that are the same for all files.
    """

    record: RecordType
    topic: str
    header: tuple[str, ...]
    cleaning: Mapping[str, Cleaning] = field(default_factory=lambda: MappingProxyType({}))
    constants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """Name of the format: that of its record type."""
        return self.record.name


def _iata(place: str) -> str:
    """The airport of a city; what is no city of ours is left to the contract."""
    if place not in AIRPORTS and (found := by_city(place)):
        return found.iata
    return place


def _first_of_month(period: str) -> str | None:
    """``200507`` as ``2005-07-01``."""
    if len(period) != len("YYYYMM") or not (period.isascii() and period.isdigit()):
        return None
    try:
        return date(int(period[:4]), int(period[4:]), 1).isoformat()
    except ValueError:
        return None


WEATHER = Format(
    record=DONNEES_METEO,
    topic="meteo_historique",
    header=DONNEES_METEO.columns[:14],
    cleaning=MappingProxyType({"aeroport": Cleaning(_iata, "an airport or its city")}),
    constants=MappingProxyType({"provenance": FILE}),
)
PASSENGERS = Format(
    record=TRAFIC_PASSAGERS,
    topic="trafic_passagers",
    header=TRAFIC_PASSAGERS.columns,
    cleaning=MappingProxyType(
        {"ActivityPeriod": Cleaning(_first_of_month, "a month as in 200507")}
    ),
)
FARES = Format(
    record=TARIFS_VOLS,
    topic="tarifs_vols",
    header=("", *TARIFS_VOLS.columns),  # the first column is an unnamed index
)
FORMATS: Mapping[str, Format] = MappingProxyType(
    {each.name: each for each in (WEATHER, PASSENGERS, FARES)}
)


def recognise(header: str, file: str) -> tuple[Format, str]:
    """The format with just this header, and the delimiter between its columns.

    Args:
        header: First line of a file.
        file: What the file is called.

    Raises:
        FatalError: There is none; it names the nearest and the columns that differ.
    """
    found = {delimiter: _cells(header, delimiter) for delimiter in DELIMITERS}
    for delimiter, names in found.items():
        for each in FORMATS.values():
            if names == each.header:
                return each, delimiter
    names = max(found.values(), key=len)
    nearest = max(FORMATS.values(), key=lambda each: _likeness(names, each.header))
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
