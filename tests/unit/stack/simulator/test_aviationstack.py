"""AviationStack's contract: pages, codeshares, nulls, error forms, and times that are not UTC."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dataflow360.airports import AIRPORTS, DESTINATIONS

FLIGHTS = "/aviationstack/v1/flights"
BOARD = "/flightstats/v2/flight-tracker/departures"


@pytest.fixture
def every(ask):
    """All rows of a query, page by page."""

    def fetch(**params):
        rows = []
        while True:
            answer = ask(FLIGHTS, access_key="key", offset=len(rows), **params)
            assert answer.status_code == 200, answer.text
            rows += answer.json()["data"]
            if len(rows) >= answer.json()["pagination"]["total"]:
                return rows

    return fetch


def test_a_page_has_a_hundred_rows_at_most(ask, every) -> None:
    first = ask(FLIGHTS, access_key="key", dep_iata="LOS", limit=500).json()
    rows = every(dep_iata="LOS")

    assert first["pagination"] == {"limit": 100, "offset": 0, "count": 100, "total": len(rows)}
    assert len(first["data"]) == 100 < len(rows)
    assert rows[:100] == first["data"]


def test_a_small_airport_has_few_rows(every) -> None:
    assert 0 < len(every(dep_iata="OXB")) < 30


def test_a_page_beyond_the_last_is_empty(ask) -> None:
    body = ask(FLIGHTS, access_key="key", dep_iata="OXB", offset=500).json()

    assert body["data"] == []
    assert body["pagination"]["count"] == 0


def test_a_row_has_the_documented_fields(every) -> None:
    ends = {
        "airport", "timezone", "iata", "icao", "terminal", "gate", "delay", "scheduled",
        "estimated", "actual", "estimated_runway", "actual_runway",
    }  # fmt: skip
    for row in every(dep_iata="ACC"):
        assert set(row) == {
            "flight_date", "flight_status", "departure", "arrival", "airline", "flight",
            "aircraft", "live",
        }  # fmt: skip
        assert set(row["departure"]) == ends
        assert set(row["arrival"]) == {*ends, "baggage"}
        assert set(row["airline"]) == {"name", "iata", "icao"}
        assert set(row["flight"]) == {"number", "iata", "icao", "codeshared"}
        assert row["flight_date"] == "2026-11-24"
        assert row["departure"]["iata"] == "ACC"


def test_nulls_are_where_the_real_api_has_them(every) -> None:
    rows = every(dep_iata="LOS")

    for field in ("aircraft", "live"):
        values = [row[field] for row in rows]
        assert values.count(None) > len(rows) / 2
        assert any(values)
    assert any(row["departure"]["delay"] is None for row in rows)
    assert any(row["departure"]["gate"] is None for row in rows)
    for row in rows:
        if row["flight_status"] in ("scheduled", "cancelled"):
            assert row["departure"]["actual"] is None


def test_every_status_can_be_asked_for(ask, every) -> None:
    rows = every(dep_iata="LOS")
    for status in ("landed", "active", "scheduled", "cancelled"):
        wanted = [row for row in rows if row["flight_status"] == status]
        assert wanted
        assert every(dep_iata="LOS", flight_status=status) == wanted


def test_a_codeshare_is_a_row_of_its_own_that_names_the_operator_in_lower_case(every) -> None:
    rows = every(dep_iata="LOS")
    operated = {row["flight"]["iata"]: row for row in rows if not row["flight"]["codeshared"]}
    sold = [row for row in rows if row["flight"]["codeshared"]]

    assert 0.1 < len(sold) / len(rows) < 0.6
    for row in sold:
        shared = row["flight"]["codeshared"]
        assert set(shared) == {
            "airline_name", "airline_iata", "airline_icao", "flight_number", "flight_iata",
            "flight_icao",
        }  # fmt: skip
        assert all(text == text.lower() for text in shared.values())
        original = operated[shared["flight_iata"].upper()]
        assert original["departure"] == row["departure"]
        assert original["airline"]["iata"].lower() == shared["airline_iata"]
        assert original["airline"]["iata"] != row["airline"]["iata"]


def test_a_flight_number_is_there_once(every) -> None:
    numbers = [row["flight"]["iata"] for row in every(dep_iata="LOS")]

    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(("iata", "hours"), [("LOS", 1), ("COO", 1), ("NIM", 1), ("RAI", -1)])
def test_times_are_local_ones_called_utc(ask, every, iata, hours) -> None:
    """Read as they stand, flights would leave an hour off from what FlightStats says in UTC."""
    pages = [
        ask(f"{BOARD}/{iata}", year=2026, month=11, date=24, hour=hour).text
        for hour in (0, 6, 12, 18)
    ]
    in_utc = [time for page in pages for time in re.findall(r'"sortTime": "(.*?)\.000Z"', page)]
    rows = every(dep_iata=iata)
    labelled = [datetime.fromisoformat(row["departure"]["scheduled"]) for row in rows]

    assert all(row["departure"]["scheduled"].endswith("+00:00") for row in rows)
    really = [(time - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S") for time in labelled]
    assert really == in_utc != []


def test_arrivals_reach_the_airport_in_its_own_time(every) -> None:
    rows = every(arr_iata="DSS")

    assert len(rows) > 20
    for row in rows:
        assert row["arrival"]["iata"] == "DSS"
        ends = [
            datetime.fromisoformat(row[end]["scheduled"]).replace(
                tzinfo=ZoneInfo(row[end]["timezone"])
            )
            for end in ("departure", "arrival")
        ]
        assert timedelta(minutes=30) <= ends[1] - ends[0] < timedelta(hours=16)


def test_both_ends_of_a_flight_tell_the_same(every) -> None:
    leaving = [row for row in every(dep_iata="ACC") if row["arrival"]["iata"] == "ABJ"]
    arriving = [row for row in every(arr_iata="ABJ") if row["departure"]["iata"] == "ACC"]

    assert leaving == arriving != []


def test_the_airports_are_known_ones(every) -> None:
    for iata in AIRPORTS:
        for row in every(dep_iata=iata):
            assert DESTINATIONS[row["arrival"]["iata"]].timezone == row["arrival"]["timezone"]


def test_a_day_has_the_same_flights_at_each_call_and_the_next_day_others(every, world) -> None:
    first = every(dep_iata="DSS")
    world.now += timedelta(hours=3)
    later = every(dep_iata="DSS")
    world.now += timedelta(days=1)
    tomorrow = every(dep_iata="DSS")

    def fixed(rows):
        return [{**row, "live": None} for row in rows]

    assert fixed(later) == fixed(first)
    assert {row["flight_date"] for row in tomorrow} == {"2026-11-25"}


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        (FLIGHTS, {"dep_iata": "LOS"}, 401, "missing_access_key"),
        (FLIGHTS, {"access_key": "k", "flight_date": "2026-01-01"}, 403,
         "function_access_restricted"),
        (FLIGHTS, {"access_key": "k", "flight_status": "late"}, 422, "validation_error"),
        (FLIGHTS, {"access_key": "k", "offset": "-1"}, 422, "validation_error"),
        (FLIGHTS, {"access_key": "k", "departure": "LOS"}, 422, "validation_error"),
        ("/aviationstack/v1/trains", {"access_key": "k"}, 404, "invalid_api_function"),
    ],
)  # fmt: skip
def test_errors_have_the_documented_form(ask, path, params, status, code) -> None:
    answer = ask(path, **params)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["message"]


def test_an_airport_that_is_not_followed_has_only_what_the_followed_ones_send_there(every) -> None:
    rows = every(arr_iata="CDG")

    assert rows
    assert {row["departure"]["iata"] for row in rows} <= set(AIRPORTS)
