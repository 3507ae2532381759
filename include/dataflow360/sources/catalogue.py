"""Every source that is asked for a data interval, by the name of its DAG.

For whoever runs a source without Airflow; a DAG file imports its own source alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.request import Request
from dataflow360.pipeline.run import Run
from dataflow360.sources import flight_weather, synthetic
from dataflow360.sources.aviationstack import fetching as aviationstack
from dataflow360.sources.aviationstack.request import AviationstackRequest
from dataflow360.sources.flightstats import fetching as flightstats
from dataflow360.sources.openweather import airports as openweather
from dataflow360.sources.openweather import cities as city_measurements
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.visualcrossing import fetching as visualcrossing


@dataclass(frozen=True, slots=True)
class Source:
    """A source: the model of its params, and what it fetches for them and a run."""

    request: type[Request]
    extraction_of: Callable[[Any, Run], Extraction]


SOURCES: Mapping[str, Source] = {
    "synthetic_flights": Source(synthetic.FlightsRequest, synthetic.flights),
    "synthetic_weather": Source(synthetic.WeatherRequest, synthetic.weather),
    "scrape_departures": Source(flightstats.DeparturesRequest, flightstats.departures),
    "scrape_weather": Source(visualcrossing.CityWeatherRequest, visualcrossing.city_weather),
    "openweather": Source(AirportsRequest, openweather.weather),
    "openweather_to_kinesis": Source(AirportsRequest, city_measurements.measurements),
    "aviationstack": Source(AviationstackRequest, aviationstack.flights),
    "flight_weather": Source(Request, flight_weather.flights_with_weather),
}
