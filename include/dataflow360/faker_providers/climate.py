"""Monthly climate of the 16 West African airports, and the physics of moist air.

The tables are approximations of climatological normals, written by hand and rounded: good enough
that synthetic weather has the right seasons, unfit for climatology.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from dataflow360.airports import AIRPORTS, Airport, distance_km
from dataflow360.faker_providers.draws import Floats
from dataflow360.faker_providers.seasons import zone

# O. A. Alduchov and R. E. Eskridge, "Improved Magnus Form Approximation of Saturation Vapor
# Pressure", Journal of Applied Meteorology 35 (1996), p. 601: over water, -40 to 50 °C.
MAGNUS_A: Final = 17.625
MAGNUS_B: Final = 243.04  # °C


def dew_point(temperature: Floats, humidity: Floats) -> Floats:
    """Dew point in °C from temperature in °C and relative humidity in % (above 0), by Magnus."""
    gamma = np.log(humidity / 100.0) + MAGNUS_A * temperature / (MAGNUS_B + temperature)
    return MAGNUS_B * gamma / (MAGNUS_A - gamma)


def relative_humidity(temperature: Floats, dew: Floats) -> Floats:
    """Relative humidity in % from temperature and dew point in °C; `dew_point` the other way."""
    saturation = MAGNUS_A * temperature / (MAGNUS_B + temperature)
    return 100.0 * np.exp(MAGNUS_A * dew / (MAGNUS_B + dew) - saturation)


@dataclass(frozen=True, slots=True)
class Wind:
    """Prevailing wind of a region: directions in degrees that it comes from, mean speed in km/h.

    `sea` is the direction of the sea breeze, None inland.
    """

    dry: float
    monsoon: float
    sea: float | None
    speed: float


_GULF: Final = Wind(dry=215.0, monsoon=225.0, sea=200.0, speed=12.0)
_WEST: Final = Wind(dry=330.0, monsoon=230.0, sea=260.0, speed=11.0)
_TRADES: Final = Wind(dry=15.0, monsoon=285.0, sea=300.0, speed=18.0)
_INLAND: Final = Wind(dry=55.0, monsoon=225.0, sea=None, speed=9.0)


@dataclass(frozen=True, slots=True)
class Climate:
    """Monthly normals of an airport, January first (approximate).

    `coldest` and `warmest` are the mean daily minimum and maximum temperature in °C, `rain` the
    total in mm, `humidity` the mean in %, `dust` the strength of the harmattan's dust from 0 (none)
    to 1 (dusty on most days).
    """

    coldest: tuple[float, ...]
    warmest: tuple[float, ...]
    rain: tuple[float, ...]
    humidity: tuple[float, ...]
    dust: tuple[float, ...]
    wind: Wind


_DUST: Final = {
    "guinéenne": (0.5, 0.35, 0.1, 0, 0, 0, 0, 0, 0, 0, 0.05, 0.35),
    "soudanienne": (0.5, 0.45, 0.25, 0.1, 0, 0, 0, 0, 0, 0, 0.1, 0.4),
    "sahélienne": (0.7, 0.75, 0.7, 0.45, 0.25, 0.1, 0, 0, 0, 0.1, 0.4, 0.6),
    "saharienne": (0.7, 0.75, 0.75, 0.55, 0.45, 0.4, 0.3, 0.15, 0.15, 0.25, 0.45, 0.6),
}
_TABLES: Final[Mapping[str, tuple[Wind, str, str, str, str]]] = {
    "COO": (_GULF,
            "23.9 25.5 26.3 26.1 25.2 24.1 23.7 23.6 23.9 24.2 24.6 24.2",
            "30.9 32.0 32.5 32.0 31.0 29.4 28.3 28.0 28.6 29.7 31.0 31.2",
            "12 30 75 125 200 330 160 60 110 150 45 15",
            "77 79 79 80 82 86 86 85 86 85 82 79"),
    "OUA": (_INLAND,
            "16.5 19.2 23.5 26.5 26.0 24.3 23.0 22.3 22.5 23.0 19.5 17.0",
            "33.0 36.0 38.7 39.5 38.2 35.2 32.6 31.3 32.6 35.8 36.0 33.5",
            "0.1 0.3 5 28 68 105 180 225 140 38 1 0.1",
            "24 21 22 35 49 62 73 79 76 58 37 28"),
    "RAI": (_TRADES,
            "20.0 19.8 20.2 20.6 21.2 22.2 23.3 24.4 24.7 24.2 23.0 21.5",
            "26.0 26.3 27.0 27.4 28.0 28.8 29.0 30.0 30.3 30.0 28.9 27.2",
            "3 2 1 0.2 0.2 0.5 8 55 70 30 8 3",
            "62 61 60 61 63 67 71 75 75 71 68 65"),
    "ABJ": (_GULF,
            "23.5 24.7 25.2 25.2 24.8 23.8 23.0 22.4 22.9 23.6 24.2 23.8",
            "31.0 31.8 32.0 32.0 31.0 29.2 28.0 27.6 28.2 29.5 30.8 30.8",
            "20 45 95 130 270 500 210 40 75 150 140 75",
            "80 81 80 80 83 87 86 86 86 85 83 81"),
    "BJL": (_WEST,
            "16.5 17.5 18.5 19.2 20.7 23.0 23.3 23.1 22.8 22.2 19.5 17.2",
            "31.5 33.0 33.8 32.8 31.8 31.6 30.6 30.0 30.7 31.6 32.5 31.6",
            "0.5 0.5 0.2 0.2 3 60 210 310 210 75 5 0.5",
            "50 51 57 63 69 74 80 84 83 79 68 56"),
    "ACC": (_GULF,
            "23.5 24.5 25.0 25.0 24.4 23.7 22.8 22.3 22.8 23.4 24.0 23.8",
            "32.0 32.5 32.5 32.0 31.0 29.3 28.0 27.7 28.8 30.2 31.5 31.8",
            "13 25 60 85 135 190 55 25 55 65 28 18",
            "74 76 77 79 81 85 84 84 83 82 79 76"),
    "CKY": (_WEST,
            "22.2 23.0 23.5 24.0 24.0 23.2 22.6 22.5 22.8 23.0 23.4 22.8",
            "31.5 32.0 32.3 32.4 31.8 30.3 28.8 28.3 29.4 30.6 31.4 31.4",
            "2 2 4 25 140 520 1100 1050 640 300 75 8",
            "70 70 70 72 78 85 90 91 88 84 80 73"),
    "OXB": (_WEST,
            "18.0 19.0 20.0 21.0 22.3 23.2 23.0 22.8 22.9 23.0 21.5 18.8",
            "31.5 33.0 34.0 34.0 33.2 31.8 30.0 29.5 30.4 31.4 32.0 30.8",
            "1 1 1 1 25 170 450 560 400 165 15 1",
            "58 60 63 66 71 80 87 89 87 84 76 64"),
    "ROB": (_GULF,
            "22.0 22.8 23.0 23.2 23.0 22.8 22.4 22.3 22.5 22.4 22.6 22.3",
            "31.5 32.0 32.0 31.8 30.8 29.0 27.7 27.5 28.3 29.4 30.5 31.0",
            "45 60 110 170 330 560 520 450 580 380 180 85",
            "80 80 80 82 84 87 88 89 88 86 84 82"),
    "BKO": (_INLAND,
            "17.0 20.0 23.3 25.5 25.6 23.8 22.3 21.9 21.8 21.6 18.6 17.0",
            "33.0 36.0 38.5 39.7 38.5 35.3 32.0 30.8 32.2 34.8 35.3 33.2",
            "0.5 0.5 4 22 55 130 220 280 190 65 4 0.5",
            "26 22 24 34 48 64 76 81 78 64 41 31"),
    "NKC": (_TRADES,
            "14.5 15.8 17.3 18.0 19.5 21.8 23.6 24.8 24.9 23.0 19.2 16.0",
            "28.5 30.5 32.3 32.5 33.5 34.0 32.5 33.0 34.8 36.0 33.5 29.5",
            "1 2 1 0.3 0.2 2 10 40 32 6 2 1",
            "42 44 46 52 55 60 69 71 67 52 46 42"),
    "NIM": (_INLAND,
            "16.5 19.2 23.5 27.2 28.0 26.0 24.2 23.3 23.8 24.0 20.0 17.0",
            "32.5 35.6 39.0 41.0 40.3 37.4 34.2 32.5 34.2 37.5 36.4 33.3",
            "0.1 0.1 3 7 30 75 145 180 90 18 0.5 0.1",
            "21 18 18 26 40 54 66 75 70 49 30 24"),
    "LOS": (_GULF,
            "22.5 24.0 24.6 24.4 23.7 23.1 22.7 22.5 22.8 23.0 23.6 22.8",
            "32.5 33.3 33.0 32.3 31.2 29.5 28.3 28.2 29.0 30.2 31.6 32.2",
            "20 45 90 140 215 310 230 110 200 165 60 20",
            "76 78 79 81 83 87 87 86 87 86 82 78"),
    "DSS": (_TRADES,
            "18.0 18.0 18.5 19.2 20.8 23.6 25.0 25.0 24.8 24.6 22.2 19.8",
            "28.0 29.0 29.5 29.0 29.5 31.0 31.4 31.3 31.6 32.5 32.0 29.5",
            "1 1 0.2 0.1 0.5 12 60 160 140 30 2 1",
            "62 66 69 73 75 76 77 81 82 78 70 63"),
    "FNA": (_WEST,
            "23.5 24.0 24.3 24.6 24.3 23.5 22.9 22.8 22.9 23.1 23.7 23.7",
            "30.0 30.5 31.0 31.2 30.8 29.8 28.4 27.9 28.7 29.6 30.2 30.0",
            "8 7 20 60 190 380 750 800 480 280 110 28",
            "73 73 74 76 80 84 88 89 87 84 81 76"),
    "LFW": (_GULF,
            "23.0 24.5 25.3 25.0 24.3 23.5 22.8 22.5 23.0 23.3 23.5 23.0",
            "31.0 32.0 32.5 32.0 31.0 29.5 28.0 27.8 28.7 30.0 31.2 31.2",
            "9 22 55 95 150 195 70 30 60 90 25 10",
            "77 79 79 80 82 86 86 86 86 85 81 78"),
}  # fmt: skip


def _monthly(text: str) -> tuple[float, ...]:
    return tuple(float(value) for value in text.split())


def _with_a_table(airport: Airport) -> str:
    """The nearest airport with a table: itself, if it has one."""
    return min(_TABLES, key=lambda iata: distance_km(airport, AIRPORTS[iata]))


CLIMATES: Final[Mapping[str, Climate]] = MappingProxyType(
    {
        iata: Climate(
            coldest=_monthly(coldest),
            warmest=_monthly(warmest),
            rain=_monthly(rain),
            humidity=_monthly(humidity),
            dust=_DUST[zone(airport)],
            wind=wind,
        )
        for iata, airport in AIRPORTS.items()
        for wind, coldest, warmest, rain, humidity in (_TABLES[_with_a_table(airport)],)
    }
)
"""Climate of each airport of `AIRPORTS`, by IATA code; that of the nearest where none is known."""


def through_the_year(monthly: tuple[float, ...]) -> Floats:
    """366 daily values (29 February included), straight lines between the middles of the months."""
    middles = np.array([15, 45, 75, 106, 136, 167, 197, 228, 259, 289, 320, 350], dtype=np.float64)
    daily: Floats = np.interp(np.arange(366.0), middles, np.array(monthly), period=366.0)
    return daily
