"""Pages read by a real Chromium from the source simulator, with every fault that it can show."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest
from airflow.sdk import BaseHook

from dataflow360.airports import AIRPORTS
from dataflow360.errors import FatalError, RetriableError
from dataflow360.pipeline.chunk import Chunk, Missing
from dataflow360.pipeline.run import Interval, Run, day_interval
from dataflow360.records import RECORD_TYPES
from dataflow360.records.validation import check
from dataflow360.settings import settings
from dataflow360.sources import sites
from dataflow360.sources.flightstats import FLIGHTSTATS
from dataflow360.sources.flightstats import page as departures_page
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.visualcrossing import VISUALCROSSING
from dataflow360.sources.web import browser, scripted_page
from dataflow360.sources.web.browser import Browser, BrowserDiedError
from dataflow360.sources.web.scraping import Scrape, Visit
from dataflow360.sources.web.scripted_page import ScriptedPage
from tests.integration.buckets import bucket, files, land_in, s3, zone

__all__ = ["bucket", "land_in", "s3", "zone"]

START = datetime(2026, 11, 5, 6, tzinfo=UTC)
WINDOW = Interval(START, START + timedelta(hours=6))
DAY = day_interval(date(2026, 11, 5))
TWO = ["LOS", "ABJ"]
SITES = ("flightstats", "visualcrossing")


def new_run(interval: Interval, dag_id: str = "scrape_departures") -> Run:
    return Run(dag_id, f"test__{uuid.uuid4()}", -1, interval, now=lambda: START)


def departures_of(*airports: str, run: Run | None = None) -> Iterator[Chunk | Missing]:
    """Read boards one by one, whatever earlier tests have read of them."""
    request = AirportsRequest.checked({"airports": airports, "refetch": True})
    return FLIGHTSTATS.extraction(request, run or new_run(WINDOW)).fetch()


def weather_of(*airports: str) -> Iterator[Chunk | Missing]:
    request = AirportsRequest.checked({"airports": airports, "refetch": True})
    return VISUALCROSSING.extraction(request, new_run(DAY, "scrape_weather")).fetch()


READING: dict[str, Callable[..., Iterator[Chunk | Missing]]] = {
    "flightstats": departures_of,
    "visualcrossing": weather_of,
}


def read_departures(*airports: str, run: Run | None = None) -> list[Chunk | Missing]:
    return list(departures_of(*airports, run=run))


def in_address(site: str, airport: str) -> str:
    """What the address of an airport's page has that no other page's has."""
    return {"flightstats": airport, "visualcrossing": AIRPORTS[airport].city}[site]


def simulator(site: str) -> str:
    return str(BaseHook.get_connection(f"dataflow360_{site}").host).removesuffix(f"/{site}")


@pytest.fixture(autouse=True)
def own_landing(tmp_path, monkeypatch) -> Path:
    """A landing zone of the test's own, for the evidence."""
    zone = tmp_path / "landing"
    monkeypatch.setenv("DATAFLOW360_LANDING", str(zone))
    settings.cache_clear()
    return zone


@pytest.fixture(autouse=True)
def short_waits(monkeypatch) -> None:
    monkeypatch.setattr(scripted_page, "DATA_SECONDS", 2)
    monkeypatch.setattr(scripted_page, "CONSENT_SECONDS", 1)


@pytest.fixture
def fault() -> Iterator[Callable[..., None]]:
    """Turn on a fault of the simulator: ``fault("flightstats", "consent", match="LOS")``."""

    def turn_on(site: str, name: str, **details) -> None:
        httpx.put(
            f"{simulator(site)}/faults/{site}", json={"fault": name, **details}
        ).raise_for_status()

    yield turn_on
    for site in SITES:
        httpx.delete(f"{simulator(site)}/faults/{site}").raise_for_status()


@pytest.fixture(autouse=True)
def nothing_is_left_over() -> Iterator[None]:
    yield
    assert own_processes() == []
    assert left_profiles() == []


def own_processes() -> list[psutil.Process]:
    """Browsers and drivers that this process has started."""
    return [
        each
        for each in psutil.Process().children(recursive=True)
        if each.name() in {"chromium", "chromedriver", "setpriv"} and alive(each)
    ]


