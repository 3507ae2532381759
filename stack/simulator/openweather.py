"""OpenWeather: current weather, and air pollution with its forecast and history."""

from datetime import UTC, datetime, timedelta
from math import acos, cos, degrees, exp, pi, radians, sin
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from dataflow360.airports import COUNTRY_CODES, Airport
from stack.simulator import places, weather
from stack.simulator.chance import share, whole
from stack.simulator.clock import Now
from stack.simulator.source import EMPTY, INVALID, Answer, Source
from stack.simulator.weather import Hour

_MESSAGES = {
    400: "Nothing to geocode",
    401: "Invalid API key. Please see https://openweathermap.org/faq#error401 for more info.",
    403: "Forbidden",
    404: "city not found",
    429: (
        "Your account is temporary blocked due to exceeding of requests limitation of your "
        "subscription type. Please choose the proper subscription https://openweathermap.org/price"
    ),
    500: "Internal server error",
    503: "Service unavailable",
}
_TEXT_CODES = (400, 404)


def _error(status: int) -> object:
    code = str(status) if status in _TEXT_CODES else status
    return {"cod": code, "message": _MESSAGES[status]}


WEATHER = Source(
    "openweather",
    "/openweather/",
    _error,
    {
        INVALID: Answer(200, {"version": 3, "current": {"temperature": "27.5", "sky": None}}),
        EMPTY: Answer(200, {}),
    },
)
AIR_POLLUTION = Source(
    "air_pollution",
    "/openweather/data/2.5/air_pollution",
    _error,
    {
        INVALID: Answer(200, {"version": 3, "air": {"index": "good"}}),
        EMPTY: Answer(200, {"coord": {"lon": 0, "lat": 0}, "list": []}),
    },
)

FIRST_HISTORY = datetime(2020, 11, 27, tzinfo=UTC)
"""Since when there is a history of air pollution."""

_FORECAST_HOURS = 96
_MOST_VISIBILITY_M = 10_000
_KELVIN = 273.15
_LATEST_MINUTES = 5


class _Sky(NamedTuple):
    id: int
    main: str
    english: str
    french: str
    icon: str


_CLOUDS = (
    (11, _Sky(800, "Clear", "clear sky", "ciel dégagé", "01")),
    (25, _Sky(801, "Clouds", "few clouds", "peu nuageux", "02")),
    (51, _Sky(802, "Clouds", "scattered clouds", "partiellement nuageux", "03")),
    (85, _Sky(803, "Clouds", "broken clouds", "nuageux", "04")),
    (101, _Sky(804, "Clouds", "overcast clouds", "couvert", "04")),
)
_RAIN = (
    (2.5, _Sky(500, "Rain", "light rain", "légère pluie", "10")),
    (7.6, _Sky(501, "Rain", "moderate rain", "pluie modérée", "10")),
    (1e9, _Sky(502, "Rain", "heavy intensity rain", "forte pluie", "10")),
)
_STORM = _Sky(211, "Thunderstorm", "thunderstorm", "orage", "11")
_DUST = _Sky(761, "Dust", "dust", "poussière", "50")

# Upper limits of four of the five classes, in microgram/m³: openweathermap.org/api/air-pollution.
_CLASSES = {
    "so2": (20, 80, 250, 350),
    "no2": (40, 70, 150, 200),
    "pm10": (20, 50, 100, 200),
    "pm2_5": (10, 25, 50, 75),
    "o3": (60, 100, 140, 180),
    "co": (4400, 9400, 12400, 15400),
}
_MISSING = -9999
_MISSING_SHARE = 0.01

router = APIRouter(prefix="/openweather/data/2.5")


