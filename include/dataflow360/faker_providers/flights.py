"""Synthetic departures of the West African airports: a timetable, and each day's delays.

An airport has one timetable, drawn once: the same flight number leaves for the same place at the
same time, daily or on some days of the week. A date decides the delays alone. They follow the
synthetic weather of that airport and day: storms, heavy rain and the harmattan's dust hold
flights up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from faker.providers import BaseProvider

from dataflow360.airlines import AIRLINES
from dataflow360.airports import AIRPORTS, DESTINATIONS, Airport, distance_km
from dataflow360.faker_providers.draws import (
    Floats,
    Vocabulary,
    booleans,
    dates,
    generator,
    normals,
    numbers,
    repeated,
)
from dataflow360.faker_providers.seasons import MONTHS, WEEKDAYS, season
from dataflow360.faker_providers.weather import HAZE_VISIBILITY_KM, HOURS, simulate

MOST_ROWS: Final = 5000
"""Departures at most of one airport on one day."""

LATE_MIN: Final = 15
"""Minutes from which a flight counts as late, as in the on-time statistics of the US Department of
Transportation (14 CFR 234.2) and in IATA's delay reports (OTP15)."""

EARLIEST_MIN: Final = -30
LATEST_MIN: Final = 1440

FLIGHT_SCHEMA: Final = pa.schema(
    {
        "numero_vol": pa.string(),
        "compagnie": pa.string(),
        "type_appareil": pa.string(),
        "aeroport_depart": pa.string(),
        "pays_depart": pa.string(),
        "destination": pa.string(),
        "distance_vol_km": pa.float64(),
        "heure_depart": pa.string(),
        "jour_semaine": pa.string(),
        "mois": pa.string(),
        "saison": pa.string(),
        "retard_min": pa.int32(),
        "retard": pa.bool_(),
        "date_vol": pa.date32(),
    }
)
"""Columns of a table of flights."""

# Banks of departures: (share, middle, spread), in minutes of the local day. Europe's aircraft
# arrive in the evening and leave through the night; those from America and the Gulf turn around.
_BANKS: Final = {
    "regional": ((0.45, 450.0, 110.0), (0.2, 780.0, 120.0), (0.35, 1080.0, 140.0)),
    "europe": ((0.2, 600.0, 90.0), (0.15, 1080.0, 90.0), (0.65, 1390.0, 110.0)),
    "far": ((0.35, 720.0, 150.0), (0.15, 60.0, 60.0), (0.5, 1260.0, 120.0)),
}
_REGIONAL_KM = 2_500.0
_CLOCK_STEP = 5
_CLOCK_STEPS = 24 * 60 // _CLOCK_STEP
_CLOCK: Final = Vocabulary(
    [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 24 * 60, _CLOCK_STEP)]
)

# With seven flights in ten on a given weekday, enough for MOST_ROWS.
_TIMETABLE_ROWS = 8_000
_DAILY_SHARE = 0.4
_FEWEST_WEEKLY = 2
_MOST_WEEKLY = 5

# Not `pa.scalar`, which imports pandas.
_NOTHING: Final = repeated("", 1)[0]
_FIRST_NUMBER = 100
_NUMBERS = 9_900
_FIRST_NUMBERS = 800

_HEAVY_RAIN_MM = 2.5


@dataclass(frozen=True, slots=True)
class _Offer:
    """One aircraft type of one airline on one route, with its weight among the departures."""

    airline: str
    name: str
    aircraft: str
    destination: str
    distance_km: float
    banks: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Timetable:
    """Departures of an airport: fixed columns, local hour, and rows that leave on each weekday."""

    columns: pa.Table
    hour: npt.NDArray[np.int64]
    leaving: tuple[npt.NDArray[np.int64], ...]
    utc_offset: int


def _banks(destination: Airport, distance: float) -> str:
    if distance < _REGIONAL_KM:
        return "regional"
    return "europe" if destination.timezone.startswith("Europe/") else "far"


