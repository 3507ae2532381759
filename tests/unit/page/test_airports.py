"""The map has every airport, with what those stores know that have answered."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.page.air import air_of
from dataflow360.page.airports import on_map, weather_freshness
from dataflow360.page.flights import by_hour
from dataflow360.page.models.airports import Air, Departures, Weather

NOW = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)


def weather(at: datetime) -> Weather:
    return Weather(
        at=at, provenance="openweather", temperature=27.5, humidity=80, pressure=1012,
        wind_speed=12, wind_direction=None, clouds=40, conditions="nuageux",
    )  # fmt: skip


AIR = Air(at=NOW, aqi=3, components={"pm2_5": 31.5})


def test_an_airport_has_what_each_store_knows_of_it():
    departures = Departures(day=date(2026, 11, 23), flights=48, delayed=9)
    (dakar,) = (
        each
        for each in on_map({"DSS": weather(NOW)}, {"DSS": AIR}, {"DSS": departures}, NOW)
        if each.airport.iata == "DSS"
    )
    assert dakar.model_dump()["airport"] == {
        "iata": "DSS", "icao": "GOBD", "city": "Dakar", "country": "Sénégal",
        "latitude": 14.67111, "longitude": -17.06694, "timezone": "Africa/Dakar",
    }  # fmt: skip
    assert (dakar.weather, dakar.air, dakar.departures) == (weather(NOW), AIR, departures)
    assert dakar.freshness == "on_time"


def test_every_airport_is_there_when_no_store_is():
    shown = on_map(None, None, None, NOW)
    assert [each.airport.iata for each in shown] == list(AIRPORTS)
    assert {each.freshness for each in shown} == {None}


def test_without_weather_an_airport_is_not_fresh():
    assert {each.freshness for each in on_map({}, {}, {}, NOW)} == {"never"}


@pytest.mark.parametrize(
    ("minutes", "status"),
    [
        pytest.param(15, "on_time", id="of-this-hour"),
        pytest.param(80, "on_time", id="of-the-hour-that-is-due"),
        pytest.param(130, "late", id="an-hour-is-missing"),
        pytest.param(60 * 24, "late", id="of-yesterday"),
    ],
)
def test_weather_is_late_when_an_hour_is_missing_after_its_grace(minutes, status):
    now = datetime(2026, 11, 24, 15, 40, tzinfo=UTC)
    assert weather_freshness(weather(now - timedelta(minutes=minutes)), now) == status


def test_delays_are_counted_by_the_hour_of_departure():
    day = date(2026, 11, 23)
    found = by_hour(
        [
            (day, "06:05", True, 40),
            (day, "06:55", False, -4),
            (date(2026, 11, 20), "23:59", False, 0),
        ]
    )
    assert (found.first_day, found.last_day) == (date(2026, 11, 20), day)
    assert [hour.hour for hour in found.hours] == list(range(24))
    assert found.hours[6].model_dump() == {"hour": 6, "flights": 2, "delayed": 1, "mean_delay": 18}
    assert found.hours[7].model_dump() == {
        "hour": 7, "flights": 0, "delayed": 0, "mean_delay": None,
    }  # fmt: skip
    assert found.hours[23].flights == 1


def test_without_flights_there_are_no_delays():
    assert by_hour([]) is None


def test_air_has_the_substances_that_were_measured():
    item = {"ville": "Dakar", "timestamp": 1_795_500_000, "aqi": 2, "pm10": 41.5, "temp": 27}
    assert air_of(item).model_dump() == {
        "at": datetime(2026, 11, 24, 6, tzinfo=UTC),
        "aqi": 2,
        "components": {"pm10": 41.5},
    }
