"""Open-Meteo, for the weather of past hours: the call (I/O) and the answer (pure).

Contract: https://open-meteo.com/en/docs/historical-weather-api. Data: CC BY 4.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from pydantic import BaseModel, FiniteFloat, ValidationError

from dataflow360.airports import AIRPORTS, nearest
from dataflow360.clients.http import Api, Session
from dataflow360.errors import FatalError
from dataflow360.pipeline.run import Interval
from dataflow360.records.meteo_aeroports import OPEN_METEO
from dataflow360.sources import openweather as sites
from dataflow360.sources.api.answers import first_fault
from dataflow360.sources.web.permission import require_opt_in

#: The archive is about five days behind; the forecast's own past fills the gap.
_ARCHIVE_LAG = timedelta(days=7)
_VARIABLES = {
    "temperature_2m": "temperature",
    "relative_humidity_2m": "humidite",
    "pressure_msl": "pression",
    "wind_speed_10m": "vitesse_vent",
    "wind_direction_10m": "direction_vent",
    "weather_code": "conditions",
    "cloud_cover": "nuages",
}
#: WMO code table 4677, as far as Open-Meteo uses it.
_CONDITIONS = {
    0: "ciel clair", 1: "principalement clair", 2: "partiellement nuageux", 3: "couvert",
    45: "brouillard", 48: "brouillard givrant",
    51: "bruine légère", 53: "bruine modérée", 55: "bruine dense",
    56: "bruine verglaçante légère", 57: "bruine verglaçante dense",
    61: "pluie légère", 63: "pluie modérée", 65: "pluie forte",
    66: "pluie verglaçante légère", 67: "pluie verglaçante forte",
    71: "neige légère", 73: "neige modérée", 75: "neige forte", 77: "neige en grains",
    80: "averses légères", 81: "averses modérées", 82: "averses violentes",
    85: "averses de neige légères", 86: "averses de neige fortes",
    95: "orage", 96: "orage avec grêle légère", 99: "orage avec grêle forte",
}  # fmt: skip


class _Hour(BaseModel):
    """One hour at one place."""

    latitude: FiniteFloat
    longitude: FiniteFloat
    time: datetime
    temperature_2m: FiniteFloat
    relative_humidity_2m: FiniteFloat
    pressure_msl: FiniteFloat
    wind_speed_10m: FiniteFloat
    wind_direction_10m: FiniteFloat
    weather_code: int
    cloud_cover: FiniteFloat


class _Answer(BaseModel):
    """The columns of an answer."""

    latitude: FiniteFloat
    longitude: FiniteFloat
    hourly: dict[str, list[Any]]


class OpenMeteo:
    """Open connections to Open-Meteo, for the hours of one data interval."""

    def __init__(self, session: Session, path: str, interval: Interval) -> None:
        """Work with an open session, which stays the caller's."""
        self._session = session
        self._path = path
        self._interval = interval

    def hours(self, iata: str) -> bytes:
        """The weather at an airport on the interval's days, hour by hour, as JSON.

        Raises:
            FatalError: Open-Meteo does not understand the call.
            RetriableError: It does not answer, or has too many calls of ours.
        """
        airport = AIRPORTS[iata]
        last = self._interval.end - timedelta(seconds=1)
        return self._session.get(
            self._path,
            {
                "latitude": airport.latitude,
                "longitude": airport.longitude,
                "hourly": ",".join(_VARIABLES),
                "start_date": f"{self._interval.start:%Y-%m-%d}",
                "end_date": f"{last:%Y-%m-%d}",
                "timezone": "GMT",
                "wind_speed_unit": "kmh",
            },
        )


@contextmanager
def session(interval: Interval, now: datetime) -> Iterator[OpenMeteo]:
    """Open connections, and close them in the end; safe to share by threads.

    Args:
        interval: Hours to ask for.
        now: The present, which decides whether the archive has them already.

    Raises:
        FatalError: The real Open-Meteo is set, but its use is not allowed in the settings.
    """
    archived = interval.end < now - _ARCHIVE_LAG
    host = sites.OPEN_METEO.address(None if archived else "recent_host")
    require_opt_in(sites.OPEN_METEO, host)
    api = Api("Open-Meteo", sites.OPEN_METEO.connection_id, host=host)
    with api.session() as opened:
        yield OpenMeteo(opened, "/v1/archive" if archived else "/v1/forecast", interval)


def records(answer: bytes, interval: Interval) -> list[bytes]:
    """The hours of an interval that an answer tells of, each as a JSON object of its own.

    An hour without any value is not told of: the archive does not have it yet.

    Raises:
        FatalError: The answer has another shape than the documentation says.
    """
    try:
        told = _Answer.model_validate_json(answer)
        times = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in told.hourly["time"]]
        columns = {name: told.hourly[name] for name in _VARIABLES}
        hours = [
            (time, dict(zip(columns, values, strict=True)))
            for time, *values in zip(times, *columns.values(), strict=True)
        ]
    except (ValidationError, KeyError, ValueError, TypeError) as error:
        raise FatalError(
            f"Open-Meteo's answer has another shape than documented ({type(error).__name__}: "
            f"{str(error).splitlines()[0][:200]}); compare its documentation "
            "with sources/openweather/open_meteo.py."
        ) from error
    place = {"latitude": told.latitude, "longitude": told.longitude}
    return [
        orjson.dumps({**place, "time": f"{time:%Y-%m-%dT%H:%M}", **values})
        for time, values in hours
        if interval.start <= time < interval.end and any(v is not None for v in values.values())
    ]


def is_record(raw: bytes) -> bool:
    """Whether a record is an hour of Open-Meteo's."""
    return b'"latitude"' in raw


def row_of(raw: bytes) -> dict[str, Any] | str:
    """An hour as a row, or the reason why it is none."""
    try:
        hour = _Hour.model_validate_json(raw)
    except ValidationError as error:
        return first_fault(error)
    airport = nearest(hour.latitude, hour.longitude)
    if airport is None:
        return f"{hour.latitude}, {hour.longitude} is not beside any known airport"
    conditions = _CONDITIONS.get(hour.weather_code)
    if conditions is None:
        return f"weather_code {hour.weather_code} is not in WMO's table as Open-Meteo uses it"
    return {
        "timestamp": hour.time.replace(tzinfo=None),
        "pays": airport.country,
        "ville": airport.city,
        "aeroport": airport.iata,
        "temperature": hour.temperature_2m,
        "humidite": round(hour.relative_humidity_2m),
        "pression": hour.pressure_msl,
        "vitesse_vent": hour.wind_speed_10m,
        "direction_vent": round(hour.wind_direction_10m),
        "conditions": conditions,
        "nuages": round(hour.cloud_cover),
        "provenance": OPEN_METEO,
    }
