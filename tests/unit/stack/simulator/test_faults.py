"""The switches: every fault of every source, how long it is on and whom it hits."""

import time

import httpx
import pytest

from stack.simulator.app import SOURCES

REQUESTS = {
    "openweather": "/openweather/data/2.5/weather?lat=5.26&lon=-3.93&appid=s3cret",
    "air_pollution": "/openweather/data/2.5/air_pollution?lat=5.26&lon=-3.93&appid=s3cret",
    "aviationstack": "/aviationstack/v1/flights?dep_iata=LOS&access_key=s3cret",
    "aviationweather": "/aviationweather/api/data/metar?ids=DNMM&format=json&hours=2",
    "flightstats": "/flightstats/v2/flight-tracker/departures/LOS",
    "visualcrossing": "/visualcrossing/weather-query-builder/Dakar/metric/2026-11-01/2026-11-01",
    "openmeteo": "/openmeteo/v1/forecast?latitude=5.26&longitude=-3.93&hourly=rain",
}
STATUSES = ("400", "401", "403", "404", "429", "429-retry-after", "500", "503")

every_source = pytest.mark.parametrize("source", sorted(REQUESTS))
json_source = pytest.mark.parametrize(
    "source", ["openweather", "air_pollution", "aviationstack", "openmeteo"]
)


def test_each_source_is_tested() -> None:
    assert {source.name for source in SOURCES} == set(REQUESTS)


@every_source
def test_without_a_fault_a_source_answers(ask, source) -> None:
    assert ask(REQUESTS[source]).status_code == 200


@every_source
@pytest.mark.parametrize("fault", STATUSES)
def test_a_status_comes_in_the_sources_own_form(ask, fail, source, fault) -> None:
    fail(source, fault)
    answer = ask(REQUESTS[source])

    assert answer.status_code == int(fault[:3])
    match source:
        case "openweather" | "air_pollution":
            assert int(answer.json()["cod"]) == answer.status_code
        case "aviationstack":
            assert answer.json()["error"]["code"]
        case "openmeteo":
            assert answer.json()["error"] is True
        case "aviationweather":
            assert answer.json()["status"] == "error"
        case _:
            assert answer.headers["content-type"].startswith("text/html")


@every_source
def test_retry_after_is_there_only_where_it_is_asked_for(ask, fail, source) -> None:
    fail(source, "429")
    assert "retry-after" not in ask(REQUESTS[source]).headers

    fail(source, "429-retry-after", seconds=7)
    assert ask(REQUESTS[source]).headers["retry-after"] == "7"


@every_source
def test_html_comes_with_status_200(ask, fail, source) -> None:
    fail(source, "html")
    answer = ask(REQUESTS[source])

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "__NEXT_DATA__" not in answer.text


@json_source
def test_json_of_another_shape(ask, fail, source) -> None:
    usual = set(ask(REQUESTS[source]).json())
    fail(source, "invalid")

    assert "version" in ask(REQUESTS[source]).json()
    assert "version" not in usual


@json_source
def test_an_empty_answer(ask, fail, source) -> None:
    fail(source, "empty")
    body = ask(REQUESTS[source]).json()
    found = {
        "openweather": lambda: body.get("weather", []),
        "air_pollution": lambda: body["list"],
        "aviationstack": lambda: body["data"],
        "openmeteo": lambda: body["hourly"]["time"],
    }

    assert found[source]() == []


@every_source
def test_a_slow_answer_is_whole(ask, fail, source) -> None:
    usual = ask(REQUESTS[source])
    fail(source, "slow", seconds=0.2)
    started = time.monotonic()
    answer = ask(REQUESTS[source])

    assert time.monotonic() - started >= 0.2
    assert answer.status_code == 200
    assert len(answer.content) == len(usual.content)


@pytest.mark.enable_socket
@every_source
def test_a_cut_answer_ends_in_the_middle(server, source) -> None:
    httpx.put(f"{server}/faults/{source}", json={"fault": "cut", "times": 1}).raise_for_status()

    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(server + REQUESTS[source])
    assert httpx.get(server + REQUESTS[source]).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("quota", 429, "usage_limit_reached"), ("rate-limit", 429, "rate_limit_reached")],
)
def test_aviationstack_tells_the_spent_quota_from_haste(ask, fail, fault, status, code) -> None:
    fail("aviationstack", fault)
    answer = ask(REQUESTS["aviationstack"])

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_the_sister_form_of_a_spent_quota_has_status_200(ask, fail) -> None:
    fail("aviationstack", "quota-200")
    answer = ask(REQUESTS["aviationstack"])

    assert answer.status_code == 200
    assert answer.json()["success"] is False
    assert answer.json()["error"]["type"] == "usage_limit_reached"


