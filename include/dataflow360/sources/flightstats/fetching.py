"""Departure boards from the pages of FlightStats, in windows of six hours.

The page's hours are the airport's own. The interval from 06:00 UTC on reads the page of each
airport from 06:00 *local* time on: four runs a day, each local window once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from dataflow360.errors import SkippableError
from dataflow360.pipeline.chunk import Chunk, Missing
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources.flightstats import SITE
from dataflow360.sources.flightstats.page import DATA_PATH, ROW_SELECTOR, Window, parse
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.web.scraping import Scrape, Visit
from dataflow360.sources.web.scripted_page import ScriptedPage

#: The site shows flights of about the last three days.
HISTORY = timedelta(days=3)


def fetch(request: AirportsRequest, run: Run) -> Iterator[Chunk | Missing]:
    """The departures on a page for each airport.

    Raises:
        SkippableError: The site does not have the interval any more.
    """
    if run.interval.start < run.now() - HISTORY:
        raise SkippableError(
            f"FlightStats shows about {HISTORY.days} days: there is nothing to be had for the "
            f"interval from {run.interval.start:%Y-%m-%d %H:%M} UTC on."
        )
    page = ScriptedPage("departures page", DATA_PATH, ROW_SELECTOR)
    scrape = Scrape(SITE, page, run, refetch=request.refetch)
    return scrape.read(lambda base: [_visit(base, iata, run.interval) for iata in request.airports])


def _visit(base_url: str, airport: str, interval: Interval) -> Visit:
    start = interval.start
    query = {"year": start.year, "month": start.month, "date": start.day, "hour": start.hour}
    return Visit(
        part=airport,
        url=f"{base_url}/v2/flight-tracker/departures/{airport}?{urlencode(query)}",
        parse=partial(parse, window=Window.of(airport, interval)),
    )
