"""The pages: what their JSON says, what their script builds, and how they drift."""

import json
import re
from datetime import timedelta

import pytest

from dataflow360.airports import AIRPORTS

BOARD = "/flightstats/v2/flight-tracker/departures/"
WEATHER = "/visualcrossing/weather-query-builder/"
LOS = {"year": 2026, "month": 11, "date": 1, "hour": 6}
PAGES = [
    ("flightstats", f"{BOARD}LOS?year=2026&month=11&date=1&hour=6"),
    ("visualcrossing", f"{WEATHER}Lomé/metric/2026-11-01/2026-11-01"),
]


def next_data(text: str):
    found = re.search(
        r'<script id="__NEXT_DATA__" type="application/json">(.*?)</script>', text, re.DOTALL
    )
    return found and json.loads(found[1])


def state(text: str):
    """What the script builds the table from."""
    return json.JSONDecoder().raw_decode(text.split("var state = ", maxsplit=1)[1])[0]


def flights(answer):
    data = next_data(answer.text)
    return data["props"]["initialState"]["flightTracker"]["route"]["flights"]


def test_a_flight_has_the_documented_fields(ask) -> None:
    listed = flights(ask(BOARD + "LOS", **LOS))

    assert len(listed) > 10
    for flight in listed:
        assert {"sortTime", "departureTime", "arrivalTime", "carrier", "airport", "isCodeshare",
                "operatedBy", "url"} <= set(flight)  # fmt: skip
        assert set(flight["carrier"]) == {"fs", "name", "flightNumber"}
        assert set(flight["airport"]) == {"fs", "city", "name"}
        assert "06:00" <= flight["departureTime"]["time24"] < "12:00"
        assert re.fullmatch(r"\d\d:\d\d", flight["arrivalTime"]["time24"])
        assert flight["isCodeshare"] == (flight["operatedBy"] is not None)
    assert any(flight["isCodeshare"] for flight in listed)


def test_four_windows_are_a_day(ask) -> None:
    day = [
        flight["sortTime"]
        for hour in (0, 6, 12, 18)
        for flight in flights(ask(BOARD + "LOS", **{**LOS, "hour": hour}))
    ]

    assert len(day) > 100
    assert day == sorted(day)
    assert day[0] >= "2026-10-31T23:00"  # in UTC, an hour behind
    assert day[-1] < "2026-11-01T23:00"


def test_a_window_goes_on_after_midnight(ask) -> None:
    late = flights(ask(BOARD + "LOS", **{**LOS, "hour": 21}))
    times = [flight["departureTime"]["time24"] for flight in late]

    assert any(time >= "21:00" for time in times)
    assert any(time < "03:00" for time in times)
    assert not [time for time in times if "03:00" <= time < "21:00"]


def test_without_a_date_it_is_the_current_window(ask) -> None:
    asked = {"year": 2026, "month": 11, "date": 24, "hour": 6}

    assert flights(ask(BOARD + "LOS")) == flights(ask(BOARD + "LOS", **asked))


