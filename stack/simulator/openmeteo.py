"""Open-Meteo: the archive and the forecast, by hour."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from dataflow360.airports import Airport
from stack.simulator import places, weather
from stack.simulator.chance import whole
from stack.simulator.clock import Now
from stack.simulator.source import EMPTY, INVALID, Answer, Source
from stack.simulator.weather import Hour

_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Minutely API request limit exceeded. Please try again in one minute.",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _error(status: int) -> object:
    return {"error": True, "reason": _REASONS[status]}


SOURCE = Source(
    "openmeteo",
    "/openmeteo/",
    _error,
    {
        INVALID: Answer(200, {"version": 3, "hours": [{"time": "00:00", "t": "27.5"}]}),
        EMPTY: Answer(200, {"hourly_units": {"time": "iso8601"}, "hourly": {"time": []}}),
    },
)

FIRST_DAY = date(1940, 1, 1)
LAG_DAYS = 5
"""How far the archive is behind."""
PAST_DAYS = 92
"""How far back the forecast goes."""
FORECAST_DAYS = 16
_USUAL_FORECAST_DAYS = 7

_SPEEDS = {"kmh": (1.0, "km/h"), "ms": (1 / 3.6, "m/s"), "mph": (0.621371, "mp/h"),
           "kn": (0.539957, "kn")}  # fmt: skip

_CODES_OF_CLOUD = ((20, 0), (50, 1), (80, 2), (101, 3))
_CODES_OF_RAIN = ((0.5, 51), (1.0, 53), (1.3, 55), (2.5, 61), (7.6, 63), (1e9, 65))
_CODE_OF_STORM = 95

Value = Callable[[Hour], float]
Known = Callable[[str, datetime], bool]


def _code(values: Hour) -> int:
    """The weather by WMO's code table 4677, as far as Open-Meteo uses it."""
    if values.storm:
        return _CODE_OF_STORM
    if values.rain:
        return next(code for limit, code in _CODES_OF_RAIN if values.rain < limit)
    return next(code for limit, code in _CODES_OF_CLOUD if values.cloud < limit)


# Unit and value of each variable; those without a unit have the wind's.
_VARIABLES: dict[str, tuple[str, Value]] = {
    "temperature_2m": ("°C", lambda hour: hour.temperature),
    "relative_humidity_2m": ("%", lambda hour: hour.humidity),
    "dew_point_2m": ("°C", lambda hour: hour.dew_point),
    "precipitation": ("mm", lambda hour: hour.rain),
    "rain": ("mm", lambda hour: hour.rain),
    "weather_code": ("wmo code", _code),
    "pressure_msl": ("hPa", lambda hour: hour.pressure),
    "surface_pressure": ("hPa", lambda hour: round(hour.pressure - 2.0, 1)),
    "cloud_cover": ("%", lambda hour: hour.cloud),
    "visibility": ("m", lambda hour: round(1000 * hour.visibility, 1)),
    "wind_speed_10m": ("", lambda hour: hour.wind_speed),
    "wind_gusts_10m": ("", lambda hour: round(1.6 * hour.wind_speed, 1)),
    "wind_direction_10m": ("°", lambda hour: hour.wind_direction),
}
_NOT_ARCHIVED = "visibility"

router = APIRouter(prefix="/openmeteo/v1")


class _RefusedError(Exception):
    """The request is wrong, for the reason that the message gives."""


@dataclass(frozen=True)
class Query:
    """The parameters of a request, by Open-Meteo's names."""

    latitude: str = ""
    longitude: str = ""
    hourly: str = ""
    start_date: str = ""
    end_date: str = ""
    timezone: str = "GMT"
    wind_speed_unit: str = "kmh"


@router.get("/archive")
async def archive(now: Now, query: Annotated[Query, Depends()]) -> Response:
    """The past, from 1940; the last days and the hours that are still to come are null."""
    known_before = datetime.combine(now.date() - timedelta(days=LAG_DAYS), time(), UTC)
    return _answer(
        query,
        (FIRST_DAY, now.date()),
        lambda name, moment: moment < known_before and name != _NOT_ARCHIVED,
    )


@router.get("/forecast")
async def forecast(now: Now, query: Annotated[Query, Depends()]) -> Response:
    """The recent past and the next days; without dates, a week from today."""
    today = now.date()
    usual_end = today + timedelta(days=_USUAL_FORECAST_DAYS - 1)
    query = replace(
        query,
        start_date=query.start_date or today.isoformat(),
        end_date=query.end_date or usual_end.isoformat(),
    )
    allowed = today - timedelta(days=PAST_DAYS), today + timedelta(days=FORECAST_DAYS - 1)
    return _answer(query, allowed, lambda _name, _moment: True)


