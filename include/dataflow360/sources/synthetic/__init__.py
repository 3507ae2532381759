"""Synthetic flights and weather, drawn by the project's Faker providers."""

from __future__ import annotations

from pydantic import Field

from dataflow360.airports import AIRPORTS
from dataflow360.pipeline.request import Day, Request
from dataflow360.sources.places import Airports
from dataflow360.sources.source import Output, Source, lazily


class SyntheticRequest(Request):
    """The params that both synthetic sources have."""

    airports: Airports = Field(
        default=tuple(AIRPORTS), title="Airports", description="IATA codes of the airports."
    )
    bad_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Share of bad rows",
        description="Share of rows that are damaged on purpose, to see quarantine at work.",
    )
    day: Day = Field(
        default=None,
        title="Day",
        description="Day to make instead of that of the run's data interval (YYYY-MM-DD).",
    )


class FlightsRequest(SyntheticRequest):
    """The params of ``synthetic_flights``."""

    rows: int = Field(
        default=48,
        ge=1,
        le=5000,
        title="Flights",
        description="Departures of each airport on a day.",
    )


class WeatherRequest(SyntheticRequest):
    """The params of ``synthetic_weather``."""

    rows: int = Field(
        default=24,
        ge=1,
        le=24,
        title="Observations",
        description="Observations of each airport on a day, spread over its 24 hours.",
    )


FLIGHTS = Source(
    dag_id="synthetic_flights",
    request=FlightsRequest,
    outputs=(Output("vols", "aerien.vols", "vols_synthetiques"),),
    title=lambda run: f"synthetic vols of {run.interval.start:%Y-%m-%d}",
    fetch=lazily("synthetic.making:flights"),
    parse=lazily("synthetic.rows:parse_flights"),
)
WEATHER = Source(
    dag_id="synthetic_weather",
    request=WeatherRequest,
    outputs=(Output("donnees_meteo", "meteo_db.donnees_meteo", "meteo_synthetique"),),
    title=lambda run: f"synthetic donnees_meteo of {run.interval.start:%Y-%m-%d}",
    fetch=lazily("synthetic.making:weather"),
    parse=lazily("synthetic.rows:parse_weather"),
)
