"""The airports of the map, and what the stores together know of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from dataflow360.airports import AIRPORTS
from dataflow360.freshness.judging import ALWAYS, Status, scheduled
from dataflow360.page.models.airports import Air, AirportNow, Departures, Weather

#: When the weather is read at every airport: each hour.
_HOURLY = "0 * * * *"


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
            airport=airport,
            weather=weather.get(iata) if weather else None,
            air=air.get(iata) if air else None,
            departures=departures.get(iata) if departures else None,
            freshness=None if weather is None else weather_freshness(weather.get(iata), now),
        )
        for iata, airport in AIRPORTS.items()
    ]


def weather_freshness(weather: Weather | None, now: datetime) -> Status:
    """Whether an airport has the weather that it should have by now, paused or not.

    An observation stands for the hour in which it was made.
    """
    newest = None
    if weather is not None:
        newest = weather.at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return scheduled(_HOURLY, newest, now, ALWAYS).status
