"""Departures with the weather of their hour: the first data that are made of others."""

from __future__ import annotations

from dataflow360.pipeline.request import DerivedRequest
from dataflow360.sources.source import Output, Source, lazily

FLIGHT_WEATHER = Source(
    dag_id="flight_weather",
    request=DerivedRequest,
    outputs=(Output("vols_meteo", "aerien_db.vols_meteo", "vols_meteo"),),
    title=lambda run: f"departures and weather of {run.interval.start:%Y-%m-%d}",
    fetch=lazily("flight_weather.joining:fetch"),
)