def _offers(origin: Airport) -> Iterator[_Offer]:
    for airline in AIRLINES.values():
        for code in sorted(airline.destinations(origin.iata)):
            destination = DESTINATIONS[code]
            distance = distance_km(origin, destination)
            types = airline.aircraft_for(distance)
            for aircraft in types:
                yield _Offer(
                    airline=airline.iata,
                    name=airline.name,
                    aircraft=aircraft,
                    destination=code,
                    distance_km=round(distance, 1),
                    banks=_banks(destination, distance),
                    weight=airline.weekly / len(types),
                )


def _counts(group: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many earlier elements equal each element: 0, 1, 2, … within each group."""
    order = group.argsort(kind="stable")
    position = np.arange(group.size)
    starts = np.searchsorted(group[order], group[order])
    counts = np.empty_like(position)
    counts[order] = position - starts
    return counts


def _clock_steps(
    offers: list[_Offer], chosen: npt.NDArray[np.int64], draws: Floats
) -> npt.NDArray[np.int64]:
    """Local time of each flight as an index into `_CLOCK`, from three uniform numbers."""
    banks = np.array([_BANKS[offer.banks] for offer in offers])[chosen]
    upto = banks[:, :, 0].cumsum(axis=1)
    bank = np.minimum((draws[:, :1] >= upto).sum(axis=1), banks.shape[1] - 1)
    _, middle, spread = banks[np.arange(chosen.size), bank].T
    # The sum of two uniform numbers gathers around the middle and ends somewhere.
    minute = middle + spread * (draws[:, 1] + draws[:, 2] - 1.0)
    steps: npt.NDArray[np.int64] = np.rint(minute / _CLOCK_STEP).astype(np.int64)
    return steps % _CLOCK_STEPS


def _weekly(draws: Floats) -> npt.NDArray[np.bool_]:
    """Whether each flight leaves on each weekday, from three uniform numbers: shape (7, rows)."""
    span = _MOST_WEEKLY - _FEWEST_WEEKLY + 1
    often = np.where(
        draws[:, 0] < _DAILY_SHARE, len(WEEKDAYS), _FEWEST_WEEKLY + np.floor(draws[:, 1] * span)
    )
    since = (np.arange(len(WEEKDAYS))[:, None] - np.floor(draws[:, 2] * len(WEEKDAYS))) % 7
    # Spreads `often` days evenly over the week, as Bresenham's line does over a grid.
    return since * often % 7 < often


@cache
def _timetable(iata: str) -> _Timetable:
    airport = AIRPORTS[iata]
    offers = list(_offers(airport))
    rng = generator("vols", iata)
    first_numbers = dict(zip(AIRLINES, rng.random(len(AIRLINES)) * _FIRST_NUMBERS, strict=True))
    draws = rng.random((_TIMETABLE_ROWS, 7))

    upto = np.cumsum([offer.weight for offer in offers])
    chosen = np.minimum(np.searchsorted(upto / upto[-1], draws[:, 0], "right"), len(offers) - 1)
    codes = list(AIRLINES)
    airline = np.array([codes.index(offer.airline) for offer in offers])[chosen]
    first = np.array([int(first_numbers[offer.airline]) for offer in offers])[chosen]
    number = _FIRST_NUMBER + (first + _counts(airline)) % _NUMBERS
    step = _clock_steps(offers, chosen, draws[:, 1:4])

    def text(attribute: str) -> pa.Array:
        return Vocabulary([getattr(offer, attribute) for offer in offers]).pick(chosen)

    distance = np.array([offer.distance_km for offer in offers])
    columns = pa.Table.from_pydict(
        {
            "numero_vol": pc.binary_join_element_wise(
                text("airline"), numbers(number, pa.int64()).cast(pa.string()), _NOTHING
            ),
            "compagnie": text("name"),
            "type_appareil": text("aircraft"),
            "destination": text("destination"),
            "distance_vol_km": numbers(distance[chosen], pa.float64()),
            "heure_depart": _CLOCK.pick(step),
        }
    )
    offset = ZoneInfo(airport.timezone).utcoffset(datetime(2026, 1, 1))  # noqa: DTZ001
    return _Timetable(
        columns=columns,
        hour=step * _CLOCK_STEP // 60,
        leaving=tuple(np.flatnonzero(leaves) for leaves in _weekly(draws[:, 4:])),
        utc_offset=0 if offset is None else round(offset.total_seconds() / 3600),
    )


def _delays(
    airport: str, day: date, hour: npt.NDArray[np.int64], utc_offset: int
) -> npt.NDArray[np.int32]:
    """Delay in minutes of departures at a local `hour`: most about on time, with a long tail.

    A mixture: about on time (normal), late (shifted log-normal, median half an hour), very late
    (the same, median two hours). Weather and the late hour shift its shares.
    """
    rng = generator("vols", airport, day)
    hard_day = 0.12 * rng.random() ** 2
    draws = rng.random((hour.size, 3))
    weather = simulate(airport, [day])
    hindrance = (
        0.30 * weather.storm[0]
        + 0.12 * (weather.rain[0] >= _HEAVY_RAIN_MM)
        + 0.18 * (weather.visibility[0] <= HAZE_VISIBILITY_KM)
    )
    late = 0.15 + hard_day + 0.1 * np.arange(HOURS) / HOURS + np.roll(hindrance, utc_offset)
    late = late[hour]
    very_late = 0.15 * late
    z = normals(draws[:, 1], draws[:, 2])
    on_time = np.minimum(np.rint(-1.0 + 5.0 * z), LATE_MIN - 1.0)
    delay = np.where(
        draws[:, 0] < very_late,
        LATE_MIN + np.exp(4.6 + 0.75 * z),
        np.where(draws[:, 0] < late, LATE_MIN + np.exp(2.7 + 0.8 * z), on_time),
    )
    return np.rint(np.clip(delay, EARLIEST_MIN, LATEST_MIN)).astype(np.int32)


class FlightProvider(BaseProvider):
    """Departures for Faker: `fake.flights("DSS", date(2026, 11, 1), rows=48)`.

    What it draws depends on the airport and the date alone; Faker's own seed plays no part.
    """

    def flights(self, airport: str, day: date, rows: int) -> pa.Table:
        """Departures from `airport` (IATA) on `day` (local), as `FLIGHT_SCHEMA`.

        Flight numbers are unique within a day. More rows add flights and change none: a shorter
        table is the start of a longer one. Rows are in no order of time.

        Args:
            airport: One of `AIRPORTS`.
            day: Any date.
            rows: 1 to 5000.

        Raises:
            ValueError: The airport is unknown, or `rows` is out of range.
        """
        if airport not in AIRPORTS:
            raise ValueError(f"unknown airport {airport!r}: choose one of {', '.join(AIRPORTS)}")
        if not 1 <= rows <= MOST_ROWS:
            raise ValueError(f"rows is {rows}: choose 1 to {MOST_ROWS}")
        timetable = _timetable(airport)
        leaving = timetable.leaving[day.weekday()][:rows]
        fixed = timetable.columns.take(numbers(leaving, pa.int64()))
        delays = _delays(airport, day, timetable.hour[leaving], timetable.utc_offset)
        origin = AIRPORTS[airport]
        columns = {
            **{name: fixed.column(name) for name in fixed.column_names},
            "aeroport_depart": repeated(airport, rows),
            "pays_depart": repeated(origin.country, rows),
            "jour_semaine": repeated(WEEKDAYS[day.weekday()], rows),
            "mois": repeated(MONTHS[day.month - 1], rows),
            "saison": repeated(season(origin, day.month), rows),
            "retard_min": numbers(delays, pa.int32()),
            "retard": booleans(delays >= LATE_MIN),
            "date_vol": dates([day], rows),
        }
        return pa.Table.from_arrays(
            [columns[name] for name in FLIGHT_SCHEMA.names], schema=FLIGHT_SCHEMA
        )