@router.get("/weather")
async def current(
    now: Now,
    lat: str | None = None,
    lon: str | None = None,
    appid: str | None = None,
    units: str = "standard",
    lang: str = "en",
) -> Response:
    """The weather of the current hour."""
    found = _find(lat, lon, appid)
    if isinstance(found, Response):
        return found
    airport, latitude, longitude = found
    hour = now.replace(minute=0, second=0, microsecond=0)
    values = weather.at(airport.iata, hour)
    sky = _sky(values)
    sunrise, sunset = _sun(airport, hour)
    observed = hour + timedelta(seconds=whole(60, 60 * _LATEST_MINUTES, "dt", airport.iata, hour))
    temperature = _in_units(values.temperature, units)
    speed = values.wind_speed / 3.6
    body: dict[str, Any] = {
        "coord": {"lon": round(longitude, 4), "lat": round(latitude, 4)},
        "weather": [
            {
                "id": sky.id,
                "main": sky.main,
                "description": sky.french if lang == "fr" else sky.english,
                "icon": sky.icon + ("d" if sunrise <= observed < sunset else "n"),
            }
        ],
        "base": "stations",
        "main": {
            "temp": temperature,
            "feels_like": _in_units(_apparent(values), units),
            "temp_min": temperature,
            "temp_max": temperature,
            "pressure": round(values.pressure),
            "humidity": values.humidity,
            "sea_level": round(values.pressure),
            "grnd_level": round(values.pressure) - whole(1, 35, "ground", airport.iata),
        },
        "visibility": min(_MOST_VISIBILITY_M, round(values.visibility * 1000)),
        "wind": {"speed": _speed(speed, units), "deg": values.wind_direction},
        "clouds": {"all": values.cloud},
        "dt": _unix(observed),
        "sys": {
            "type": 1,
            "id": whole(1000, 9999, "station", airport.iata),
            "country": COUNTRY_CODES[airport.country],
            "sunrise": _unix(sunrise),
            "sunset": _unix(sunset),
        },
        "timezone": _shift(airport, hour),
        "id": whole(2_200_000, 3_400_000, "city", airport.iata),
        "name": airport.city,
        "cod": 200,
    }
    if values.storm:
        body["wind"]["gust"] = _speed(1.6 * speed, units)
    if values.rain:
        body["rain"] = {"1h": values.rain}
    return JSONResponse(body)


@router.get("/air_pollution")
async def air(
    now: Now, lat: str | None = None, lon: str | None = None, appid: str | None = None
) -> Response:
    """The air of the current hour."""
    return _air(lat, lon, appid, now, now)


@router.get("/air_pollution/forecast")
async def air_forecast(
    now: Now, lat: str | None = None, lon: str | None = None, appid: str | None = None
) -> Response:
    """The air of the next four days, by hour."""
    return _air(lat, lon, appid, now, now + timedelta(hours=_FORECAST_HOURS - 1))


