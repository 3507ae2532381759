"""The weather in cities by hour, from the pages of Visual Crossing's query builder.

The page has whole days of the city's own time. At rest the hours are UTC, so an airport whose
time is not UTC takes hours of two local days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dataflow360.airports import AIRPORTS
from dataflow360.pipeline.chunk import Chunk, Missing
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.visualcrossing import SITE
from dataflow360.sources.visualcrossing.page import DATA_PATH, ROW_SELECTOR, parse
from dataflow360.sources.web.scraping import Scrape, Visit
from dataflow360.sources.web.scripted_page import ScriptedPage


def fetch(request: AirportsRequest, run: Run) -> Iterator[Chunk | Missing]:
    """The weather of a day (UTC), a page for each city; the site has decades of history."""
    page = ScriptedPage("weather page", DATA_PATH, ROW_SELECTOR)
    scrape = Scrape(SITE, page, run, refetch=request.refetch)
    return scrape.read(lambda base: [_visit(base, iata, run.interval) for iata in request.airports])


def _visit(base_url: str, iata: str, interval: Interval) -> Visit:
    airport, hour = AIRPORTS[iata], timedelta(hours=1)
    zone = ZoneInfo(airport.timezone)
    first, last = (t.astimezone(zone).date() for t in (interval.start, interval.end - hour))
    return Visit(
        part=iata,
        url=f"{base_url}/weather-query-builder/{quote(airport.city)}/metric/{first}/{last}",
        parse=partial(parse, airport=airport, interval=interval),
        expected=round((interval.end - interval.start) / hour),
    )
