"""What Redis holds for the page: boards, the weather of web pages, and what is left of a minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
from airflow.providers.redis.hooks.redis import RedisHook
from redis.backoff import NoBackoff
from redis.retry import Retry

from dataflow360.airports import DESTINATIONS, Airport
from dataflow360.clients.rate_limit import CALLS_PER_MINUTE, RateLimit
from dataflow360.clients.redis import CONNECTION_ID
from dataflow360.page.models.airports import Board, Flight, Series, Weather
from dataflow360.page.models.overview import MinuteLimit
from dataflow360.page.weather import CURVE_DAYS
from dataflow360.pipeline.run import Interval

PROVENANCE = "visualcrossing"

_TIMEOUT_SECONDS = 2
_MOST_FLIGHTS = 200
_MOST_HOURS = 24 * (CURVE_DAYS + 1)

_Row = Mapping[str, Any]


@contextmanager
def client() -> Iterator[Any]:
    """A client that gives up a command that takes long, at once."""
    hook: Any = RedisHook(CONNECTION_ID)
    opened = hook.get_conn()
    # The hook takes no time limits; no connection of the pool is open yet.
    opened.connection_pool.connection_kwargs.update(
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        yield opened
    finally:
        opened.close()


def minute_limits() -> list[MinuteLimit]:
    """What is left of the calls of any 60 seconds, for each API that has such a limit."""
    with client() as opened:
        found = []
        for name, allowed in CALLS_PER_MINUTE.items():
            left, renewed = RateLimit(opened, name, allowed).left()
            found.append(
                MinuteLimit(
                    source=name,
                    allowed=allowed,
                    left=left,
                    renews_at=None if left == allowed else datetime.fromtimestamp(renewed, UTC),
                )
            )
        return found


def board(airport: Airport) -> Board | None:
    """The departure board of an airport, by time; None when there is none."""
    with client() as opened:
        raw, written = opened.mget(
            f"departures:{airport.iata}", f"written:departures:{airport.iata}"
        )
    if raw is None:
        return None
    interval = Interval.of_key((written or b"").decode().partition("|")[0])
    flights = [_flight(row) for row in orjson.loads(raw)]
    flights.sort(key=lambda flight: (flight.date, flight.departure, flight.flight))
    return Board(read_at=interval.end if interval else None, flights=flights[:_MOST_FLIGHTS])


def page_curve(airport: Airport, now: datetime) -> Series | None:
    """The last days' weather in an airport's city as its web page has it, without a forecast."""
    with client() as opened:
        raw = opened.get(f"meteo:{airport.city}")
    if raw is None:
        return None
    first = now - timedelta(days=CURVE_DAYS)
    points = [point for row in orjson.loads(raw) if first <= (point := _weather(row)).at <= now]
    points.sort(key=lambda point: point.at)
    return Series(provenance=PROVENANCE, points=points[-_MOST_HOURS:])


def _flight(row: _Row) -> Flight:
    destination = DESTINATIONS.get(row["Destination"])
    return Flight(
        flight=row["Vol"],
        airline=row["Compagnie"],
        date=date.fromisoformat(row["Date_Depart"]),
        departure=row["Heure_Depart"],
        arrival=row["Heure_Arrivee"],
        destination=row["Destination"],
        destination_city=destination.city if destination else None,
    )


def _weather(row: _Row) -> Weather:
    day = date.fromisoformat(row["date_observation"])
    return Weather(
        at=datetime.combine(day, time(int(row["heure_observation"])), UTC),
        provenance=PROVENANCE,
        temperature=row["temperature"],
        humidity=row["humidite"],
        pressure=row["pression"],
        wind_speed=row["vitesse_vent"],
        wind_direction=row["direction_vent"],
        clouds=row["nebulosite"],
        conditions=row["conditions_meteo"],
    )
