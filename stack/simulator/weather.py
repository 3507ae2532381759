"""The weather at an airport in an hour, as all simulated sources tell it."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from dataflow360.faker_providers.weather import Weather, simulate


class Hour(NamedTuple):
    """Weather in one hour.

    °C, %, hPa, km/h, degrees that the wind comes from, mm, %, km, °C; whether there is a
    thunderstorm or the harmattan's dust.
    """

    temperature: float
    humidity: int
    pressure: float
    wind_speed: float
    wind_direction: int
    rain: float
    cloud: int
    visibility: float
    dew_point: float
    storm: bool
    haze: bool


def at(airport: str, moment: datetime) -> Hour:
    """Weather at an airport (IATA) in the hour of ``moment``."""
    utc = moment.astimezone(UTC)
    day = _day(airport, utc.date())
    return Hour(*(getattr(day, name)[0, utc.hour].item() for name in Hour._fields))


@lru_cache(maxsize=2048)
def _day(airport: str, day: date) -> Weather:
    return simulate(airport, [day])
