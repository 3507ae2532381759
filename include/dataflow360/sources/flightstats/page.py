"""The FlightStats page of an airport's departures: where its data are, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs

from pydantic import Field, ValidationError

from dataflow360.airlines import AIRLINES
from dataflow360.airports import AIRPORTS
from dataflow360.pipeline.chunk import Chunk, chunk_of
from dataflow360.pipeline.run import Interval
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.sources.source import Origin
from dataflow360.sources.web.page_text import (
    Embedded,
    Entry,
    PageText,
    Row,
    embedded_list,
    entry_of,
    first_row,
    kept,
    read_again,
    reason_of,
    table_rows,
)

DATA_PATH = ("props", "initialState", "flightTracker", "route", "flights")
#: Class names end in a hash that changes with each build of the site.
ROW_SELECTOR = '[class*="table__TableRow"]'
CELL_SELECTOR = '[class*="table__Cell-"]'
#: What the table says below the number of a flight that another airline operates.
_CODESHARE = "Operated by"


@dataclass(frozen=True, slots=True)
class Window:
    """What one page shows.

    Attributes:
        airport: IATA code of the airport of departure.
        day: Date, local to the airport.
        first_hour: Hour from which on it shows departures, local to the airport.
        hours: For how long.
    """

    airport: str
    day: date
    first_hour: int
    hours: int

    @classmethod
    def of(cls, airport: str, interval: Interval) -> Window:
        """The window of an airport's page that a data interval reads: the same hours, local.

        Raises:
            ValueError: The airport is none of the project's.
        """
        if airport not in AIRPORTS:
            raise ValueError(f"{airport} is no airport of the project")
        start = interval.start
        hours = round((interval.end - start) / timedelta(hours=1))
        return cls(airport, start.date(), start.hour, hours)

    def __contains__(self, clock: str) -> bool:
        """Whether a time HH:MM lies in it."""
        return self.first_hour <= int(clock[:2]) < self.first_hour + self.hours


_Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class _Carrier(Embedded):
    fs: str
    name: str | None = None
    number: str = Field(alias="flightNumber")


class _Departure(Embedded):
    time24: _Time


class _Arrival(Embedded):
    time24: _Time | None = None


class _Airport(Embedded):
    fs: str


class _Flight(Embedded):
    """A flight as the embedded JSON has it."""

    carrier: _Carrier
    departure: _Departure = Field(alias="departureTime")
    arrival: _Arrival | None = Field(default=None, alias="arrivalTime")
    airport: _Airport
    codeshare: bool | None = Field(default=None, alias="isCodeshare")
    url: str = ""

    @property
    def day(self) -> date | None:
        """Date of departure in the flight's own address, which the table has not."""
        query = parse_qs(self.url.partition("?")[2])
        try:
            return date(*(int(query[name][0]) for name in ("year", "month", "date")))
        except (KeyError, ValueError, OverflowError):
            return None


def parse(text: PageText, window: Window) -> Chunk:
    """The operating flights on a page, from its embedded data or else from its table.

    A codeshare is left out: the operating flight has a line of its own.

    Args:
        text: The page.
        window: What was asked for; a flight outside of it is refused, for its date is unknown.
    """
    return chunk_of(DEPARTS_AEROPORTS.arrow_schema, _records(text, window))


def reparse(raws: Sequence[bytes], origin: Origin) -> Chunk:
    """Parse records again, from the bytes that quarantine keeps.

    Args:
        raws: Each as :func:`parse` has it.
        origin: Their batch.
    """
    records = [(raw, _parsed_again(raw, origin.interval)) for raw in raws]
    return chunk_of(DEPARTS_AEROPORTS.arrow_schema, records)


def _parsed_again(raw: bytes, interval: Interval) -> dict[str, Any] | str:
    try:
        airport, value = read_again(raw, _from_html)
        window = Window.of(airport, interval)
    except ValueError as error:
        return f"the record cannot be read again: {error}"
    return _outcome(value, window) or "it is a codeshare, whose operating flight has a line"


def _from_html(row: str) -> dict[str, Any]:
    return _from_table(first_row(row, ROW_SELECTOR, CELL_SELECTOR))


def _records(text: PageText, window: Window) -> Iterator[tuple[bytes, dict[str, Any] | str]]:
    for entry in _entries(text):
        if outcome := _outcome(entry.value, window):
            yield kept(window.airport, entry.raw), outcome


def _outcome(value: Any, window: Window) -> dict[str, Any] | str | None:
    """A flight's row, or why it has none; None for a codeshare."""
    try:
        flight = _Flight.model_validate(value)
    except ValidationError as error:
        return reason_of(error)
    if flight.codeshare:
        return None
    return _misplaced(flight, window) or _row(flight, window)


def _row(flight: _Flight, window: Window) -> dict[str, Any]:
    carrier, airport = flight.carrier, AIRPORTS[window.airport]
    known = AIRLINES.get(carrier.fs)
    return {
        "Vol": carrier.fs + carrier.number,
        "Code_Compagnie": carrier.fs,
        "Compagnie": carrier.name or (known.name if known else None),
        "Heure_Depart": flight.departure.time24,
        "Heure_Arrivee": flight.arrival.time24 if flight.arrival else None,
        "Destination": flight.airport.fs,
        "Pays": airport.country,
        "Aeroport": airport.iata,
        "Date_Depart": window.day,
    }


def _misplaced(flight: _Flight, window: Window) -> str | None:
    """Why a flight is not one of those asked for, if so."""
    time24 = flight.departure.time24
    if time24 not in window:
        return (
            f"departureTime.time24 {time24} is not in the {window.hours} h from "
            f"{window.first_hour:02}:00 that were asked for"
        )
    if flight.day not in {None, window.day}:
        return f"url is of a flight on {flight.day} instead of {window.day}"
    return None


def _entries(text: PageText) -> Iterator[Entry]:
    flights = embedded_list(text.embedded, DATA_PATH)
    if flights is not None and text.embedded is not None:
        for flight in flights:
            yield entry_of(flight, text.embedded)
        return
    for row in table_rows(text.html, ROW_SELECTOR, CELL_SELECTOR):
        yield Entry(_from_table(row), row.raw)


def _from_table(row: Row) -> dict[str, Any]:
    """A row (flight and airline, departure, arrival, destination) as the embedded JSON has it."""
    code, _, number = (row.text(0) or "").partition(" ")
    return {
        "carrier": {"fs": code, "name": row.text(0, 1), "flightNumber": number},
        "departureTime": {"time24": row.text(1)},
        "arrivalTime": {"time24": row.text(2)},
        "airport": {"fs": row.text(3)},
        "isCodeshare": any(text.startswith(_CODESHARE) for text in row.texts(0)),
    }