def test_a_fault_goes_off_by_itself_after_its_times(ask, fail) -> None:
    fail("openmeteo", "500", times=2)
    statuses = [ask(REQUESTS["openmeteo"]).status_code for _ in range(3)]

    assert statuses == [500, 500, 200]
    assert ask("/faults").json()["on"] == {}


def test_a_fault_hits_only_the_requests_that_match(ask, fail) -> None:
    fail("aviationstack", "500", times=1, match="LOS")
    other = ask("/aviationstack/v1/flights?dep_iata=ACC&access_key=k")

    assert other.status_code == 200
    assert ask(REQUESTS["aviationstack"]).status_code == 500


def test_a_match_may_be_a_decoded_name(ask, fail) -> None:
    fail("visualcrossing", "500", match="Lomé")

    path = "/visualcrossing/weather-query-builder/Lom%C3%A9/metric/2026-11-01/2026-11-01"
    assert ask(path).status_code == 500


def test_weather_and_air_fail_apart(ask, fail) -> None:
    fail("openweather", "500")
    assert ask(REQUESTS["air_pollution"]).status_code == 200

    fail("air_pollution", "403")
    assert ask(REQUESTS["openweather"]).status_code == 500
    assert ask(REQUESTS["air_pollution"]).status_code == 403


def test_faults_are_listed_and_cleared(ask, fail) -> None:
    fail("openweather", "slow", seconds=3, match="lat=5.26")
    fail("flightstats", "consent")
    listed = ask("/faults").json()

    assert listed["on"]["openweather"] == {
        "fault": "slow", "times": None, "seconds": 3.0, "match": "lat=5.26"
    }  # fmt: skip
    assert listed["on"]["flightstats"]["fault"] == "consent"
    assert listed["sources"].keys() == REQUESTS.keys()

    assert ask("/faults/openweather", method="DELETE").status_code == 204
    assert list(ask("/faults").json()["on"]) == ["flightstats"]
    assert ask("/faults", method="DELETE").status_code == 204
    assert ask("/faults").json()["on"] == {}


@pytest.mark.parametrize(
    ("source", "body", "complaint"),
    [
        ("flightaware", {"fault": "500"}, "choose of aviationstack"),
        ("openweather", {"fault": "consent"}, "choose of 400"),
        ("aviationstack", {"fault": "selectors"}, "choose of 400"),
        ("openweather", {"fault": "500", "times": 0}, "greater than or equal to 1"),
        ("openweather", {"fault": "500", "for": 3}, "Extra inputs"),
    ],
)
def test_a_bad_switch_is_refused_with_what_would_do(ask, source, body, complaint) -> None:
    answer = ask(f"/faults/{source}", method="PUT", json=body)

    assert answer.status_code == 422
    assert complaint in answer.text
    assert ask("/faults").json()["on"] == {}


def test_requests_are_counted_and_reset(ask, fail) -> None:
    fail("openweather", "500", times=1)
    for _ in range(2):
        ask(REQUESTS["openweather"])
    ask(REQUESTS["flightstats"])
    counted = ask("/requests").json()

    assert counted["sources"]["openweather"] == 2
    assert counted["sources"]["openmeteo"] == 0
    assert counted["requests"] == {
        "/openweather/data/2.5/weather?lat=5.26&lon=-3.93": 2,
        REQUESTS["flightstats"]: 1,
    }
    assert ask("/requests", method="DELETE").status_code == 204
    assert ask("/requests").json()["requests"] == {}


def test_keys_are_not_kept(ask) -> None:
    for path in REQUESTS.values():
        ask(path)
    ask("/openweather/data/2.5/weather?APPID=s3cret&lat=1&lon=1")

    assert "s3cret" not in ask("/requests").text
    assert "s3cret" not in ask("/faults").text


def test_health(ask) -> None:
    assert ask("/health").json() == {"status": "ok"}
