"""Departure boards from the pages of FlightStats, in windows of six hours.

The page's hours are the airport's own. The interval from 06:00 UTC on reads the page of each
airport from 06:00 *local* time on: four runs a day, each local window once. This module is
imported while DAG files are parsed: it imports heavy modules on use.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dataflow360.sources.places import AirportsRequest

if TYPE_CHECKING:
    from dataflow360.pipeline.chunk import Chunk, Missing
    from dataflow360.pipeline.extraction import Extraction
    from dataflow360.pipeline.run import Interval, Run
    from dataflow360.sources.web.scraping import Visit

#: The site shows flights of about the last three days.
HISTORY = timedelta(days=3)


class DeparturesRequest(AirportsRequest):
    """The params of ``scrape_departures``."""


def departures(request: DeparturesRequest, run: Run, *, now: datetime | None = None) -> Extraction:
    """What ``scrape_departures`` fetches: a page for each airport.

    Args:
        request: The params.
        run: The run, whose data interval has six hours.
        now: When this is asked (UTC), which decides whether the site still has the interval.
    """
    from dataflow360.pipeline.extraction import Extraction
    from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS

    return Extraction(
        record=DEPARTS_AEROPORTS,
        topic="departs_aeroports",
        source_key=run.interval.key,
        source_name=f"FlightStats departures of {run.interval.start:%Y-%m-%d from %H:%M} local",
        request=request.content,
        fetch=lambda: _fetch(request, run, now or datetime.now(UTC)),
    )


def _fetch(request: DeparturesRequest, run: Run, now: datetime) -> Iterator[Chunk | Missing]:
    from dataflow360.errors import SkippableError
    from dataflow360.sources.flightstats.page import DATA_PATH, ROW_SELECTOR
    from dataflow360.sources.web.scraping import Scrape
    from dataflow360.sources.web.scripted_page import ScriptedPage

    if run.interval.start < now - HISTORY:
        raise SkippableError(
            f"FlightStats shows about {HISTORY.days} days: there is nothing to be had for the "
            f"interval from {run.interval.start:%Y-%m-%d %H:%M} UTC on."
        )
    page = ScriptedPage("departures page", DATA_PATH, ROW_SELECTOR)
    scrape = Scrape("flightstats", page, run, refetch=request.refetch)
    return scrape.read(lambda base: [_visit(base, iata, run.interval) for iata in request.airports])


def _visit(base_url: str, airport: str, interval: Interval) -> Visit:
    from dataflow360.sources.flightstats.page import Window, parse
    from dataflow360.sources.web.scraping import Visit

    start = interval.start
    query = {"year": start.year, "month": start.month, "date": start.day, "hour": start.hour}
    return Visit(
        part=airport,
        url=f"{base_url}/v2/flight-tracker/departures/{airport}?{urlencode(query)}",
        parse=partial(parse, window=Window.of(airport, interval)),
    )
