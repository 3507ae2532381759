"""The weather in MySQL: the newest at each airport, and the last days' curves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dataflow360.airports import Airport
from dataflow360.clients.mysql import fetch, stored, utc
from dataflow360.page.models.airports import Series, Weather
from dataflow360.page.mysql import session

CURVE_DAYS = 7

#: Each begins with its moment and its provenance.
_NEWEST = """
    SELECT found.aeroport, found.timestamp, found.provenance, found.temperature, found.humidite,
      found.pression, found.vitesse_vent, found.direction_vent, found.nuages, found.conditions
    FROM (SELECT provenance, aeroport, MAX(timestamp) AS timestamp
          FROM meteo_db.meteo_aeroports GROUP BY provenance, aeroport) AS newest
    STRAIGHT_JOIN meteo_db.meteo_aeroports AS found FORCE INDEX (PRIMARY)
      USING (provenance, aeroport, timestamp)
"""
_OBSERVED = """
    SELECT timestamp, provenance, temperature, humidite, pression, vitesse_vent, direction_vent,
      nuages, conditions
    FROM meteo_db.meteo_aeroports
    WHERE provenance IN ('openweather', 'open-meteo') AND aeroport = %s
      AND timestamp BETWEEN %s AND %s
    ORDER BY timestamp DESC LIMIT %s
"""
_HOURLY = """
    SELECT TIMESTAMP(date_observation) + INTERVAL heure_observation HOUR AS moment, provenance,
      temperature, humidite, pression, vitesse_vent, direction_vent, nebulosite, conditions_meteo
    FROM meteo_db.donnees_meteo
    WHERE provenance IN ('synthetique', 'fichier') AND aeroport = %s
      AND date_observation BETWEEN DATE(%s) AND DATE(%s)
    ORDER BY date_observation DESC, heure_observation DESC LIMIT %s
"""
#: Four times what one provenance has, an observation each hour.
_MOST_POINTS = 4 * 24 * (CURVE_DAYS + 1)


def newest() -> dict[str, Weather]:
    """The newest weather at each airport that has any, observed or of an archive, by IATA code."""
    with session() as connection:
        rows = fetch(connection, _NEWEST)
    found: dict[str, Weather] = {}
    for iata, *values in rows:
        weather = _weather(values)
        if iata not in found or weather.at > found[iata].at:
            found[iata] = weather
    return found


def curves(airport: Airport, now: datetime) -> list[Series]:
    """The last seven days' weather at an airport, a series for each provenance.

    Args:
        airport: The airport.
        now: The end of these days; what is dated later is left out.
    """
    first = now - timedelta(days=CURVE_DAYS)
    bounds = (airport.iata, stored(first), stored(now), _MOST_POINTS)
    with session() as connection:
        rows = [*fetch(connection, _OBSERVED, bounds), *fetch(connection, _HOURLY, bounds)]
    series: dict[str, list[Weather]] = defaultdict(list)
    for point in map(_weather, rows):
        if first <= point.at <= now:
            series[point.provenance].append(point)
    return [
        Series(provenance=provenance, points=sorted(points, key=lambda point: point.at))
        for provenance, points in sorted(series.items())
    ]


def _weather(row: Sequence[Any]) -> Weather:
    at, provenance, temperature, humidity, pressure, wind_speed, wind_direction, clouds, words = row
    return Weather(
        at=utc(at),
        provenance=provenance,
        temperature=temperature,
        humidity=humidity,
        pressure=pressure,
        wind_speed=wind_speed,
        wind_direction=wind_direction,
        clouds=clouds,
        conditions=words,
    )
