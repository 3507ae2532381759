"""Departures and their delays in Cassandra: the synthetic flights."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from airflow.providers.apache.cassandra.hooks.cassandra import CassandraHook
from cassandra.concurrent import execute_concurrent
from cassandra.query import tuple_factory

from dataflow360.airports import AIRPORTS, Airport
from dataflow360.clients.cassandra import CONNECTION_ID
from dataflow360.page.models.airports import Delays, Departures, HourDelays

DAYS = 7

_TIMEOUT_SECONDS = 4.0
_CONCURRENCY = 32
#: Ten times what a week has by default.
_MOST_FLIGHTS = 5_000
_PARTITION = "FROM aerien.vols WHERE pays_depart = ? AND aeroport_depart = ? AND annee_mois = ?"

_opening = threading.Lock()


def departures(today: date) -> dict[str, Departures]:
    """The departures of each airport on the newest day that there is, of the last seven.

    Args:
        today: The last of these days, UTC.
    """
    newest = _newest_days(today)
    total, delayed = (
        f"SELECT COUNT(*) {_PARTITION} AND date_vol = ?{more}"
        for more in ("", " AND retard = true ALLOW FILTERING")
    )
    places = [(AIRPORTS[iata], day) for iata, day in newest.items()]
    values = [(*_partition(airport, day), day) for airport, day in places]
    counts = _ask([(query, value) for value in values for query in (total, delayed)])
    return {
        airport.iata: Departures(day=day, flights=flights[0][0], delayed=late[0][0])
        for (airport, day), flights, late in zip(places, counts[::2], counts[1::2], strict=True)
    }


def delays(airport: Airport, today: date) -> Delays | None:
    """Delays at an airport by hour of the day over its last seven days; None without flights.

    Args:
        airport: The airport.
        today: The last of these days, UTC.
    """
    first = today - timedelta(days=DAYS - 1)
    query = (
        f"SELECT date_vol, heure_depart, retard, retard_min {_PARTITION}"
        f" AND date_vol >= ? AND date_vol <= ? LIMIT {_MOST_FLIGHTS}"
    )
    answers = _ask(
        [(query, (*_partition(airport, month), first, today)) for month in _months(first, today)]
    )
    return by_hour([(day.date(), *rest) for rows in answers for day, *rest in rows])


def by_hour(flights: Sequence[tuple[date, str, bool, int]]) -> Delays | None:
    """Delays by hour of departure; None when there is no flight.

    Args:
        flights: Of each its date, its time as HH:MM, whether it was late, and its delay in
            minutes, which is negative for an early one.
    """
    if not flights:
        return None
    hours: list[list[tuple[bool, int]]] = [[] for _ in range(24)]
    for _, departure, late, minutes in flights:
        hours[int(departure[:2])].append((late, minutes))
    days = [day for day, *_ in flights]
    return Delays(
        first_day=min(days),
        last_day=max(days),
        hours=[
            HourDelays(
                hour=hour,
                flights=len(found),
                delayed=sum(late for late, _ in found),
                mean_delay=sum(minutes for _, minutes in found) / len(found) if found else None,
            )
            for hour, found in enumerate(hours)
        ],
    )


def _newest_days(today: date) -> dict[str, date]:
    first = today - timedelta(days=DAYS - 1)
    query = (
        f"SELECT date_vol {_PARTITION} AND date_vol >= ? AND date_vol <= ?"
        " ORDER BY date_vol DESC LIMIT 1"
    )
    asked = [
        (airport, (*_partition(airport, month), first, today))
        for airport in AIRPORTS.values()
        for month in _months(first, today)
    ]
    answers = _ask([(query, values) for _, values in asked])
    newest: dict[str, date] = {}
    for (airport, _), rows in zip(asked, answers, strict=True):
        for (day,) in rows:
            newest[airport.iata] = max(newest.get(airport.iata, day.date()), day.date())
    return newest


def _partition(airport: Airport, day: date) -> tuple[str, str, str]:
    return airport.country, airport.iata, f"{day:%Y-%m}"


def _months(first: date, last: date) -> list[date]:
    """A day of each month that the days between two touch, at most seven apart."""
    return [first] if first.month == last.month else [first, last]


def _ask(questions: Iterable[tuple[str, tuple[Any, ...]]]) -> list[list[Any]]:
    """The rows of each query, asked at once.

    Raises:
        cassandra.DriverException: A node does not answer in time.
        cassandra.cluster.NoHostAvailable: No node is there.
    """
    with _opening:  # not twice at once
        session = _session()
    bound = [(_prepared(query), values) for query, values in questions]
    return [list(rows) for _, rows in execute_concurrent(session, bound, _CONCURRENCY)]


@cache
def _session() -> Any:
    """One session for the process: it keeps its connections, and mends them by itself."""
    hook: Any = CassandraHook(CONNECTION_ID)
    hook.cluster.connect_timeout = _TIMEOUT_SECONDS
    hook.cluster.control_connection_timeout = _TIMEOUT_SECONDS
    try:
        session = hook.get_conn()
    except BaseException:
        hook.shutdown_cluster()
        raise
    session.row_factory = tuple_factory
    session.default_timeout = _TIMEOUT_SECONDS
    return session


@cache
def _prepared(query: str) -> Any:
    return _session().prepare(query)
