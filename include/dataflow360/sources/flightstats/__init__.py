"""The departure boards of FlightStats, in windows of six hours."""

from __future__ import annotations

from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import Output, Site, Source, lazily

SITE = Site("flightstats", "https://www.flightstats.com")

FLIGHTSTATS = Source(
    dag_id="scrape_departures",
    request=AirportsRequest,
    outputs=(Output("departs_aeroports", "redis.departures", "departs_aeroports"),),
    sites=(SITE,),
    title=lambda run: f"FlightStats departures of {run.interval.start:%Y-%m-%d from %H:%M} local",
    fetch=lazily("flightstats.fetching:fetch"),
    parse=lazily("flightstats.page:reparse"),
)
