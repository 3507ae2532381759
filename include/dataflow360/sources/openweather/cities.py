"""Weather and air of each city: of the hour that has just ended, or the air of a past one.

A record is two answers of OpenWeather about one airport, both needed. OpenWeather's free plan
tells the weather of the present only; the air is known by the hour since 2020-11-27, so that a
past interval has the measurements of the air alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from dataflow360.airports import Airport, nearest
from dataflow360.clients import redis
from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import DataFlowError, FatalError, SkippableError
from dataflow360.pipeline.chunk import Missing
from dataflow360.pipeline.run import Interval, Run
from dataflow360.records.mesures_villes import MEASUREMENTS
from dataflow360.sources.api.answers import answers_of, first_fault, records_of
from dataflow360.sources.openweather import api
from dataflow360.sources.openweather.present import is_present
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import by_record

#: Since when OpenWeather keeps a history of air pollution.
HISTORY_BEGINS = datetime(2020, 11, 27, tzinfo=UTC)

#: What OpenWeather says where it knows no concentration.
_UNKNOWN = -9999
_LAST_SECOND = 4_102_444_800  # until 2100


class _Place(BaseModel):
    lat: FiniteFloat
    lon: FiniteFloat


class _Main(BaseModel):
    temp: FiniteFloat
    feels_like: FiniteFloat | None = None
    pressure: FiniteFloat
    humidity: FiniteFloat


class _Wind(BaseModel):
    speed: FiniteFloat
    deg: FiniteFloat | None = None


class _Clouds(BaseModel):
    all: FiniteFloat


class _Weather(BaseModel):
    """What is read of an answer about the current weather."""

    coord: _Place
    main: _Main
    visibility: FiniteFloat | None = None
    wind: _Wind
    clouds: _Clouds
    dt: int = Field(ge=0, le=_LAST_SECOND)


class _Components(BaseModel):
    """Concentrations in µg/m³."""

    co: FiniteFloat | None = None
    no: FiniteFloat | None = None
    no2: FiniteFloat | None = None
    o3: FiniteFloat | None = None
    so2: FiniteFloat | None = None
    pm2_5: FiniteFloat | None = None
    pm10: FiniteFloat | None = None
    nh3: FiniteFloat | None = None


class _Index(BaseModel):
    aqi: int = Field(ge=1, le=5)


class _Air(BaseModel):
    dt: int = Field(ge=0, le=_LAST_SECOND)
    main: _Index
    components: _Components


class _AirPollution(BaseModel):
    """What is read of an answer about the air; documented coordinates are an array."""

    coord: _Place | tuple[FiniteFloat, FiniteFloat]
    hours: list[_Air] = Field(alias="list", min_length=1)


class _Record(BaseModel):
    """The answers that make one row."""

    weather: _Weather | None = None
    air_pollution: _AirPollution


class _Hour(BaseModel):
    dt: int


class _History(BaseModel):
    """As much of a history as cuts it into hours."""

    coord: Any
    hours: list[dict[str, Any]] = Field(alias="list")


def title(run: Run) -> str:
    """What a run fetches: the measurements of its interval, or the air alone."""
    source = "OpenWeather" if is_present(run) else "OpenWeather's history of the air"
    return f"{source}, {run.interval.start:%Y-%m-%d %H:%M}"


def fetch(request: AirportsRequest, run: Run) -> Iterator[list[bytes] | Missing]:
    """One record of each city for an hourly interval.

    Raises:
        SkippableError: The interval lies before OpenWeather's history.
    """
    if run.interval.end <= HISTORY_BEGINS:
        raise SkippableError(
            f"OpenWeather's history of air pollution begins on {HISTORY_BEGINS:%Y-%m-%d}; there is "
            f"nothing for {run.interval.start:%Y-%m-%d %H:%M}."
        )
    return _present(request, run) if is_present(run) else _past(request, run)


def _present(request: AirportsRequest, run: Run) -> Iterator[list[bytes] | Missing]:
    scope = run.scope(refetch=request.refetch)
    with redis.connect() as client, api.session(client) as session:
        # The DAG openweather asks for the same weather: whoever comes second has the answers.
        weather = answers_of(
            request.airports, session.current_weather, RawAnswers(client, "openweather", scope)
        )
        air = answers_of(
            request.airports, session.air_pollution, RawAnswers(client, "openweather-air", scope)
        )
        for (iata, sky), (_, pollution) in zip(weather, air, strict=True):
            if isinstance(sky, DataFlowError):
                yield Missing(iata, sky)
            elif isinstance(pollution, DataFlowError):
                yield Missing(iata, pollution)
            else:
                yield [b'{"weather":%b,"air_pollution":%b}' % (sky, pollution)]


def _past(request: AirportsRequest, run: Run) -> Iterator[list[bytes] | Missing]:
    interval, scope = run.interval, run.scope(refetch=request.refetch)
    with redis.connect() as client, api.session(client) as session:
        kept = RawAnswers(client, "openweather-air-history", scope)
        yield from records_of(
            answers_of(
                request.airports,
                lambda iata: session.air_pollution_history(iata, interval),
                kept,
            ),
            lambda answer: hours_of(answer, interval),
            SkippableError(
                f"OpenWeather does not know the air of {interval.start:%Y-%m-%d %H:%M}."
            ),
        )


def hours_of(answer: bytes, interval: Interval) -> list[bytes]:
    """The hours of an interval that a history tells of, each as a record of its own.

    Raises:
        FatalError: The answer has another shape than a history has.
    """
    try:
        history = _History.model_validate_json(answer)
        hours = [(_Hour.model_validate(hour).dt, hour) for hour in history.hours]
    except ValidationError as error:
        raise FatalError(
            f"OpenWeather's history of the air has another shape ({first_fault(error)}); compare "
            "it with the API's documentation and mend sources/openweather/cities.py."
        ) from error
    first, end = interval.start.timestamp(), interval.end.timestamp()
    return [
        orjson.dumps({"air_pollution": {"coord": history.coord, "list": [hour]}})
        for moment, hour in hours
        if first <= moment < end
    ]


def row_of(raw: bytes) -> dict[str, Any] | str:
    """A record as a row, or the reason why it is none.

    The city is the one beside the coordinates that the answers name. The moment is that of the
    weather where there is one, else that of the air.
    """
    try:
        record = _Record.model_validate_json(raw)
    except ValidationError as error:
        return first_fault(error)
    air = record.air_pollution.hours[0]
    airport = _airport(record.air_pollution.coord)
    if airport is None:
        return f"air_pollution.coord {record.air_pollution.coord} is not beside any known airport"
    moment = air.dt
    values: dict[str, Any] = dict.fromkeys(MEASUREMENTS)
    if record.weather is not None:
        place = record.weather.coord
        if nearest(place.lat, place.lon) != airport:
            return f"its weather is of another place ({place.lat}, {place.lon}) than {airport.iata}"
        moment = record.weather.dt
        values |= _weather_values(record.weather)
    values |= {
        name: None if value == _UNKNOWN else value
        for name, value in air.components.model_dump().items()
    }
    return {
        "ville": airport.city,
        "pays": airport.country,
        "aeroport": airport.iata,
        "timestamp": datetime.fromtimestamp(moment, UTC).replace(tzinfo=None),
        **values,
        "aqi": air.main.aqi,
    }


def _weather_values(weather: _Weather) -> dict[str, float | int | None]:
    return {
        "temp": weather.main.temp,
        "feels_like": weather.main.feels_like,
        "pressure": weather.main.pressure,
        "humidity": round(weather.main.humidity),
        "visibility": None if weather.visibility is None else round(weather.visibility),
        "wind_speed": weather.wind.speed,
        "wind_deg": None if weather.wind.deg is None else round(weather.wind.deg),
        "clouds": round(weather.clouds.all),
    }


def _airport(place: _Place | tuple[float, float]) -> Airport | None:
    """The airport beside a place; where it is an array, no document says what comes first."""
    if isinstance(place, _Place):
        return nearest(place.lat, place.lon)
    return nearest(*place) or nearest(*reversed(place))


parse = by_record("mesures_villes", row_of)
