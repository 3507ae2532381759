"""Read the flights in AviationStack's answers: times mended, codeshares collapsed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, ValidationError

from dataflow360.airlines import AIRLINES
from dataflow360.airports import AIRPORTS
from dataflow360.pipeline.chunk import Chunk, chunk_of
from dataflow360.records.vols_ao import VOLS_AO
from dataflow360.sources.api.answers import first_fault
from dataflow360.sources.source import Origin

_NUMBER = re.compile(r"[A-Z0-9]{2}[0-9]{1,4}[A-Z]?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
                   r"(Z|[+-][0-9]{2}:[0-9]{2})?")  # fmt: skip

#: What makes two rows tell of the same flight: its number, airport and time of departure.
_Key = tuple[str, str, datetime]


class _Lenient(BaseModel):
    """Fields that are not read may be there or not, and be anything."""

    model_config = ConfigDict(str_strip_whitespace=True, coerce_numbers_to_str=True)


class _Departure(_Lenient):
    iata: str
    timezone: str
    scheduled: str


class _Arrival(_Lenient):
    iata: str


class _Airline(_Lenient):
    name: str | None = None
    iata: str | None = None


class _Codeshared(_Lenient):
    """The operating flight of a codeshare, in lower case."""

    airline_name: str | None = None
    airline_iata: str | None = None
    flight_number: str | None = None
    flight_iata: str | None = None


class _Number(_Lenient):
    number: str | None = None
    iata: str | None = None
    codeshared: _Codeshared | None = None


class _Flight(_Lenient):
    flight_status: str
    departure: _Departure
    arrival: _Arrival
    airline: _Airline
    flight: _Number


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One object of an answer: a row of its operating flight.

    Attributes:
        row: The values of the operating flight, as this object has them.
        sold_as: The number of a codeshare, None when the object is the operating flight itself.
    """

    row: dict[str, Any]
    sold_as: str | None

    @property
    def key(self) -> _Key:
        return tuple(self.row[name] for name in VOLS_AO.natural_key)


@dataclass(slots=True)
class _Operated:
    """What all objects of one operating flight say together."""

    row: dict[str, Any]
    from_codeshare: bool
    sold_as: set[str] = field(default_factory=set)


class _UnreadableError(Exception):
    """An object is no row; the message says why."""


def parse(raws: Sequence[bytes], origin: Origin) -> Chunk:
    """Flights as rows of ``vols_ao``.

    AviationStack has a row for each number that a flight is sold under. Each of them becomes a row
    of the operating flight, with the same values, the numbers of the codeshares among them: the
    pipeline then keeps one and counts the others as duplicates, so that nothing goes uncounted.
    Where the operating flight has no row of its own, the codeshare tells of it.

    Args:
        raws: JSON objects of an airport's answers, all pages together.
        origin: Their batch, whose interval ends when they were read.
    """
    read = [(raw, _read(raw)) for raw in raws]
    operated = _operated([sighting for _, sighting in read if isinstance(sighting, _Sighting)])
    moment = origin.interval.end.replace(tzinfo=None)

    def whole(sighting: _Sighting) -> dict[str, Any]:
        flight = operated[sighting.key]
        numbers = ",".join(sorted(flight.sold_as)) or None
        return {**flight.row, "timestamp": moment, "numeros_marketing": numbers}

    return chunk_of(
        VOLS_AO.arrow_schema,
        [(raw, each if isinstance(each, str) else whole(each)) for raw, each in read],
    )


def _operated(sightings: Sequence[_Sighting]) -> dict[_Key, _Operated]:
    """The operating flights; what one says of itself stands against what a codeshare says."""
    found: dict[_Key, _Operated] = {}
    for sighting in sightings:
        is_codeshare = sighting.sold_as is not None
        flight = found.setdefault(sighting.key, _Operated(sighting.row, is_codeshare))
        if sighting.sold_as is not None:
            flight.sold_as.add(sighting.sold_as)
        if flight.from_codeshare or not is_codeshare:
            flight.row, flight.from_codeshare = sighting.row, is_codeshare
    return found


def _read(raw: bytes) -> _Sighting | str:
    """What an object tells of, or the reason why it tells nothing."""
    try:
        return _sighting(_Flight.model_validate_json(raw))
    except ValidationError as error:
        return first_fault(error)
    except _UnreadableError as error:
        return str(error)


def _sighting(flight: _Flight) -> _Sighting:
    own = _number("flight", flight.flight.iata, flight.airline.iata, flight.flight.number)
    shared = flight.flight.codeshared
    airport = AIRPORTS.get(flight.departure.iata.upper())
    if airport is None:
        raise _UnreadableError(
            f"departure.iata {flight.departure.iata!r} is none of the project's airports"
        )
    row = {
        "compagnie": _company(flight.airline.iata, flight.airline.name),
        "numero_vol": own,
        "aeroport_depart": airport.iata,
        "aeroport_arrivee": flight.arrival.iata.upper(),
        "heure_depart_prevue": _utc(flight.departure.scheduled, flight.departure.timezone),
        "etat_vol": flight.flight_status.lower(),
        "pays": airport.country,
    }
    if shared is None:
        return _Sighting(row, None)
    row["compagnie"] = _company(shared.airline_iata, (shared.airline_name or "").title())
    row["numero_vol"] = _number(
        "flight.codeshared", shared.flight_iata, shared.airline_iata, shared.flight_number
    )
    return _Sighting(row, own)


def _number(place: str, iata: str | None, airline: str | None, number: str | None) -> str:
    """A flight number, from its parts where it is not given as a whole."""
    text = (iata or (airline or "") + (number or "")).upper()
    if not _NUMBER.fullmatch(text):
        raise _UnreadableError(f"{place} has no IATA flight number but {text!r}")
    return text


def _company(iata: str | None, name: str | None) -> str | None:
    """Name of an airline: as everywhere at rest where it is known, else as it came."""
    known = AIRLINES.get((iata or "").upper())
    return known.name if known else name or None


def _utc(scheduled: str, timezone: str) -> datetime:
    """The moment that a local time labelled ``+00:00`` means (UTC, without zone).

    AviationStack gives the clock at the airport and labels it as if it were UTC. A label that is
    the zone's true offset means the same clock; any other is a contradiction.
    """
    if timezone not in _zones():
        raise _UnreadableError(f"departure.timezone {timezone!r} is no known time zone")
    try:
        labelled = datetime.fromisoformat(scheduled) if _TIME.fullmatch(scheduled) else None
    except ValueError:
        labelled = None
    if labelled is None:
        raise _UnreadableError(f"departure.scheduled {scheduled!r} is no time")
    local = labelled.replace(microsecond=0, tzinfo=ZoneInfo(timezone))
    if labelled.utcoffset() not in {None, timedelta(0), local.utcoffset()}:
        raise _UnreadableError(
            f"departure.scheduled {scheduled!r} has an offset that {timezone} has not then"
        )
    try:
        return local.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise _UnreadableError(f"departure.scheduled {scheduled!r} is out of range") from error


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
