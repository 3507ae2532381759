"""Synthetic hourly weather of the West African airports, after their approximate climate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from faker.providers import BaseProvider

from dataflow360.airports import AIRPORTS
from dataflow360.faker_providers.climate import (
    CLIMATES,
    dew_point,
    relative_humidity,
    through_the_year,
)
from dataflow360.faker_providers.draws import (
    Floats,
    Vocabulary,
    dates,
    generator,
    normals,
    numbers,
    repeated,
    tenths,
)

HOURS: Final = 24

WEATHER_SCHEMA: Final = pa.schema(
    {
        "pays": pa.string(),
        "aeroport": pa.string(),
        "date_observation": pa.date32(),
        "heure_observation": pa.int8(),
        "temperature": pa.float64(),
        "humidite": pa.int16(),
        "pression": pa.float64(),
        "vitesse_vent": pa.float64(),
        "direction_vent": pa.int16(),
        "precipitations": pa.float64(),
        "nebulosite": pa.int16(),
        "visibilite": pa.float64(),
        "point_rosee": pa.float64(),
        "conditions_meteo": pa.string(),
    }
)
"""Columns of a table of weather, in the order of the CSV format."""

CONDITIONS: Final = (
    "Ciel clair",
    "Principalement clair",
    "Partiellement nuageux",
    "Couvert",
    "Bruine légère",
    "Bruine modérée",
    "Bruine dense",
    "Pluie légère",
    "Pluie modérée",
    "Pluie forte",
    "Orage",
    "Brume sèche",
)
"""The weather in words: by cloud cover, then by rain, then what is seen before either."""

CLOUD_LIMITS: Final = np.array([20, 50, 80], dtype=np.int16)
"""% of cloud from which the sky is the next of the first four `CONDITIONS` (Open-Meteo's)."""

RAIN_LIMITS: Final = np.array([0.5, 1.0, 1.3, 2.5, 7.6])
"""mm in an hour from which rain is the next of the six `CONDITIONS` of rain (Open-Meteo's)."""

_FIRST_RAIN = CONDITIONS.index("Bruine légère")
_STORM = CONDITIONS.index("Orage")
_HAZE = CONDITIONS.index("Brume sèche")
_WORDS: Final = Vocabulary(CONDITIONS)

# Dry haze as in WMO's Manual on Codes (4677, 05 to 09): dust hides what is further than 5 km.
HAZE_VISIBILITY_KM: Final = 5.0
_HAZE_HUMIDITY = 80
_STORM_RAIN_MM = 2.5
_DRIZZLE_CLOUD = 80.0

# Random numbers of a day: some for its events, pairs for normal numbers, some for each hour.
_EVENTS = 5
_DAILY = 8
_NORMALS = _DAILY + 16
_HOURLY = 6
_PARTS: Final = tuple(_EVENTS + _NORMALS * i for i in range(3))
_DRAWS = _PARTS[-1] + _HOURLY * HOURS
_LEAP_YEAR = 2000
_NEW_YEAR = date(_LEAP_YEAR, 1, 1).toordinal()
_VISIBILITY_MISSING = 0.3

_HOUR: Final = np.arange(HOURS)
_HOUR_NUMBER: Final = _HOUR.astype(np.int8)
_TURN: Final = 2.0 * np.pi * _HOUR / HOURS
_WAVES: Final = (np.cos(_TURN), np.sin(_TURN), np.cos(2 * _TURN), np.sin(2 * _TURN))


@dataclass(frozen=True, slots=True)
class Weather:
    """Hourly weather at one airport: arrays of shape (days, 24), hours in UTC.

    Units are those of the table; `visibility` is known in every hour, `reported` says where an
    observer wrote it down. `storm` marks thunderstorms, `haze` the harmattan's dust.
    """

    temperature: Floats
    humidity: npt.NDArray[np.int16]
    pressure: Floats
    wind_speed: Floats
    wind_direction: npt.NDArray[np.int16]
    rain: Floats
    cloud: npt.NDArray[np.int16]
    visibility: Floats
    reported: npt.NDArray[np.bool_]
    dew_point: Floats
    storm: npt.NDArray[np.bool_]
    haze: npt.NDArray[np.bool_]


class _Normals(NamedTuple):
    """What is usual on a day of the year: arrays of shape (366,), or (days, 1) once picked.

    `chance` is that of rain, `depth` the mean rain in mm of a day that has some; `east` and
    `north` are the direction that the prevailing wind comes from, as a vector.
    """

    coldest: Floats
    warmest: Floats
    humidity: Floats
    dust: Floats
    chance: Floats
    depth: Floats
    pressure: Floats
    east: Floats
    north: Floats


@dataclass(frozen=True, slots=True)
class _Site:
    """What is known of an airport before any day is drawn.

    `normals` has the 366 values of each of `_Normals`; the others are curves over the 24 hours
    (UTC): part of the day's warming, tide of the pressure in hPa, sea breeze as a vector, usual
    wind speed in km/h.
    """

    normals: Floats
    warmth: Floats
    tide: Floats
    breeze_east: Floats
    breeze_north: Floats
    wind_speed: Floats
    solar_offset: float
    inland: bool


def _towards(degrees: float) -> tuple[float, float]:
    angle = np.radians(degrees)
    return float(np.sin(angle)), float(np.cos(angle))


_HARMATTAN: Final = _towards(35.0)
_DAWN = 6.0
_WARMING = 9.0


def _warmth(solar_hour: npt.NDArray[np.floating]) -> Floats:
    """Part of the day's range of temperature above its minimum: 0 at 6 h, 1 at 15 h solar time."""
    since_dawn = (solar_hour - _DAWN) % 24.0
    rising = (1.0 - np.cos(np.pi * since_dawn / _WARMING)) / 2.0
    falling = (1.0 + np.cos(np.pi * (since_dawn - _WARMING) / (24.0 - _WARMING))) / 2.0
    return np.where(since_dawn < _WARMING, rising, falling**1.25)


@cache
def _site(iata: str) -> _Site:
    climate, airport = CLIMATES[iata], AIRPORTS[iata]
    # The sun, not the clock, drives the day: solar time is UTC and 4 minutes a degree of longitude.
    offset = airport.longitude / 15.0
    solar = _HOUR + offset
    warmth = _warmth(solar)
    inland = climate.wind.sea is None
    breeze = (0.0, 0.0) if climate.wind.sea is None else _towards(climate.wind.sea)
    rain = through_the_year(climate.rain) * 12.0 / 366.0
    chance = np.minimum(0.93, rain / 11.0)
    monsoon = np.minimum(1.0, 2.2 * chance)
    dry, wet = _towards(climate.wind.dry), _towards(climate.wind.monsoon)
    summer = np.cos(2.0 * np.pi * (np.arange(366.0) - 215.0) / 366.0)
    normals_of_year = _Normals(
        coldest=through_the_year(climate.coldest),
        warmest=through_the_year(climate.warmest),
        humidity=through_the_year(climate.humidity),
        dust=through_the_year(climate.dust),
        chance=chance,
        depth=rain / chance,
        pressure=1012.0 + (-0.6 if inland else 1.3) * summer,
        east=(1.0 - monsoon) * dry[0] + monsoon * wet[0],
        north=(1.0 - monsoon) * dry[1] + monsoon * wet[1],
    )
    return _Site(
        normals=np.array(normals_of_year),
        warmth=warmth,
        # The tropical half-daily tide of pressure is highest at 10 and 22 h solar time.
        tide=1.2 * np.cos(4.0 * np.pi * (solar - 10.0) / 24.0)
        + 0.4 * np.cos(2.0 * np.pi * (solar - 8.0) / 24.0),
        breeze_east=0.6 * breeze[0] * warmth,
        breeze_north=0.6 * breeze[1] * warmth,
        wind_speed=climate.wind.speed * (0.7 + 0.6 * warmth),
        solar_offset=offset,
        inland=inland,
    )


def _wanders(z: Floats) -> Floats:
    """Four curves of about unit variance through each day, of shape (4, days, 24).

    Each comes from four of the 16 normal numbers in `z`, of shape (16, days, 1). Sums are written
    out, as a matrix product may round differently for one day than for many.
    """
    a, b, c, d = z.reshape(4, 4, -1, 1)
    return (a * _WAVES[0] + b * _WAVES[1] + 0.6 * (c * _WAVES[2] + d * _WAVES[3])) / 1.17


def _rain(site: _Site, usual: _Normals, events: Floats, noise: Floats, cloud: Floats) -> Floats:
    """Rain in mm an hour: at most one event a day, and drizzle from a thick sky over the coast."""
    falls, much, start_at, length, _ = events
    amount = np.where(falls < usual.chance, -usual.depth * np.log(1.0 - much), 0.0)
    # Inland it rains from afternoon to night, when the ground has been heated; at sea at any hour.
    solar_start = 15.0 + 10.0 * start_at if site.inland else 24.0 * start_at
    since = _HOUR - np.floor((solar_start - site.solar_offset) % 24.0)
    decay = 0.7 + (2.5 if site.inland else 5.0) * length * length
    profile = np.where(since >= 0, np.exp(-np.maximum(since, 0.0) / decay), 0.0) * (0.4 + noise)
    rain = amount * profile / profile.sum(axis=1, keepdims=True)
    if not site.inland:
        drizzling = (cloud > _DRIZZLE_CLOUD) & (noise < 0.15 * usual.chance)
        rain = np.where(drizzling, rain + 0.15 + noise, rain)
    return tenths(np.minimum(rain, 95.0))


def _direction(site: _Site, usual: _Normals, dusty: Floats, veer: Floats) -> npt.NDArray[np.int16]:
    """Degrees the wind comes from: prevailing wind, harmattan, sea breeze; turned by `veer`."""
    east = usual.east + 0.9 * dusty * _HARMATTAN[0] + site.breeze_east
    north = usual.north + 0.9 * dusty * _HARMATTAN[1] + site.breeze_north
    direction = np.rint(np.degrees(np.arctan2(east, north)) + veer) % 360.0
    return direction.astype(np.int16)


def simulate(airport: str, days: Sequence[date]) -> Weather:
    """Weather at `airport` (IATA) on `days`, every hour; each day depends on nothing but itself.

    Raises:
        ValueError: `airport` is not one of `AIRPORTS`.
    """
    if airport not in AIRPORTS:
        raise ValueError(f"unknown airport {airport!r}: choose one of {', '.join(AIRPORTS)}")
    drawn = np.empty((len(days), _DRAWS))
    for row, day in zip(drawn, days, strict=True):
        generator("donnees_meteo", airport, day).random(out=row)
    day_of_year = [day.replace(year=_LEAP_YEAR).toordinal() - _NEW_YEAR for day in days]
    site = _site(airport)
    daily = drawn.T[:, :, None]
    first, second, third = _PARTS
    return _weather(
        site,
        _Normals(*site.normals.take(day_of_year, axis=1)[:, :, None]),
        daily[:first],
        normals(daily[first:second], daily[second:third]),
        drawn[:, third:].reshape(-1, _HOURLY, HOURS).transpose(1, 0, 2),
    )


def _weather(site: _Site, usual: _Normals, events: Floats, z: Floats, noise: Floats) -> Weather:
    """Weather from what is usual on each day and the random numbers of each.

    `events` are uniform numbers of shape (5, days, 1), `z` normal ones of shape (24, days, 1),
    eight for what the day has in common and the others for its wanders, `noise` uniform ones of
    shape (6, days, 24).
    """
    cooler, hotter, damper, windier, higher, dustier, cloudier, _ = z[:_DAILY]
    clouding, veering, blowing, warming = _wanders(z[_DAILY:])
    jitter = noise - 0.5
    dust = usual.dust * np.exp(0.8 * dustier)
    dusty = np.minimum(dust, 1.0)
    wet = events[0] < usual.chance

    usual_cloud = 12.0 + 0.3 * np.maximum(usual.humidity - 45.0, 0.0) + 42.0 * usual.chance
    tilt = np.log(usual_cloud / (100.0 - usual_cloud)) + 0.9 * cloudier
    cloud = 100.0 / (1.0 + np.exp(-tilt - clouding - 1.5 * jitter[1]))
    rain = _rain(site, usual, events, noise[0], cloud)
    raining = rain > 0
    soaked = 1.0 - np.exp(-rain / 3.0)
    cloud = np.rint(np.where(raining, np.maximum(cloud, 60.0 + 40.0 * noise[1]), cloud))

    coldest = usual.coldest + 1.1 * cooler - dusty
    warmest = np.maximum(usual.warmest + 1.1 * hotter - 1.5 * wet, coldest + 2.0)
    curve = coldest + (warmest - coldest) * site.warmth
    temperature = tenths(curve + 0.25 * warming + 0.6 * jitter[2] - 3.0 * soaked)

    # The air's moisture hardly changes within a day, so the relative humidity falls as it warms.
    mean_humidity = usual.humidity * (1.0 - 0.25 * dusty) + 4.0 * damper + 3.0 * wet
    mean_humidity = np.minimum(np.maximum(mean_humidity, 8.0), 96.0)
    moisture = dew_point((coldest + warmest) / 2.0, mean_humidity)
    humidity = relative_humidity(temperature, moisture) + 3.0 * jitter[2] + 12.0 * soaked
    humidity = np.rint(np.minimum(np.maximum(humidity, 4.0), 100.0))

    storm = (events[4] < (0.65 if site.inland else 0.3)) & (rain >= _STORM_RAIN_MM)
    thick = dust * (0.8 + 0.4 * noise[3])
    visibility = 15.0 * np.exp(-0.9 * thick) / (1.0 + 0.25 * rain) * (0.85 + 0.3 * noise[4])
    visibility = tenths(np.maximum(visibility, 0.2))
    force = 0.28 * windier + 0.15 * blowing + 0.2 * jitter[4]
    wind_speed = site.wind_speed * np.exp(force) + 25.0 * storm * noise[4]
    return Weather(
        temperature=temperature,
        humidity=humidity.astype(np.int16),
        pressure=tenths(usual.pressure + 0.9 * higher + site.tide + 0.2 * jitter[3]),
        wind_speed=tenths(np.minimum(wind_speed, 120.0)),
        wind_direction=_direction(site, usual, dusty, 14.0 * veering + 10.0 * jitter[3]),
        rain=rain,
        cloud=cloud.astype(np.int16),
        visibility=visibility,
        reported=noise[5] >= _VISIBILITY_MISSING,
        dew_point=tenths(dew_point(temperature, humidity)),
        storm=storm,
        haze=(visibility <= HAZE_VISIBILITY_KM) & ~raining & (humidity < _HAZE_HUMIDITY),
    )


def _words(weather: Weather) -> npt.NDArray[np.int64]:
    """Index into `CONDITIONS` of each hour."""
    sky = CLOUD_LIMITS.searchsorted(weather.cloud, side="right")
    rain = _FIRST_RAIN + RAIN_LIMITS.searchsorted(weather.rain, side="right")
    dry = np.where(weather.haze, _HAZE, sky)
    return np.where(weather.storm, _STORM, np.where(weather.rain > 0, rain, dry))


def _table(airport: str, days: Sequence[date], hours: npt.NDArray[np.int64]) -> pa.Table:
    weather = simulate(airport, days)
    rows = len(days) * hours.size

    def at(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return (values if hours.size == HOURS else values[:, hours]).ravel()

    columns = [
        repeated(AIRPORTS[airport].country, rows),
        repeated(airport, rows),
        dates(days, hours.size),
        numbers(np.tile(_HOUR_NUMBER[hours], len(days)), pa.int8()),
        numbers(at(weather.temperature), pa.float64()),
        numbers(at(weather.humidity), pa.int16()),
        numbers(at(weather.pressure), pa.float64()),
        numbers(at(weather.wind_speed), pa.float64()),
        numbers(at(weather.wind_direction), pa.int16()),
        numbers(at(weather.rain), pa.float64()),
        numbers(at(weather.cloud), pa.int16()),
        numbers(at(weather.visibility), pa.float64(), at(weather.reported)),
        numbers(at(weather.dew_point), pa.float64()),
        _WORDS.pick(at(_words(weather))),
    ]
    return pa.Table.from_arrays(columns, schema=WEATHER_SCHEMA)


class WeatherProvider(BaseProvider):
    """Hourly weather for Faker: `fake.weather("DSS", date(2026, 11, 1))`.

    What it draws depends on the airport and the date alone; Faker's own seed plays no part.
    """

    def weather(self, airport: str, day: date, rows: int = HOURS) -> pa.Table:
        """Weather at `airport` (IATA) on `day` (UTC), as `WEATHER_SCHEMA`.

        Args:
            airport: One of `AIRPORTS`.
            day: Any date.
            rows: 1 to 24 hours, spread over the day; an hour's values don't depend on `rows`.

        Raises:
            ValueError: The airport is unknown, or `rows` is out of range.
        """
        if not 1 <= rows <= HOURS:
            raise ValueError(f"rows is {rows}: choose 1 to {HOURS}, one for each hour")
        return _table(airport, [day], np.arange(rows) * HOURS // rows)

    def weather_days(self, airport: str, first: date, days: int) -> pa.Table:
        """Weather at `airport` in every hour of `days` days from `first`, drawn in one go.

        The same rows as `weather` day by day, several times faster.

        Raises:
            ValueError: The airport is unknown, or `days` is below 1.
        """
        if days < 1:
            raise ValueError(f"days is {days}: choose 1 or more")
        return _table(airport, [first + timedelta(days=i) for i in range(days)], _HOUR)