def _answer(query: Query, allowed: tuple[date, date], known: Known) -> Response:
    """The columns, or the reason why there are none; a value that is not ``known`` is null."""
    try:
        return JSONResponse(
            _columns(
                _place(query.latitude, query.longitude),
                _names(query.hourly),
                _days(query.start_date, query.end_date, *allowed),
                query,
                known,
            )
        )
    except _RefusedError as refused:
        return JSONResponse({"error": True, "reason": str(refused)}, 400)


def _place(latitude: str, longitude: str) -> Airport:
    where = places.position(latitude, longitude)
    if where is None:
        raise _RefusedError(
            "Latitude must be in range of -90 to 90° and longitude in range of -180 to 180°. "
            f"Given: {latitude}, {longitude}."
        )
    airport = places.near(*where)
    if airport is None:
        raise _RefusedError("No data is available for this location")
    return airport


def _names(hourly: str) -> list[str]:
    names = [name for name in hourly.split(",") if name]
    for name in names:
        if name not in _VARIABLES:
            raise _RefusedError(
                "Data corrupted at path ''. Cannot initialize VariableHourly from invalid "
                f"String value {name}."
            )
    return names


def _days(first: str, last: str, earliest: date, latest: date) -> list[date]:
    if not first or not last:
        raise _RefusedError("Parameter 'start_date' and 'end_date' must be set")
    ends = {}
    for name, text in (("start_date", first), ("end_date", last)):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise _RefusedError("Invalid date format. Make sure to use 'YYYY-MM-DD'") from None
        if not earliest <= day <= latest:
            raise _RefusedError(
                f"Parameter '{name}' is out of allowed range from {earliest} to {latest}"
            )
        ends[name] = day
    if ends["end_date"] < ends["start_date"]:
        raise _RefusedError("End-date must be larger or equals than start-date")
    count = (ends["end_date"] - ends["start_date"]).days + 1
    return [ends["start_date"] + timedelta(days=i) for i in range(count)]


def _columns(
    airport: Airport,
    names: list[str],
    days: list[date],
    query: Query,
    known: Known,
) -> dict[str, Any]:
    """The answer, one array a variable."""
    if query.wind_speed_unit not in _SPEEDS:
        raise _RefusedError(
            "Data corrupted at path ''. Cannot initialize WindspeedUnit from invalid String value "
            f"{query.wind_speed_unit}."
        )
    factor, speed_unit = _SPEEDS[query.wind_speed_unit]
    zone = _zone(query.timezone, airport)
    moments = list(_moments(days, zone))
    hours = [weather.at(airport.iata, moment) for moment in moments]
    units = {"time": "iso8601"}
    columns: dict[str, list[Any]] = {
        "time": [moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") for moment in moments]
    }
    for name in names:
        unit, value = _VARIABLES[name]
        units[name] = unit or speed_unit
        scale = 1.0 if unit else factor
        columns[name] = [
            _scaled(value(hour), scale) if known(name, moment) else None
            for moment, hour in zip(moments, hours, strict=True)
        ]
    offset = moments[0].astimezone(zone)
    body: dict[str, Any] = {
        "latitude": round(airport.latitude, 2),
        "longitude": round(airport.longitude, 2),
        "generationtime_ms": 0.25,
        "utc_offset_seconds": int((offset.utcoffset() or timedelta()).total_seconds()),
        "timezone": str(zone),
        "timezone_abbreviation": offset.tzname(),
        "elevation": float(whole(3, 300, "elevation", airport.iata)),
    }
    if names:
        body |= {"hourly_units": units, "hourly": columns}
    return body


def _scaled(value: float, factor: float) -> float:
    return value if factor == 1 else round(value * factor, 2)


def _zone(timezone: str, airport: Airport) -> ZoneInfo:
    try:
        return ZoneInfo(airport.timezone if timezone == "auto" else timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _RefusedError("Invalid timezone") from None


def _moments(days: list[date], zone: ZoneInfo) -> Iterator[datetime]:
    """The hours of the days in a time zone, in UTC."""
    first = datetime.combine(days[0], time(), zone).astimezone(UTC)
    last = datetime.combine(days[-1] + timedelta(days=1), time(), zone).astimezone(UTC)
    while first < last:
        yield first
        first += timedelta(hours=1)
