"""OpenWeather: the calls (I/O), and the answer that tells the current weather (pure).

Contracts: https://openweathermap.org/current, units=metric, lang=fr, and
https://openweathermap.org/api/air-pollution.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from dataflow360.airports import AIRPORTS, nearest
from dataflow360.clients import rate_limit
from dataflow360.clients.http import Api, Session
from dataflow360.clients.rate_limit import RateLimit
from dataflow360.pipeline.run import Interval
from dataflow360.records.meteo_aeroports import OPENWEATHER
from dataflow360.sources import openweather as sites
from dataflow360.sources.api.answers import first_fault

API = Api("OpenWeather", sites.OPENWEATHER.connection_id, "appid", sites.OPENWEATHER.key_setting)
#: The free plan's limit, for all calls of all workers.
CALLS_PER_MINUTE = rate_limit.CALLS_PER_MINUTE["openweather"]

_KM_PER_H = 3.6


class _Place(BaseModel):
    lat: FiniteFloat
    lon: FiniteFloat


class _Main(BaseModel):
    temp: FiniteFloat
    pressure: FiniteFloat
    humidity: FiniteFloat


class _Wind(BaseModel):
    speed: FiniteFloat
    deg: FiniteFloat | None = None


class _Clouds(BaseModel):
    all: FiniteFloat


class _Condition(BaseModel):
    description: str


class _Current(BaseModel):
    """What the project reads of an answer."""

    coord: _Place
    weather: list[_Condition] = Field(min_length=1)
    main: _Main
    wind: _Wind
    clouds: _Clouds
    dt: int = Field(ge=0, le=4_102_444_800)  # until 2100


class OpenWeather:
    """Open connections to OpenWeather, within its limit of calls."""

    def __init__(self, session: Session, limit: RateLimit) -> None:
        """Work with an open session, which stays the caller's."""
        self._session = session
        self._limit = limit

    def current_weather(self, iata: str) -> bytes:
        """The present weather at an airport, as JSON.

        Raises:
            FatalError: The key is refused, or the place.
            RetriableError: OpenWeather does not answer, or has too many calls of ours.
        """
        airport = AIRPORTS[iata]
        return self._session.get(
            "/data/2.5/weather",
            {"lat": airport.latitude, "lon": airport.longitude, "units": "metric", "lang": "fr"},
            self._limit.wait,
        )

    def air_pollution(self, iata: str) -> bytes:
        """The present air at an airport, as JSON.

        Raises:
            FatalError: The key is refused, or the place.
            RetriableError: OpenWeather does not answer, or has too many calls of ours.
        """
        airport = AIRPORTS[iata]
        return self._session.get(
            "/data/2.5/air_pollution",
            {"lat": airport.latitude, "lon": airport.longitude},
            self._limit.wait,
        )

    def air_pollution_history(self, iata: str, interval: Interval) -> bytes:
        """The air at an airport in each hour of an interval of the past, as JSON.

        Raises:
            FatalError: The key is refused, or the place.
            RetriableError: OpenWeather does not answer, or has too many calls of ours.
        """
        airport = AIRPORTS[iata]
        return self._session.get(
            "/data/2.5/air_pollution/history",
            {
                "lat": airport.latitude,
                "lon": airport.longitude,
                "start": int(interval.start.timestamp()),
                "end": int(interval.end.timestamp()) - 1,  # both ends are included
            },
            self._limit.wait,
        )


@contextmanager
def session(redis_client: Any) -> Iterator[OpenWeather]:
    """Open connections, and close them in the end; safe to share by threads.

    Args:
        redis_client: Where the calls of all workers are counted.
    """
    with API.session() as opened:
        yield OpenWeather(opened, RateLimit(redis_client, "openweather", CALLS_PER_MINUTE))


def row_of(answer: bytes) -> dict[str, Any] | str:
    """An answer as a row, or the reason why it is none.

    Metres a second become km/h, as everywhere at rest. The airport is the one beside the
    coordinates that the answer names.
    """
    try:
        current = _Current.model_validate_json(answer)
    except ValidationError as error:
        return first_fault(error)
    airport = nearest(current.coord.lat, current.coord.lon)
    if airport is None:
        return f"coord {current.coord.lat}, {current.coord.lon} is not beside any known airport"
    return {
        "timestamp": datetime.fromtimestamp(current.dt, UTC).replace(tzinfo=None),
        "pays": airport.country,
        "ville": airport.city,
        "aeroport": airport.iata,
        "temperature": current.main.temp,
        "humidite": round(current.main.humidity),
        "pression": current.main.pressure,
        "vitesse_vent": round(current.wind.speed * _KM_PER_H, 2),
        "direction_vent": None if current.wind.deg is None else round(current.wind.deg),
        "conditions": current.weather[0].description.strip(),
        "nuages": round(current.clouds.all),
        "provenance": OPENWEATHER,
    }
