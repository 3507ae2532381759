"""What is asked of the sites, of which days, and when they may be visited at all."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from dataflow360.errors import FatalError, SkippableError
from dataflow360.pipeline.run import Interval, Run, day_interval
from dataflow360.settings import settings
from dataflow360.sources import sites
from dataflow360.sources.flightstats import FLIGHTSTATS
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.visualcrossing import VISUALCROSSING
from dataflow360.sources.web.permission import require_opt_in

START = datetime(2026, 11, 5, 6, tzinfo=UTC)
WINDOW = Interval(START, START + timedelta(hours=6))


def run_of(dag_id: str, interval: Interval, now: datetime = START) -> Run:
    return Run(dag_id, "test", -1, interval, now=lambda: now)


def test_what_scrape_departures_fetches():
    request = AirportsRequest.checked({"airports": ["LOS"], "refetch": True})
    extraction = FLIGHTSTATS.extraction(request, run_of("scrape_departures", WINDOW))
    assert extraction.record.name == "departs_aeroports"
    assert extraction.topic in extraction.record.topics
    assert extraction.source_key == "20261105T060000Z-20261105T120000Z"
    assert extraction.source_name == "FlightStats departures of 2026-11-05 from 06:00 local"
    assert orjson.loads(extraction.request) == {"airports": ["LOS"]}


def test_what_scrape_weather_fetches():
    request = AirportsRequest.checked({"airports": ["LOS"]})
    extraction = VISUALCROSSING.extraction(
        request, run_of("scrape_weather", day_interval(date(2026, 11, 5)))
    )
    assert extraction.record.name == "meteo_villes"
    assert extraction.topic in extraction.record.topics
    assert extraction.source_key == "20261105T000000Z-20261106T000000Z"
    assert extraction.source_name == "Visual Crossing weather of 2026-11-05"


def test_an_interval_that_the_site_shows_no_more_is_skipped_with_the_reason():
    late = START + timedelta(days=3, seconds=1)
    run = run_of("scrape_departures", WINDOW, late)
    extraction = FLIGHTSTATS.extraction(AirportsRequest.checked({}), run)
    with pytest.raises(SkippableError) as skipped:
        list(extraction.fetch())
    assert str(skipped.value) == (
        "FlightStats shows about 3 days: there is nothing to be had for the interval from "
        "2026-11-05 06:00 UTC on."
    )


REAL = {
    "flightstats": "https://www.flightstats.com",
    "visualcrossing": "https://www.visualcrossing.com",
}


@pytest.mark.parametrize("site", REAL)
def test_a_real_site_is_not_visited_unless_someone_has_decided_so(site):
    with pytest.raises(FatalError) as refused:
        require_opt_in(sites()[site], REAL[site])
    assert f"add {site} to DATAFLOW360_LIVE_SITES" in str(refused.value)
    assert "terms of use" in str(refused.value)


@pytest.mark.parametrize("site", REAL)
def test_the_opt_in_to_another_site_does_not_count(site, monkeypatch):
    (other,) = set(REAL) - {site}
    monkeypatch.setenv("DATAFLOW360_LIVE_SITES", other)
    settings.cache_clear()
    with pytest.raises(FatalError, match="DATAFLOW360_LIVE_SITES"):
        require_opt_in(sites()[site], REAL[site])
    require_opt_in(sites()[other], REAL[other])


@pytest.mark.parametrize("url", ["https://flightstats.com", "https://WWW.FlightStats.com:443/v2"])
def test_a_real_site_is_known_in_whatever_way_it_is_written(url):
    with pytest.raises(FatalError):
        require_opt_in(sites()["flightstats"], url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8090/flightstats", "http://simulator:8090"])
def test_another_host_needs_no_decision(url):
    require_opt_in(sites()["flightstats"], url)


def test_an_unknown_site_in_the_settings_is_named(monkeypatch):
    monkeypatch.setenv("DATAFLOW360_LIVE_SITES", "flightstats,flightradar")
    settings.cache_clear()
    with pytest.raises(FatalError, match=r"names flightradar, .* flightstats, openmeteo"):
        require_opt_in(sites()["flightstats"], REAL["flightstats"])