@router.get("/air_pollution/history")
async def air_history(
    now: Now,
    lat: str | None = None,
    lon: str | None = None,
    appid: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> Response:
    """The air between two times (unix seconds, both included), by hour; never of the future."""
    found = _find(lat, lon, appid)
    if isinstance(found, Response):
        return found
    times = {name: _moment(text) for name, text in (("start", start), ("end", end))}
    wrong = [name for name, moment in times.items() if moment is None]
    if wrong:
        return JSONResponse({"cod": "400", "message": f"wrong {wrong[0]}"}, 400)
    first, last = times["start"], times["end"]
    assert first is not None and last is not None  # noqa: S101, PT018  # for the type checker
    return _air(lat, lon, appid, max(_full_hour_from(first), FIRST_HISTORY), min(last, now))


def _find(
    lat: str | None, lon: str | None, appid: str | None
) -> tuple[Airport, float, float] | Response:
    """The airport that a request is about and its position, or the error to answer."""
    if not appid:
        return JSONResponse(_error(401), 401)
    where = places.position(lat, lon)
    airport = places.near(*where) if where else None
    if where is None or airport is None:
        return JSONResponse(_error(400), 400)
    return airport, *where


def _air(
    lat: str | None, lon: str | None, appid: str | None, first: datetime, last: datetime
) -> Response:
    found = _find(lat, lon, appid)
    if isinstance(found, Response):
        return found
    airport, latitude, longitude = found
    hour = first.replace(minute=0, second=0, microsecond=0)
    entries = []
    while hour <= last:
        components = _components(airport, hour)
        entries.append(
            {"main": {"aqi": _aqi(components)}, "components": components, "dt": _unix(hour)}
        )
        hour += timedelta(hours=1)
    coord = {"lon": round(longitude, 4), "lat": round(latitude, 4)}
    return JSONResponse({"coord": coord, "list": entries})


def _components(airport: Airport, hour: datetime) -> dict[str, float]:
    """Concentrations in microgram/m³: dust as it hides the view, exhaust as the town drives."""
    values = weather.at(airport.iata, hour)
    name = (airport.iata, hour.isoformat())
    town = 0.6 + 0.8 * share("town", airport.iata)
    rush = 1 + 0.8 * sum(exp(-(((hour.hour - peak) / 2.5) ** 2)) for peak in (8, 19))
    washed = 1 / (1 + 0.3 * values.rain)
    exhaust = town * rush * washed * (0.8 + 0.4 * share("exhaust", *name))
    dust = 25 * (15 / max(values.visibility, 0.5)) ** 1.1 if values.haze else 25.0
    coarse = (dust + 12 * exhaust) * washed
    sun = max(0.0, sin((hour.hour - 6) / 12 * pi)) * (1 - 0.6 * values.cloud / 100)
    missing = share("nh3", *name) < _MISSING_SHARE
    return {
        "co": round(190 + 160 * exhaust, 2),
        "no": round(0.8 * exhaust * share("no", *name), 2),
        "no2": round(6 * exhaust, 2),
        "o3": round(28 + 45 * sun + 10 * share("o3", *name), 2),
        "so2": round(2.5 * exhaust * (0.5 + share("so2", *name)), 2),
        "pm2_5": round(0.3 * coarse + 5 * exhaust, 2),
        "pm10": round(coarse + 5 * exhaust, 2),
        "nh3": _MISSING if missing else round(1.2 * town + share("nh3-value", *name), 2),
    }


def _aqi(components: dict[str, float]) -> int:
    """OpenWeather's index, 1 (good) to 5 (very poor): that of the worst pollutant."""
    return max(
        1 + sum(components[name] >= limit for limit in limits) for name, limits in _CLASSES.items()
    )


def _sky(values: Hour) -> _Sky:
    if values.storm:
        return _STORM
    if values.rain:
        return next(sky for limit, sky in _RAIN if values.rain < limit)
    if values.haze:
        return _DUST
    return next(sky for limit, sky in _CLOUDS if values.cloud < limit)


def _apparent(values: Hour) -> float:
    """Apparent temperature in °C: R. G. Steadman, "Norms of apparent temperature", 1994."""
    vapour = (
        values.humidity
        / 100
        * 6.105
        * exp(17.27 * values.temperature / (237.7 + values.temperature))
    )
    return values.temperature + 0.33 * vapour - 0.7 * values.wind_speed / 3.6 - 4.0


def _in_units(celsius: float, units: str) -> float:
    if units == "metric":
        return round(celsius, 2)
    if units == "imperial":
        return round(celsius * 9 / 5 + 32, 2)
    return round(celsius + _KELVIN, 2)


def _speed(metres_per_second: float, units: str) -> float:
    return round(metres_per_second * 2.236936 if units == "imperial" else metres_per_second, 2)


def _sun(airport: Airport, hour: datetime) -> tuple[datetime, datetime]:
    """Sunrise and sunset of the day, to some minutes: the sun's declination and its hour angle."""
    declination = radians(-23.44) * cos(2 * pi * (hour.timetuple().tm_yday + 10) / 365.24)
    latitude = radians(airport.latitude)
    cosine = (sin(radians(-0.833)) - sin(latitude) * sin(declination)) / (
        cos(latitude) * cos(declination)
    )
    half = degrees(acos(cosine)) / 15
    noon = 12 - airport.longitude / 15
    midnight = hour.replace(hour=0)
    return midnight + timedelta(hours=noon - half), midnight + timedelta(hours=noon + half)


def _shift(airport: Airport, hour: datetime) -> int:
    offset = hour.astimezone(ZoneInfo(airport.timezone)).utcoffset() or timedelta()
    return round(offset.total_seconds())


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _full_hour_from(moment: datetime) -> datetime:
    """The first full hour that is not before ``moment``."""
    full = moment.replace(minute=0, second=0, microsecond=0)
    return full if full == moment else full + timedelta(hours=1)


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
