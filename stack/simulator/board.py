"""The flights of an airport on a day, as AviationStack and FlightStats tell them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from faker import Faker

from dataflow360.airports import AIRPORTS, DESTINATIONS, Airport, distance_km
from dataflow360.faker_providers import FlightProvider
from stack.simulator.chance import share, whole

ROWS = {"LOS": 110, "ACC": 60, "ABJ": 52, "DSS": 48, "LFW": 26, "BKO": 20, "COO": 18, "OUA": 16}
"""Departures a day of the busy airports, codeshares not counted."""

_FEWEST_ROWS, _MOST_ROWS = 4, 12  # of the others

_PARTNERS = (
    ("ET", "KP", "SN", "TP", "TK", "MS", "LH", "UA", "SA"),
    ("AF", "KL", "DL", "KQ", "VS", "ME", "HF"),
    ("BA", "IB", "QR", "AT", "VY"),
    ("HC", "AF", "DL"),
    ("WB", "QR"),
)
_SHARED = 0.45
_SHARED_TWICE = 0.12
_FIRST_SHARED_NUMBER, _LAST_SHARED_NUMBER = 2000, 8999

_STATUSES = (
    (0.70, "landed"),
    (0.82, "active"),
    (0.94, "scheduled"),
    (0.98, "cancelled"),
    (0.995, "diverted"),
    (1.0, "incident"),
)


@dataclass(frozen=True)
class Flight:
    """A flight: times are in UTC, ``delay`` in minutes, ``day`` that of departure there.

    ``shared`` has the numbers that other airlines sell it under: their IATA code and the number.
    """

    airline: str
    number: str
    origin: Airport
    destination: Airport
    day: date
    departure: datetime
    arrival: datetime
    delay: int
    status: str
    shared: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1024)
def departures(iata: str, day: date) -> tuple[Flight, ...]:
    """The flights that leave an airport on a day (its local one), in order of time."""
    fake = Faker()
    fake.add_provider(FlightProvider)
    rows = fake.flights(iata, day, rows=_rows(iata)).to_pylist()
    flights = sorted((_flight(row, day) for row in rows), key=_order)
    return tuple(_with_codeshares(flights))


@lru_cache(maxsize=1024)
def arrivals(iata: str, day: date) -> tuple[Flight, ...]:
    """The flights to an airport that left on a day (the local one there), in order of time.

    From an airport of the project they are those that its departures show; from elsewhere they are
    the way here of the aircraft that later flies back.
    """
    flights = [
        flight
        for other in AIRPORTS
        if other != iata
        for flight in departures(other, day)
        if flight.destination.iata == iata
    ]
    inbound = [
        _inbound(flight)
        for flight in departures(iata, day)
        if flight.destination.iata not in AIRPORTS
    ]
    return tuple(sorted([*flights, *_with_codeshares(inbound)], key=_order))


def window(iata: str, start: datetime, hours: int) -> list[Flight]:
    """The departures of an airport from ``start`` (a time there, without zone) on, in order."""
    zone = ZoneInfo(AIRPORTS[iata].timezone)
    first = start.replace(tzinfo=zone)
    last = first + timedelta(hours=hours)
    days = {first.date(), last.date()}
    flights = [flight for day in sorted(days) for flight in departures(iata, day)]
    return [flight for flight in flights if first <= flight.departure < last]


def _rows(iata: str) -> int:
    return ROWS.get(iata) or whole(_FEWEST_ROWS, _MOST_ROWS, "rows", iata)


def _order(flight: Flight) -> tuple[datetime, str, str]:
    return flight.departure, flight.airline, flight.number


def _flight(row: dict[str, str], day: date) -> Flight:
    airline, number = row["numero_vol"][:2], row["numero_vol"][2:]
    origin, destination = AIRPORTS[row["aeroport_depart"]], DESTINATIONS[row["destination"]]
    local = datetime.combine(
        day, time.fromisoformat(row["heure_depart"]), ZoneInfo(origin.timezone)
    )
    leaves = local.astimezone(UTC)
    return Flight(
        airline=airline,
        number=number,
        origin=origin,
        destination=destination,
        day=day,
        departure=leaves,
        arrival=leaves + _duration(origin, destination),
        delay=int(row["retard_min"]),
        status=_status(airline, number, origin.iata, day),
    )


def _inbound(flight: Flight) -> Flight:
    """The flight by which an aircraft came: it lands one to two hours before it leaves again."""
    ground = timedelta(minutes=5 * whole(12, 24, "ground", flight.airline, flight.number))
    origin = flight.destination
    duration = _duration(origin, flight.origin)
    leaves = flight.departure - ground - duration
    # The same time of day there, on the day that was asked for.
    zone = ZoneInfo(origin.timezone)
    leaves = datetime.combine(flight.day, leaves.astimezone(zone).time(), zone).astimezone(UTC)
    number = str(int(flight.number) + 1)
    return Flight(
        airline=flight.airline,
        number=number,
        origin=origin,
        destination=flight.origin,
        day=flight.day,
        departure=leaves,
        arrival=leaves + duration,
        delay=flight.delay,
        status=_status(flight.airline, number, origin.iata, flight.day),
    )


def _duration(origin: Airport, destination: Airport) -> timedelta:
    """Block time: half an hour and the distance at 800 km/h, to five minutes."""
    return timedelta(minutes=5 * round((30 + distance_km(origin, destination) / 800 * 60) / 5))


def _status(airline: str, number: str, origin: str, day: date) -> str:
    drawn = share("status", airline, number, origin, day)
    return next(status for upto, status in _STATUSES if drawn < upto)


def _with_codeshares(flights: list[Flight]) -> Iterator[Flight]:
    """The flights with the numbers of partners, each number at most once."""
    taken = {(flight.airline, flight.number) for flight in flights}
    for flight in flights:
        shared = []
        for partner in _partners(flight):
            number = whole(
                _FIRST_SHARED_NUMBER, _LAST_SHARED_NUMBER, "shared", partner, flight.airline,
                flight.number,
            )  # fmt: skip
            while (partner, str(number)) in taken:
                number += 1
            taken.add((partner, str(number)))
            shared.append((partner, str(number)))
        yield Flight(**{**vars(flight), "shared": tuple(shared)})


def _partners(flight: Flight) -> list[str]:
    name = (flight.airline, flight.number, flight.origin.iata)
    drawn = share("partners", *name)
    wanted = 0 if drawn >= _SHARED else 2 if drawn < _SHARED_TWICE else 1
    friends = {
        other
        for group in _PARTNERS
        if flight.airline in group
        for other in group
        if other != flight.airline
    }
    return sorted(friends, key=lambda other: share("partner", other, *name))[:wanted]
