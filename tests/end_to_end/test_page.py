"""The page in Airflow's UI as people use it, with a real Chromium.

``make test ARGS="tests/end_to_end/test_page.py" PICTURES=docs/images`` also takes the pictures that
the documentation shows.
"""

import os
import random
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from dataflow360.clients import mysql
from stack import page_assets
from stack import settings as env_file
from stack.environment import airflow_url
from stack.profiles import ROOT, Profile
from stack.servers.airflow import USERS
from stack.settings import Settings
from tests.end_to_end.conftest import Airflow
from tests.end_to_end.lone_airflow import LoneAirflow, lone_airflow
from tests.end_to_end.reader import Reader, chromium
from tests.integration.support import WEATHER, finish, stored
from tests.integration.test_replay import land, raws_of

FIRST_VIEW_MS = 1_000
LARGEST_PAGE = 600_000
VIEWS = ["#/overview", "#/map", "#/map/DSS", "#/quarantine"]
HOSTILE = (
    b"<script>window.hacked = 1</script>",
    b"<img src=x onerror='window.hacked = 2'>\x00\x1b[31m\xff",
    "abc\u202edcba\u2066".encode(),
    b"A" * 2_000_000,
)
HOSTILE_REASON = "temperature: <img src=x onerror='window.hacked = 3'>\u202e is no number"


@pytest.fixture(scope="module")
def settings(profile: Profile) -> Settings:
    return env_file.load(profile)


