"""The weather in cities by hour, from the pages of Visual Crossing's query builder.

The page has whole days of the city's own time. At rest the hours are UTC, so an airport whose
time is not UTC takes hours of two local days. This module is imported while DAG files are parsed:
it imports heavy modules on use.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dataflow360.airports import AIRPORTS
from dataflow360.sources.places import AirportsRequest

if TYPE_CHECKING:
    from dataflow360.pipeline.chunk import Chunk, Missing
    from dataflow360.pipeline.extraction import Extraction
    from dataflow360.pipeline.run import Interval, Run
    from dataflow360.sources.web.scraping import Visit


class CityWeatherRequest(AirportsRequest):
    """The params of ``scrape_weather``."""


def city_weather(request: CityWeatherRequest, run: Run) -> Extraction:
    """What ``scrape_weather`` fetches: the weather of a day (UTC), a page for each city.

    Any day can be asked for: the site has decades of history.
    """
    from dataflow360.pipeline.extraction import Extraction
    from dataflow360.records.meteo_villes import METEO_VILLES

    return Extraction(
        record=METEO_VILLES,
        topic="meteo_villes",
        source_key=run.interval.key,
        source_name=f"Visual Crossing weather of {run.interval.start:%Y-%m-%d}",
        request=request.content,
        fetch=lambda: _fetch(request, run),
    )


def _fetch(request: CityWeatherRequest, run: Run) -> Iterator[Chunk | Missing]:
    from dataflow360.sources.visualcrossing.page import DATA_PATH, ROW_SELECTOR
    from dataflow360.sources.web.scraping import Scrape
    from dataflow360.sources.web.scripted_page import ScriptedPage

    page = ScriptedPage("weather page", DATA_PATH, ROW_SELECTOR)
    scrape = Scrape("visualcrossing", page, run, refetch=request.refetch)
    return scrape.read(lambda base: [_visit(base, iata, run.interval) for iata in request.airports])


def _visit(base_url: str, iata: str, interval: Interval) -> Visit:
    from dataflow360.sources.visualcrossing.page import parse
    from dataflow360.sources.web.scraping import Visit

    airport, hour = AIRPORTS[iata], timedelta(hours=1)
    zone = ZoneInfo(airport.timezone)
    first, last = (t.astimezone(zone).date() for t in (interval.start, interval.end - hour))
    return Visit(
        part=iata,
        url=f"{base_url}/weather-query-builder/{quote(airport.city)}/metric/{first}/{last}",
        parse=partial(parse, airport=airport, interval=interval),
        expected=round((interval.end - interval.start) / hour),
    )
