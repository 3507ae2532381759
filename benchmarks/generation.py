"""Making rows: a plain Faker loop against the project's vectorised providers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import cycle, islice
from typing import Any

from benchmarks.comparison import Comparison, Job, Target, Variant, Work
from benchmarks.names import FIRST_DAY

_PLAIN_ROWS = 20_000
_FLIGHTS_A_DAY = 48
_MANY_FLIGHTS_A_DAY = 5_000
_HOURS = 24
_LATE_MIN = 15


def _airport_days() -> Iterator[tuple[str, date]]:
    from dataflow360.airports import AIRPORTS

    day = FIRST_DAY
    while True:
        for airport in AIRPORTS:
            yield airport, day
        day += timedelta(days=1)


def _provider_work(method: str, rows: int, each: int) -> Work:
    from faker import Faker

    from dataflow360.faker_providers import FlightProvider, WeatherProvider

    fake = Faker("fr_FR")
    fake.add_provider(FlightProvider)
    fake.add_provider(WeatherProvider)
    draw = getattr(fake, method)

    def work() -> None:
        left = rows
        for airport, day in _airport_days():
            left -= draw(airport, day, rows=min(each, left)).num_rows
            if not left:
                return

    return work


@contextmanager
def _flight_provider(job: Job) -> Iterator[Work]:
    yield _provider_work("flights", job.rows, _FLIGHTS_A_DAY)


@contextmanager
def _many_flights_provider(job: Job) -> Iterator[Work]:
    yield _provider_work("flights", job.rows, _MANY_FLIGHTS_A_DAY)


@contextmanager
def _weather_provider(job: Job) -> Iterator[Work]:
    yield _provider_work("weather", job.rows, _HOURS)


@contextmanager
def _weather_days_provider(job: Job) -> Iterator[Work]:
    from faker import Faker

    from dataflow360.airports import AIRPORTS
    from dataflow360.faker_providers import WeatherProvider

    fake = Faker("fr_FR")
    fake.add_provider(WeatherProvider)
    days = -(-job.rows // (_HOURS * len(AIRPORTS)))

    def work() -> None:
        left = job.rows
        for airport in AIRPORTS:
            left -= fake.weather_days(airport, FIRST_DAY, days).slice(0, left).num_rows

    yield work


@contextmanager
def _plain_flights(job: Job) -> Iterator[Work]:
    from faker import Faker

    from dataflow360.airlines import AIRLINES
    from dataflow360.airports import AIRPORTS, DESTINATIONS
    from dataflow360.faker_providers.seasons import MONTHS, WEEKDAYS, season

    fake = Faker("fr_FR")
    airlines = [(airline.iata, airline.name) for airline in AIRLINES.values()]
    aircraft = ["ATR 72-600", "Airbus A320neo", "Airbus A330-200", "Boeing 737-800"]
    destinations = list(DESTINATIONS)

    def flight(origin: str, day: date) -> dict[str, Any]:
        designator, airline = fake.random_element(airlines)
        delay = fake.random_int(-10, 180)
        return {
            "numero_vol": f"{designator}{fake.random_int(100, 9999)}",
            "compagnie": airline,
            "type_appareil": fake.random_element(aircraft),
            "aeroport_depart": origin,
            "pays_depart": AIRPORTS[origin].country,
            "destination": fake.random_element(destinations),
            "distance_vol_km": fake.pyfloat(min_value=100, max_value=9000, right_digits=1),
            "heure_depart": fake.time("%H:%M"),
            "jour_semaine": WEEKDAYS[day.weekday()],
            "mois": MONTHS[day.month - 1],
            "saison": season(AIRPORTS[origin], day.month),
            "retard_min": delay,
            "retard": delay >= _LATE_MIN,
            "date_vol": day,
        }

    def work() -> None:
        days = (place for place in _airport_days() for _ in range(_FLIGHTS_A_DAY))
        rows = [flight(origin, day) for origin, day in islice(days, job.rows)]
        assert len(rows) == job.rows  # noqa: S101

    yield work


@contextmanager
def _plain_weather(job: Job) -> Iterator[Work]:
    from faker import Faker

    from dataflow360.airports import AIRPORTS
    from dataflow360.faker_providers.weather import CONDITIONS

    fake = Faker("fr_FR")

    def observation(airport: str, day: date, hour: int) -> dict[str, Any]:
        return {
            "pays": AIRPORTS[airport].country,
            "aeroport": airport,
            "date_observation": day,
            "heure_observation": hour,
            "temperature": fake.pyfloat(min_value=15, max_value=45, right_digits=1),
            "humidite": fake.random_int(5, 100),
            "pression": fake.pyfloat(min_value=1000, max_value=1025, right_digits=1),
            "vitesse_vent": fake.pyfloat(min_value=0, max_value=60, right_digits=1),
            "direction_vent": fake.random_int(0, 359),
            "precipitations": fake.pyfloat(min_value=0, max_value=20, right_digits=1),
            "nebulosite": fake.random_int(0, 100),
            "visibilite": fake.pyfloat(min_value=0, max_value=20, right_digits=1),
            "point_rosee": fake.pyfloat(min_value=-5, max_value=28, right_digits=1),
            "conditions_meteo": fake.random_element(CONDITIONS),
        }

    def work() -> None:
        days = (place for place in _airport_days() for _ in range(_HOURS))
        places = zip(islice(days, job.rows), cycle(range(_HOURS)), strict=False)
        rows = [observation(airport, day, hour) for (airport, day), hour in places]
        assert len(rows) == job.rows  # noqa: S101

    yield work


FLIGHTS = Comparison(
    name="flights",
    title="making flights",
    rows=200_000,
    variants=(
        Variant("plain", "plain Faker loop", _plain_flights, most_rows=_PLAIN_ROWS),
        Variant("ours", "ours: FlightProvider, 48 a day and airport", _flight_provider),
        Variant("many", "ours: FlightProvider, 5,000 a day and airport", _many_flights_provider),
    ),
    targets=(
        Target("ours", "48 a day", "plain", 25),
        Target("many", "5,000 a day", "plain", 25),
    ),
)
WEATHER = Comparison(
    name="weather",
    title="making weather",
    rows=200_000,
    variants=(
        Variant("plain", "plain Faker loop", _plain_weather, most_rows=_PLAIN_ROWS),
        Variant("ours", "ours: WeatherProvider, day by day", _weather_provider),
        Variant("days", "ours: WeatherProvider, many days at once", _weather_days_provider),
    ),
    targets=(
        Target("ours", "day by day", "plain", 25),
        Target("days", "many days", "plain", 25),
    ),
)