@pytest.fixture(scope="module")
def axe(profile: Profile) -> str:
    """axe-core, as its lock has it."""
    package = page_assets.packages(profile) / "node_modules" / "axe-core"
    return (package / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def reader(driver: Chrome, settings: Settings) -> Iterator[Reader]:
    """A reader who has just logged in as the administrator, at a desk."""
    yield from reader_as("admin", driver, settings)


@pytest.fixture
def operator(driver: Chrome, settings: Settings) -> Iterator[Reader]:
    yield from reader_as("operateur", driver, settings)


@pytest.fixture
def viewer(driver: Chrome, settings: Settings) -> Iterator[Reader]:
    yield from reader_as("lecteur", driver, settings)


def reader_as(name: str, driver: Chrome, settings: Settings) -> Iterator[Reader]:
    driver.switch_to.default_content()
    reader = Reader(driver, airflow_url(settings))
    reader.size(1360)
    reader.log_in(name, settings.secret(USERS[name]))
    reader.complaints()
    yield reader
    driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


@pytest.fixture(scope="module")
def landed(airflow: Airflow) -> None:
    """Every kind of source has run."""
    runs = {
        dag_id: airflow.trigger(dag_id, **conf)
        for dag_id, conf in (
            ("synthetic_flights", {"rows": 20}),
            ("synthetic_weather", {"rows": 24}),
            ("openweather", {}),
            ("scrape_departures", {"airports": ["DSS", "LOS"]}),
        )
    }
    for dag_id, run_id in runs.items():
        assert airflow.wait(dag_id, run_id) == "success"


@pytest.fixture(scope="module")
def refused() -> None:
    """Something is in quarantine, some of it without a reason."""
    refuse(date(1850, 1, 1), "refused for this module's tests to see")
    refuse(date(1850, 1, 2), "")


@pytest.fixture
def reason() -> str:
    """A reason that no other record was refused for."""
    return "".join(random.choices(ascii_lowercase, k=12))


@pytest.fixture
def mended(day: date, reason: str) -> str:
    """A batch with three rows in quarantine that today's code takes; its id."""
    return refuse(day, reason)


def refuse(day: date, reason: str) -> str:
    """Land a day of which three rows are refused; the id of its batch."""
    rows = WEATHER.rows(day, rows=1)
    batch_id, run = land(WEATHER, day, rows.slice(3), raws_of(rows.slice(0, 3)), reason)
    finish(batch_id, run)
    return batch_id


# Who may see what


def test_without_a_session_the_page_leads_to_the_login(reader: Reader) -> None:
    reader.log_out()
    reader.driver.get(f"{reader.url}/dataflow360/")
    reader.wait(lambda: reader.all("input[name=password]"))
    assert "/auth/login" in reader.driver.current_url


def test_a_session_that_ends_while_the_page_is_open_is_said(reader: Reader) -> None:
    reader.open()
    reader.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    reader.click("#refresh")
    problem = reader.wait(lambda: reader.all(".problem"))[0]
    assert "You are not logged in any more." in problem.text
    assert reader.all(".sources .name"), "what was there must stay"


@pytest.mark.parametrize("role", ["reader", "operator"])
def test_who_may_trigger_the_replay_is_offered_it(
    request: pytest.FixtureRequest, role: str, refused: None
) -> None:
    someone: Reader = request.getfixturevalue(role)
    someone.open("#/quarantine")
    assert someone.one("#replay").is_displayed()
    assert someone.one("#dismiss").is_displayed()


def test_a_viewer_reads_everything_and_is_offered_no_decision(
    viewer: Reader, refused: None
) -> None:
    for view in VIEWS:
        viewer.open(view)
        assert not viewer.all(".problem"), viewer.text()
    assert viewer.all(".records tbody tr")
    assert not viewer.all("#replay, #dismiss, input[type=checkbox]")
    assert "you need the right to trigger replay_quarantine" in viewer.text()
    viewer.click(".records a.bytes")
    viewer.wait(lambda: viewer.all("#record-bytes"))
    assert not viewer.all("#replay, #dismiss")


def test_another_site_can_start_no_run_with_the_readers_session(
    reader: Reader, airflow: Airflow
) -> None:
    (session,) = [c for c in reader.driver.get_cookies() if c["name"] == "_token"]
    assert session["sameSite"] == "Lax"
    runs = "/dags/replay_quarantine/dagRuns"
    before = airflow.get(runs)["total_entries"]
    with other_site() as site:
        reader.driver.get(site)
        for kind in ("application/json", "text/plain"):
            answer = reader.driver.execute_async_script(
                """
                const [url, kind, done] = arguments;
                const body = JSON.stringify({logical_date: null, conf: {}});
                const options = {method: "POST", credentials: "include", body,
                                 headers: {"Content-Type": kind}};
                fetch(url, options).then((answer) => done(answer.status), () => done("refused"));
                """,
                f"{reader.url}/api/v2{runs}",
                kind,
            )
            assert answer == "refused"
    assert airflow.get(runs)["total_entries"] == before


def other_site() -> Any:
    """A page of another site: for a browser, localhost is another one than 127.0.0.1."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    class Site(ThreadingHTTPServer):
        def __enter__(self) -> str:  # type: ignore[override]
            threading.Thread(target=self.serve_forever, daemon=True).start()
            return f"http://localhost:{self.server_port}/"

        def __exit__(self, *_: object) -> None:
            self.shutdown()
            self.server_close()

    return Site(("127.0.0.1", 0), Page)


# What is shown


def test_the_overview_has_a_row_for_each_source_with_what_its_run_has_left(
    reader: Reader, landed: None
) -> None:
    reader.open()
    names = [each.text for each in reader.all(".sources .name")]
    assert {"synthetic_flights", "openweather", "csv_files", "openweather_to_kinesis"} <= set(names)
    row = reader.one("tr:has(#source-synthetic_flights)").text
    assert "success" in row
    assert "320" in row
    assert "reconciled" in row
    bars = reader.one("tr:has(#source-synthetic_flights) svg[role=img]")
    assert "last 30 days" in bars.get_attribute("aria-label")
    assert "3 brokers" in reader.text(".panel.kafka")
    assert "meteo_synthetique" in reader.text(".panel.kafka")
    assert "weather_stream → dataflow_mongo" in reader.text(".panel.kinesis")
    assert "of 60 left" in reader.text()


def test_the_map_shows_every_airport_in_the_colour_of_what_is_picked(
    reader: Reader, landed: None
) -> None:
    reader.open("#/map")
    assert len(reader.all(".place")) == 16
    warm = reader.one("#place-DSS .known").get_attribute("fill")
    assert reader.one("#place-DSS title").get_attribute("textContent").startswith("Dakar (DSS): ")
    assert "°C" in reader.text(".legend")
    reader.click("#measure option[value=freshness]")
    reader.wait(lambda: "on time" in reader.text(".legend"))
    assert reader.one("#place-DSS .known").get_attribute("fill") != warm
    assert "measure=freshness" in reader.driver.current_url


def test_an_airport_is_opened_by_keyboard_with_its_weather_board_and_delays(
    reader: Reader, landed: None
) -> None:
    reader.open("#/map")
    reader.driver.execute_script("document.getElementById('place-DSS').focus()")
    reader.driver.switch_to.active_element.send_keys(Keys.ENTER)
    name = reader.wait(lambda: reader.all("#airport-name"))[0]
    assert name.text == "Dakar (DSS)"
    reader.loaded()
    assert reader.driver.execute_script("return document.activeElement.id") == "airport-name"
    panel = reader.text(".panel.airport")
    for words in ("Latest weather", "°C", "Last 7 days", "Departures", "Delays by hour"):
        assert words in panel
    assert reader.all(".airport .curve path, .airport .curve circle")
    assert reader.all("#board-scroll tbody tr")
    assert reader.all("#delays-table")


def test_every_part_is_reached_by_the_tabulator_with_a_visible_focus(reader: Reader) -> None:
    reader.open()
    reached = set()
    for _ in range(12):
        reader.driver.switch_to.active_element.send_keys(Keys.TAB)
        focused, outline = reader.driver.execute_script(
            "const e = document.activeElement; return [e.id || e.className,"
            " getComputedStyle(e).outlineStyle]"
        )
        reached.add(focused)
        assert outline != "none", focused
    assert {"skip", "tab-overview", "tab-map", "tab-quarantine", "refresh"} <= reached


def test_times_are_utc_with_the_readers_own_beside(reader: Reader, landed: None) -> None:
    reader.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
    reader.open()
    shown = reader.text("tr:has(#source-openweather) time")
    assert " UTC (" in shown
    assert shown.endswith(" local)")


# In Airflow's UI


def test_the_page_is_in_the_navigation_and_its_links_lead_to_airflows_own_pages(
    reader: Reader, landed: None
) -> None:
    reader.driver.get(f"{reader.url}/")
    entry = reader.wait(lambda: reader.all("a[href*='plugin/dataflow360']"))[0]
    reader.driver.execute_script("arguments[0].click()", entry)
    frame = reader.wait(lambda: reader.all("iframe[title=DataFlow360]"))[0]
    reader.driver.switch_to.frame(frame)
    reader.wait(lambda: reader.all(".sources .name"))
    reader.click("#tab-map")
    reader.wait(lambda: reader.all(".place"))
    reader.driver.switch_to.default_content()
    assert reader.driver.current_url.endswith("/plugin/dataflow360/dataflow360/#/map")
    reader.driver.refresh()  # and the same view is there again
    frame = reader.wait(lambda: reader.all("iframe[title=DataFlow360]"))[0]
    reader.driver.switch_to.frame(frame)
    reader.wait(lambda: reader.all(".place"))
    reader.click("#tab-overview")
    reader.click("#source-openweather")
    reader.driver.switch_to.default_content()
    reader.wait(lambda: reader.driver.current_url.endswith("/dags/openweather"))


def test_theme_and_language_follow_airflow_at_once(reader: Reader) -> None:
    reader.open()

    def background() -> str:
        return str(
            reader.driver.execute_script(
                "return getComputedStyle(document.documentElement).backgroundColor"
            )
        )

    reader.prefer(theme="light", i18nextLng="en")
    assert reader.wait(background) == "rgb(255, 255, 255)"
    assert reader.text("#tab-overview") == "Overview"
    reader.prefer(theme="dark", i18nextLng="fr")
    reader.wait(lambda: background() != "rgb(255, 255, 255)")
    reader.wait(lambda: reader.text("#tab-overview") == "Vue d\u2019ensemble")
    assert reader.one("html").get_attribute("lang") == "fr"


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_is_wide_enough(reader: Reader, landed: None, refused: None, view: str) -> None:
    reader.size(360, 740)
    reader.open(view)
    assert reader.driver.execute_script("return document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_serious_violation(
    reader: Reader, axe: str, landed: None, refused: None, view: str, theme: str
) -> None:
    reader.driver.execute_script("localStorage.setItem('theme', arguments[0])", theme)
    reader.open(view)
    assert reader.violations(axe) == []


# Quarantine


def test_hostile_records_are_shown_inert(reader: Reader, day: date) -> None:
    rows = WEATHER.rows(day, rows=1)
    batch_id, run = land(WEATHER, day, rows, list(HOSTILE), HOSTILE_REASON)
    finish(batch_id, run)
    shown = {}
    for quarantine_id, size in ids_of(batch_id):
        reader.open("#/quarantine")
        assert_inert(reader)
        reader.open(f"#/quarantine/{quarantine_id}")
        assert_inert(reader)
        shown[size] = reader.text("#record-bytes")
        reader.click("#record-hex-summary")
        assert "<img src=x onerror=" in reader.text("#reasons")
        assert r"\u202e" in reader.text("#reasons")
    assert len(shown) == len(HOSTILE)
    assert shown[len(HOSTILE[0])] == HOSTILE[0].decode()
    assert r"\x00\x1b[31m\xff" in shown[len(HOSTILE[1])]
    assert shown[len(HOSTILE[2])] == r"abc\u202edcba\u2066"
    assert len(shown[len(HOSTILE[3])]) <= 20_000
    assert reader.complaints() == []


def ids_of(batch_id: str) -> list[tuple[str, int]]:
    """The records that a batch has in quarantine, each with its size in bytes."""
    with mysql.connect() as connection:
        return mysql.fetch(
            connection,
            "SELECT quarantine_id, LENGTH(raw) FROM dataflow360.quarantine WHERE batch_id = %s",
            (batch_id,),
        )


def assert_inert(reader: Reader) -> None:
    """Nothing of the records has become an element, run, or kept a character that acts."""
    assert reader.driver.execute_script("return window.hacked") is None
    assert not reader.all("main img, main script, main iframe")
    assert reader.driver.execute_script(
        r"return !/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]/.test("
        "document.querySelector('main').textContent)"
    )


@pytest.mark.timeout(600)
def test_a_mended_record_is_replayed_after_a_dry_run_and_the_numbers_change(
    operator: Reader, airflow: Airflow, day: date, reason: str, mended: str
) -> None:
    ids = {quarantine_id for quarantine_id, _ in ids_of(mended)}
    before = stored(WEATHER, day)
    open_group(operator, reason)
    count = len(operator.all(".records tbody tr"))
    assert count == len(ids) == 3
    operator.click("#select-all")
    assert operator.text("#selected") == "3 selected"

    operator.click("#replay")
    operator.wait(lambda: operator.all("#decision-go"), seconds=180)
    dialog = operator.text("dialog")
    assert "What would happen:" in dialog
    assert "new \u00d7 3" in dialog
    assert stored(WEATHER, day) == before, "a dry run changes nothing"

    operator.click("#decision-go")
    operator.wait(lambda: "Done." in operator.text("dialog"), seconds=400)
    operator.click("#decision-close")
    operator.wait(lambda: not operator.all(".records tbody tr"))
    assert len(stored(WEATHER, day)) == len(before) + 3
    operator.open("#/quarantine?state=replayed")
    assert operator.all(f"#record-{ids.pop()}")
    last = airflow.get("/dags/replay_quarantine/dagRuns", order_by="-run_after", limit=1)
    assert last["dag_runs"][0]["triggering_user_name"] == "operateur"


def test_a_record_is_dismissed_with_a_comment(operator: Reader, mended: str) -> None:
    (quarantine_id, _), *_ = ids_of(mended)
    operator.open(f"#/quarantine/{quarantine_id}")
    operator.click("#dismiss")
    assert not operator.one("#decision-go").is_enabled(), "a comment is asked for"
    operator.one("#comment").send_keys("not <b>wanted</b>")
    operator.click("#decision-go")
    operator.wait(lambda: "Done." in operator.text("dialog"), seconds=180)
    operator.click("#decision-close")
    operator.wait(lambda: "dismissed" in operator.text(".facts"))
    facts = operator.text(".facts")
    assert "operateur" in facts
    assert "not <b>wanted</b>" in facts
    assert not operator.all("#dismiss")


def open_group(reader: Reader, reason: str) -> None:
    """Open the records that were refused for a reason."""
    reader.open("#/quarantine")
    reader.wait(lambda: [each for each in reader.all(".groups .reason a") if reason in each.text])
    (link,) = [each for each in reader.all(".groups .reason a") if reason in each.text]
    link.click()
    reader.wait(lambda: reason in reader.text(".filters"))
    reader.loaded()


# A store that is down, and a system in which nothing has happened


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneAirflow]:
    with lone_airflow(tmp_path_factory.mktemp("lone")) as started:
        yield started


def test_an_empty_system_says_so(reader: Reader, axe: str, lone: LoneAirflow) -> None:
    alone = Reader(reader.driver, lone.url)  # a session holds for every port of its host
    alone.open()
    assert "never landed" in alone.text("tr:has(#source-synthetic_weather)")
    assert "nothing landed yet" in alone.text("tr:has(#source-synthetic_weather)")
    assert "0\nsources on time" in alone.text(".tiles")
    assert not alone.all(".off, .problem")
    assert alone.violations(axe) == []
    alone.open("#/quarantine")
    assert "Nothing is in quarantine" in alone.text()
    alone.open("#/map/ACC")
    assert "Nothing is known yet." in alone.text(".panel.airport")


def test_a_store_that_is_down_greys_its_parts_and_no_other(
    reader: Reader, axe: str, lone: LoneAirflow
) -> None:
    alone = Reader(reader.driver, lone.url)
    lone.mysql.terminate()
    lone.mysql.wait(timeout=60)
    alone.open()
    assert "MySQL" in alone.text(".panel.sources .problem")
    assert "success" in alone.text("tr:has(#source-synthetic_weather)"), "Airflow knows the run"
    assert "Not available. MySQL" in alone.text(".panel.kinesis .off")
    assert "3 brokers" in alone.text(".panel.kafka")
    assert alone.violations(axe) == []
    alone.open("#/quarantine")
    assert "Not available. MySQL" in alone.text(".off")
    alone.open("#/map/DSS")
    assert len(alone.all(".place")) == 16


# Speed, weight, and who is asked


def test_no_other_host_is_asked_and_nothing_is_complained_of(reader: Reader, landed: None) -> None:
    reader.traffic()
    for view in VIEWS:
        reader.open(view)
    hosts, _ = reader.traffic()
    assert hosts == {reader.url.removeprefix("http://")}
    assert reader.complaints() == []


def test_the_page_is_light_and_there_within_a_second(reader: Reader, landed: None) -> None:
    reader.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    reader.driver.get("about:blank")
    reader.traffic()
    reader.open()
    _, first_bytes = reader.traffic()
    reader.open("#/map/DSS")
    _, more_bytes = reader.traffic()
    assert first_bytes + more_bytes < LARGEST_PAGE
    shown = []
    for _ in range(3):
        reader.open()
        shown.append(
            reader.driver.execute_script(
                "return performance.getEntriesByName('api/overview')[0].startTime"
            )
        )
    # How busy the machine is in one of the moments is not the page's doing.
    assert min(shown) < FIRST_VIEW_MS


def test_the_bundle_is_what_its_script_makes(profile: Profile, tmp_path: Path) -> None:
    page_assets.make(profile, tmp_path)
    committed = ROOT / page_assets.DIRECTORY
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        file.name: file.read_bytes() for file in committed.iterdir()
    }


# Pictures for the documentation


def test_pictures(
    reader: Reader, airflow: Airflow, landed: None, refused: None, tmp_path: Path
) -> None:
    folder = tmp_path
    if "PICTURES" in os.environ:
        folder = ROOT / os.environ["PICTURES"]
        for dag_id in ("aws_setup", "openweather_to_kinesis"):
            airflow.http.patch(f"/dags/{dag_id}", json={"is_paused": False}).raise_for_status()
            assert airflow.wait(dag_id, airflow.trigger(dag_id)) == "success"
    for name, theme, view, height in (
        ("overview", "light", "#/overview", 900),
        ("map", "dark", "#/map/DSS", 900),
        ("quarantine", "light", "#/quarantine", 700),
    ):
        reader.driver.execute_script("localStorage.setItem('theme', arguments[0])", theme)
        reader.size(1280, height)
        reader.open(view)
        reader.picture(folder / f"page-{name}.png", height)