def test_any_date_has_the_same_flights_each_time(ask, world) -> None:
    first = flights(ask(BOARD + "DSS", year=2024, month=2, date=29, hour=0))
    world.now += timedelta(days=30)

    assert flights(ask(BOARD + "DSS", year=2024, month=2, date=29, hour=0)) == first


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{BOARD}XXX", 404),
        (f"{BOARD}LOS?year=2026&month=13&date=1&hour=0", 400),
        (f"{BOARD}LOS?hour=24", 400),
        (f"{WEATHER}Atlantis/metric/2026-11-01/2026-11-01", 404),
        (f"{WEATHER}Dakar/metric/2026-11-02/2026-11-01", 400),
        (f"{WEATHER}Dakar/metric/yesterday/today", 400),
    ],
)
def test_what_is_not_there_is_an_error_page(ask, path, status) -> None:
    answer = ask(path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_every_city_has_hourly_weather(ask) -> None:
    for airport in AIRPORTS.values():
        text = ask(f"{WEATHER}{airport.city}/metric/2026-11-01/2026-11-02").text
        found = next_data(text)["props"]["pageProps"]["weather"]
        assert found["address"] == airport.city
        assert [day["datetime"] for day in found["days"]] == ["2026-11-01", "2026-11-02"]
        for day in found["days"]:
            hours = [hour["datetime"] for hour in day["hours"]]
            assert hours == [f"{hour:02}:00:00" for hour in range(24)]
        assert len(state(text)["rows"]) == 48


def test_an_hour_of_weather_has_the_documented_fields(ask) -> None:
    text = ask(f"{WEATHER}Praia/metric/2026-11-01/2026-11-01").text
    hours = next_data(text)["props"]["pageProps"]["weather"]["days"][0]["hours"]

    assert {"temp", "humidity", "precip", "windspeed", "winddir", "pressure", "cloudcover",
            "conditions"} <= set(hours[0])  # fmt: skip
    assert state(text)["columns"] == [
        "datetime", "temp", "humidity", "precip", "windspeed", "winddir", "sealevelpressure",
        "cloudcover", "conditions",
    ]  # fmt: skip


def test_hours_of_weather_are_the_places_own(ask) -> None:
    """Midnight in Lagos is 23 h UTC of the day before."""
    text = ask(f"{WEATHER}Lagos/metric/2026-11-01/2026-11-01").text
    found = next_data(text)["props"]["pageProps"]["weather"]
    archive = ask(
        "/openmeteo/v1/archive", latitude=6.58, longitude=3.32, hourly="temperature_2m",
        start_date="2026-10-31", end_date="2026-10-31",
    ).json()  # fmt: skip

    assert (found["timezone"], found["tzoffset"]) == ("Africa/Lagos", 1.0)
    assert found["days"][0]["hours"][0]["temp"] == archive["hourly"]["temperature_2m"][23]


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_the_page_comes_without_its_table_which_its_script_builds(ask, source, path) -> None:
    text = ask(path).text
    built = state(text)

    assert '<div id="root"></div>' in text
    assert built["rows"]
    assert built["classes"]["row"].startswith("table__TableRow-sc-")


def test_the_table_says_what_the_json_says(ask) -> None:
    answer = ask(BOARD + "LOS", **LOS)

    for flight, row in zip(flights(answer), state(answer.text)["rows"], strict=True):
        number, departure, arrival, destination = row
        carrier = flight["carrier"]
        assert number[0] == f"{carrier['fs']} {carrier['flightNumber']}"
        assert departure == [flight["departureTime"]["time24"]]
        assert arrival == [flight["arrivalTime"]["time24"]]
        assert destination == [flight["airport"]["fs"], flight["airport"]["city"]]


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_random_classes_change_and_prefixes_stay(ask, source, path) -> None:
    one, two = (state(ask(path).text)["classes"] for _ in range(2))

    for part in one:
        assert one[part] != two[part]
        assert one[part].split()[0] == two[part].split()[0]


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_changed_selectors_leave_neither_prefix_nor_next_data(ask, fail, source, path) -> None:
    fail(source, "selectors")
    text = ask(path).text

    assert "table__" not in text
    assert "__NEXT_DATA__" not in text
    assert state(text)["rows"]


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_without_next_data_the_table_is_still_built(ask, fail, source, path) -> None:
    whole = state(ask(path).text)["rows"]
    fail(source, "no-next-data")
    text = ask(path).text

    assert next_data(text) is None
    assert state(text)["rows"] == whole


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_an_empty_page_has_a_table_without_rows(ask, fail, source, path) -> None:
    fail(source, "empty")
    text = ask(path).text

    assert state(text)["rows"] == []
    assert '"flights": []' in text or '"days": []' in text


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_next_data_of_another_shape(ask, fail, source, path) -> None:
    fail(source, "invalid")

    assert set(next_data(ask(path).text)["props"]["pageProps"]) == {"version", "board"}


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_a_consent_wall_hides_the_page(ask, fail, source, path) -> None:
    fail(source, "consent")
    text = ask(path).text

    assert 'id="consent-wall"' in text
    assert "__NEXT_DATA__" not in text


@pytest.mark.parametrize(("source", "path"), PAGES)
def test_robots_are_allowed_until_the_fault_forbids_them(ask, fail, source, path) -> None:
    assert ask(f"/{source}/robots.txt").text == "User-agent: *\nAllow: /\n"
    fail(source, "robots")

    assert ask(f"/{source}/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert next_data(ask(path).text)


def test_a_fault_of_pages_spares_robots_txt_unless_it_is_meant(ask, fail) -> None:
    fail("flightstats", "503", times=1)
    assert ask("/flightstats/robots.txt").status_code == 200
    assert ask(BOARD + "LOS").status_code == 503

    fail("flightstats", "503", match="robots.txt")
    assert ask("/flightstats/robots.txt").status_code == 503
    assert ask(BOARD + "LOS").status_code == 200


def test_what_a_request_names_is_no_markup(ask) -> None:
    answer = ask(f"{WEATHER}%3Cscript%3Ealert(1)%3C%2Fscript%3E/metric/2026-11-01/2026-11-01")

    assert "<script>alert" not in answer.text
