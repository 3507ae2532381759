"""``/api/map`` and ``/api/airports/{iata}``."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field

from dataflow360.airports import Airport
from dataflow360.freshness.judging import Status
from dataflow360.page.models.common import Answer, Availability, Natural, Part


class Weather(Answer):
    """Weather at one moment: °C, %, hPa, km/h and degrees.

    Attributes:
        provenance: Where it is from: ``openweather``, ``open-meteo``, ``synthetique``,
            ``fichier``, ``visualcrossing``.
    """

    at: AwareDatetime
    provenance: str
    temperature: float | None
    humidity: float | None
    pressure: float | None
    wind_speed: float | None
    wind_direction: float | None
    clouds: float | None
    conditions: str | None


class Air(Answer):
    """Air at one moment.

    Attributes:
        aqi: OpenWeather's index, 1 (good) to 5 (very poor).
        components: µg/m³ by substance (``co``, ``no``, ``no2``, ``o3``, ``so2``, ``pm2_5``,
            ``pm10``, ``nh3``); one that was not measured is not there.
    """

    at: AwareDatetime
    aqi: Annotated[int, Field(ge=1, le=5)]
    components: dict[str, float]


class Departures(Answer):
    """Departures of one day, of the synthetic flights.

    Attributes:
        delayed: How many of them were late.
    """

    day: date
    flights: Natural
    delayed: Natural


class AirportNow(Answer):
    """What is known of an airport; None where nothing is, or where its store is down.

    Attributes:
        freshness: Whether the hour's weather has landed for this airport.
    """

    airport: Airport
    weather: Weather | None
    air: Air | None
    departures: Departures | None
    freshness: Status | None


class Map(Answer):
    """Answer of ``/api/map``: all airports, and which stores have answered."""

    now: AwareDatetime
    airports: list[AirportNow]
    weather: Availability
    air: Availability
    departures: Availability


class Series(Answer):
    """Observations of one provenance, oldest first."""

    provenance: str
    points: list[Weather]


class Flight(Answer):
    """A line of a departure board; times are local, as on the board."""

    flight: str
    airline: str
    date: date
    departure: str
    arrival: str | None
    destination: str
    destination_city: str | None


class Board(Answer):
    """A departure board.

    Attributes:
        read_at: End of the data interval that it was read in; None when that is not known.
        flights: By time, at most 200.
    """

    read_at: AwareDatetime | None
    flights: list[Flight]


class HourDelays(Answer):
    """Departures in one hour of the day (0 to 23, local) over the days of ``Delays``.

    Attributes:
        mean_delay: Mean delay of all of them in minutes; None when there are none.
    """

    hour: Annotated[int, Field(ge=0, le=23)]
    flights: Natural
    delayed: Natural
    mean_delay: float | None


class Delays(Answer):
    """Delays by hour of the day, of the synthetic flights.

    Attributes:
        first_day: First day that is counted.
        last_day: Last one, inclusive.
        hours: All 24.
    """

    first_day: date
    last_day: date
    hours: list[HourDelays]


class AirportDetail(Answer):
    """Answer of ``/api/airports/{iata}``; a part without data but available has ``data`` null.

    Attributes:
        weather: The newest that was observed, or is from an archive.
        curves: The last 7 days, a series for each provenance.
        page_curve: The same as the city's web page has it, ``visualcrossing``.
    """

    now: AwareDatetime
    airport: Airport
    weather: Part[Weather | None]
    air: Part[Air | None]
    curves: Part[list[Series]]
    page_curve: Part[Series | None]
    board: Part[Board | None]
    delays: Part[Delays | None]