def left_profiles() -> list[Path]:
    return [each for each in browser._PROFILES.glob("*") if each.is_dir()]


def missing(read: list[Chunk | Missing]) -> dict[str, Exception]:
    return {each.part: each.error for each in read if isinstance(each, Missing)}


def rows(read: Iterable[Chunk | Missing]) -> list[dict]:
    return [row for each in read if isinstance(each, Chunk) for row in each.table.to_pylist()]


def kept(zone: Path) -> set[str]:
    return {str(path.relative_to(zone)) for path in zone.rglob("*") if path.is_file()}


# ---- Pages without fault


@pytest.mark.parametrize("site", SITES)
def test_every_airport_is_read_and_all_of_it_is_valid(site):
    read = list(READING[site](*AIRPORTS))
    assert missing(read) == {}
    assert len(read) == len(AIRPORTS)
    for chunk in read:
        assert chunk.refused == []
    found = rows(read)
    assert {row.get("Aeroport") or row["aeroport"] for row in found} == set(AIRPORTS)
    record = {"flightstats": "departs_aeroports", "visualcrossing": "meteo_villes"}[site]
    for chunk in read:
        assert check(RECORD_TYPES[record], chunk.table).reasons == {}


def test_four_windows_hold_each_departure_of_the_day_once():
    numbers = []
    for start in (0, 6, 12, 18):
        first = START.replace(hour=start)
        window = Interval(first, first + timedelta(hours=6))
        read = read_departures("LOS", run=new_run(window))
        assert {int(row["Heure_Depart"][:2]) // 6 * 6 for row in rows(read)} == {start}
        numbers += [(row["Vol"], row["Destination"]) for row in rows(read)]
    assert len(numbers) == len(set(numbers)) == 110  # the simulator's flights of LOS on a day


def test_the_utc_day_of_a_city_in_another_zone_is_whole():
    found = rows(weather_of("LOS", "RAI"))
    assert [row["heure_observation"] for row in found] == [*range(24), *range(24)]
    assert {row["date_observation"] for row in found} == {date(2026, 11, 5)}


@pytest.mark.parametrize("site", SITES)
def test_the_table_says_the_same_as_the_embedded_data(site, fault):
    embedded = rows(READING[site](*TWO))
    fault(site, "no-next-data")
    assert rows(READING[site](*TWO)) == embedded


def test_an_earlier_try_is_not_read_again(fault):
    run = new_run(WINDOW)
    request = AirportsRequest.checked({"airports": TWO, "refetch": True})
    fault("flightstats", "503", match="ABJ")
    first = list(FLIGHTSTATS.extraction(request, run).fetch())
    assert list(missing(first)) == ["ABJ"]
    fault("flightstats", "503", match="LOS")
    second = list(FLIGHTSTATS.extraction(request, run).fetch())
    assert missing(second) == {}
    assert [row for row in rows(second) if row["Aeroport"] == "LOS"] == rows(first)


# ---- Faults


PAGE_FAULTS = {
    "selectors": (
        FatalError,
        r'no data in props\..* rows \[class\*="table__TableRow"\]: its layou',
    ),
    "invalid": (FatalError, "its layout has changed, so mend the page object"),
    "html": (FatalError, "its layout has changed, so mend the page object"),
    "consent": (FatalError, "asks for consent instead of showing its data"),
    "403": (FatalError, "answers with status 403; look whether the address"),
    "404": (FatalError, "answers with status 404; look whether the address"),
    "429": (RetriableError, "answers with status 429; this task tries again"),
    "500": (RetriableError, "answers with status 500; this task tries again"),
    "503": (RetriableError, "answers with status 503; this task tries again"),
    "cut": (RetriableError, r"was broken off half-way; this task tries again; se"),
}


@pytest.mark.parametrize("site", SITES)
def test_a_page_that_cannot_be_read_does_not_stop_the_others(site, fault, own_landing, subtests):
    """One run: a page with each fault, one after the other, and then a page with none."""
    *faulty, sound = list(AIRPORTS)[: len(PAGE_FAULTS) + 1]
    reading = READING[site](*faulty, sound)
    for airport, (name, (kind, said)) in zip(faulty, PAGE_FAULTS.items(), strict=True):
        with subtests.test(name):
            fault(site, name, match=in_address(site, airport))
            read = next(reading)
            assert isinstance(read, Missing)
            assert read.part == airport
            assert type(read.error) is kind
            with pytest.raises(kind, match=said):
                raise read.error
            names = sorted(each for each in kept(own_landing) if f"/{airport}-1." in each)
            assert all(each in str(read.error) for each in names)
            html, *images = ((own_landing / each).read_bytes() for each in names)
            if name == "cut":  # the browser shows nothing yet
                assert images == []
            else:
                assert b"<html" in html
                assert [image[:4] for image in images] == [b"\x89PNG"]
    rest = list(reading)
    assert missing(rest) == {}
    assert {row.get("Aeroport") or row["aeroport"] for row in rows(rest)} == {sound}


def test_a_page_that_is_too_slow_is_tried_again_later(fault, monkeypatch):
    monkeypatch.setattr(browser, "PAGE_LOAD_SECONDS", 1)
    monkeypatch.setattr(scripted_page, "PAGE_LOAD_SECONDS", 1)
    fault("flightstats", "slow", match="LOS", seconds=3)
    read = read_departures(*TWO)
    assert list(missing(read)) == ["LOS"]
    with pytest.raises(RetriableError, match="did not load within 1 s; this task tries again"):
        raise missing(read)["LOS"]


def test_each_try_keeps_evidence_of_its_own(fault, zone, s3):
    fault("flightstats", "500", match="LOS")
    run = new_run(WINDOW)
    for _ in range(2):
        read_departures("LOS", run=run)
    folder = "scrape_departures/evidence/20261105T060000Z-20261105T120000Z"
    assert files(zone, s3) == [
        f"{folder}/LOS-{number}.{kind}" for number in (1, 2) for kind in ("html", "png")
    ]


def test_an_airport_without_departures_is_no_fault(fault, own_landing):
    fault("flightstats", "empty", match="LOS")
    read = read_departures(*TWO)
    assert missing(read) == {}
    assert {row["Aeroport"] for row in rows(read)} == {"ABJ"}
    assert {Path(name).name for name in kept(own_landing)} == {"LOS-1.html", "LOS-1.png"}


def test_a_day_without_any_departure_is_one(fault):
    fault("flightstats", "empty")
    with pytest.raises(FatalError) as failed:
        read_departures(*TWO)
    sentence = str(failed.value)
    assert (
        "Every departures page that was read (2) is empty where records were expected" in sentence
    )
    assert '[class*="table__TableRow"]' in sentence
    assert "scrape_departures/evidence/20261105T060000Z-20261105T120000Z" in sentence


def test_a_city_without_weather_is_one(fault):
    fault("visualcrossing", "empty", match="Lagos")
    read = list(weather_of(*TWO))
    with pytest.raises(RetriableError, match=r"has 0 of 24 records in props\.pageProps"):
        raise missing(read)["LOS"]


# ---- robots.txt


def test_a_site_that_disallows_the_visit_is_not_visited(fault):
    fault("flightstats", "robots")
    httpx.delete(f"{simulator('flightstats')}/requests").raise_for_status()
    with pytest.raises(FatalError, match=r"robots\.txt disallows /.*LOS for DataFlow360/0\.1"):
        read_departures("LOS")
    asked = httpx.get(f"{simulator('flightstats')}/requests").text
    assert "departures/LOS" not in asked


def test_a_site_without_rules_may_be_visited(fault):
    fault("flightstats", "404", match="robots.txt")
    assert missing(read_departures("LOS")) == {}


def test_a_site_that_does_not_say_is_not_visited_for_now(fault):
    fault("flightstats", "503", match="robots.txt")
    with pytest.raises(RetriableError, match=r"robots\.txt answers with status 503"):
        read_departures("LOS")


# ---- A browser that dies


def kill(name: str) -> None:
    """Kill this process's own browser or driver."""
    victims = [each for each in own_processes() if each.name() == name]
    assert victims
    for each in victims:
        each.kill()
    psutil.wait_procs(victims, timeout=5)


def scrape_and_kill(victim: str, after: list[str]) -> list[Chunk | Missing]:
    """Read four boards; the browser is killed after those that are named were read."""
    page = ScriptedPage("departures page", departures_page.DATA_PATH, departures_page.ROW_SELECTOR)
    scrape = Scrape(sites()["flightstats"], page, new_run(WINDOW), refetch=True)
    deaths = list(after)

    def parse(text, window):
        chunk = departures_page.parse(text, window)
        if window.airport in deaths:
            deaths.remove(window.airport)
            kill(victim)
        return chunk

    def visits(base: str) -> list[Visit]:
        return [
            Visit(
                iata,
                f"{base}/v2/flight-tracker/departures/{iata}?year=2026&month=11&date=5&hour=6",
                partial(parse, window=departures_page.Window(iata, date(2026, 11, 5), 6, 6)),
            )
            for iata in ("LOS", "ABJ", "ACC", "DSS")
        ]

    return list(scrape.read(visits))


@pytest.mark.parametrize("victim", ["chromium", "chromedriver"])
def test_a_browser_that_dies_is_replaced_once(victim):
    read = scrape_and_kill(victim, after=["ABJ"])
    assert missing(read) == {}
    assert {row["Aeroport"] for row in rows(read)} == {"LOS", "ABJ", "ACC", "DSS"}


@pytest.mark.parametrize("victim", ["chromium", "chromedriver"])
def test_a_second_death_leaves_the_rest_to_the_next_try(victim):
    read = scrape_and_kill(victim, after=["LOS", "ABJ"])
    assert {row["Aeroport"] for row in rows(read)} == {"LOS", "ABJ"}
    assert list(missing(read)) == ["ACC", "DSS"]
    for error in missing(read).values():
        assert type(error) is BrowserDiedError
        assert isinstance(error, RetriableError)
        assert str(error).startswith("The browser died twice in this run")


def test_a_browser_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("DATAFLOW360_CHROMEDRIVER", "/nowhere/chromedriver")
    settings.cache_clear()
    with pytest.raises(FatalError, match="There is no /nowhere/chromedriver; install chromium"):
        read_departures("LOS")


def test_a_grid_takes_the_place_of_the_own_browser(monkeypatch, tmp_path):
    """chromedriver speaks the protocol of a Grid."""
    port = 19_515
    grid = subprocess.Popen(["/usr/bin/chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: reachable(f"{url}/status"))
        monkeypatch.setenv("DATAFLOW360_SELENIUM_GRID", url)
        monkeypatch.setenv("DATAFLOW360_CHROMEDRIVER", "/nowhere/chromedriver")
        settings.cache_clear()
        assert missing(read_departures("LOS")) == {}
    finally:
        grid.kill()
        grid.wait()


def reachable(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


TASK = """
import uuid
from datetime import UTC, datetime, timedelta
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources.flightstats import FLIGHTSTATS
from dataflow360.sources.places import AirportsRequest
start = datetime(2026, 11, 5, 6, tzinfo=UTC)
window = Interval(start, start + timedelta(hours=6))
run = Run("scrape_departures", str(uuid.uuid4()), -1, window, now=lambda: start)
request = AirportsRequest.checked({"airports": ["LOS"], "refetch": True})
list(FLIGHTSTATS.extraction(request, run).fetch())
"""


def test_a_task_that_is_killed_leaves_no_browser(fault):
    fault("flightstats", "slow", match="departures/LOS", seconds=60)
    task = psutil.Popen([sys.executable, "-c", TASK])
    try:
        until(lambda: any("--type=renderer" in each.cmdline() for each in family_of(task)), 60)
        started = family_of(task)
        assert {"chromium", "chromedriver"} <= {each.name() for each in started}
    finally:
        task.send_signal(signal.SIGKILL)
        task.wait()
    psutil.wait_procs(started, timeout=10)
    assert [each for each in started if alive(each)] == []

    assert len(left_profiles()) == 1, "nobody could remove it"
    with Browser() as another:
        another.use(lambda driver: driver.get("about:blank"))
        assert len(left_profiles()) == 1, "the next one does, and has its own"


def family_of(task: psutil.Popen) -> list[psutil.Process]:
    assert task.poll() is None, "the task has ended by itself"
    return [each for each in task.children(recursive=True) if alive(each)]


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_two_runs_at_once_leave_each_other_alone():
    with Browser() as one, Browser() as other:
        for each in (one, other, one):
            assert each.use(lambda driver: driver.execute_script("return 2 + 2")) == 4
        assert len(left_profiles()) == 2
