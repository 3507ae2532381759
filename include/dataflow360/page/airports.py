"""The airports of the map, and what the stores together know of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from dataflow360 import airports
from dataflow360.freshness.judging import grace_of, scheduled
from dataflow360.page.models.airports import Air, Airport, AirportNow, Departures, Weather
from dataflow360.page.models.overview import FreshnessStatus

#: When the weather is read at every airport: each hour.
_HOURLY = "0 * * * *"


def shown(airport: airports.Airport) -> Airport:
    """An airport as the page has it."""
    return Airport(**asdict(airport))


def on_map(
    weather: Mapping[str, Weather] | None,
    air: Mapping[str, Air] | None,
    departures: Mapping[str, Departures] | None,
    now: datetime,
) -> list[AirportNow]:
    """Every airport with what each store knows of it.

    Args:
        weather: The newest weather by IATA code; None when its store has not answered.
        air: The air, likewise.
        departures: The departures, likewise.
        now: The moment to judge the weather's freshness at, UTC.
    """
    return [
        AirportNow(
            airport=shown(airport),
            weather=weather.get(iata) if weather else None,
            air=air.get(iata) if air else None,
            departures=departures.get(iata) if departures else None,
            freshness=None if weather is None else weather_freshness(weather.get(iata), now),
        )
        for iata, airport in airports.AIRPORTS.items()
    ]


def weather_freshness(weather: Weather | None, now: datetime) -> FreshnessStatus:
    """Whether an airport has the weather that it should have by now.

    An observation stands for the hour in which it was made.
    """
    if weather is None:
        return "never"
    hour = weather.at.replace(minute=0, second=0, microsecond=0)
    found = scheduled(_HOURLY, hour + timedelta(hours=1), now, grace_of(_HOURLY, now))
    return found.status.value
