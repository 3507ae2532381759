"""The weather in cities by hour, from the pages of Visual Crossing's query builder."""

from __future__ import annotations

from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import Output, Site, Source, lazily

SITE = Site("visualcrossing", "https://www.visualcrossing.com")

VISUALCROSSING = Source(
    dag_id="scrape_weather",
    request=AirportsRequest,
    outputs=(Output("meteo_villes", "redis.meteo", "meteo_villes"),),
    sites=(SITE,),
    title=lambda run: f"Visual Crossing weather of {run.interval.start:%Y-%m-%d}",
    fetch=lazily("visualcrossing.fetching:fetch"),
    parse=lazily("visualcrossing.page:reparse"),
)
