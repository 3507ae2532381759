"""Open-Meteo's contract: columns, units, the archive's lag, and its error form."""

from datetime import UTC, datetime

import pytest

ABJ = {"latitude": "5.26", "longitude": "-3.93"}
LOS = {"latitude": "6.58", "longitude": "3.32"}
DAY = {"start_date": "2026-11-01", "end_date": "2026-11-01"}
ARCHIVE, FORECAST = "/openmeteo/v1/archive", "/openmeteo/v1/forecast"


def test_the_answer_has_one_array_a_variable(ask) -> None:
    names = "temperature_2m,relative_humidity_2m,weather_code"
    body = ask(ARCHIVE, **ABJ, **DAY, hourly=names).json()

    assert (body["timezone"], body["utc_offset_seconds"]) == ("GMT", 0)
    assert body["hourly_units"] == {
        "time": "iso8601",
        "temperature_2m": "°C",
        "relative_humidity_2m": "%",
        "weather_code": "wmo code",
    }
    assert set(body["hourly"]) == {"time", *names.split(",")}
    assert body["hourly"]["time"][:2] == ["2026-11-01T00:00", "2026-11-01T01:00"]
    assert all(len(column) == 24 for column in body["hourly"].values())


def test_the_archive_is_five_days_behind(ask) -> None:
    body = ask(
        ARCHIVE, **ABJ, start_date="2026-11-18", end_date="2026-11-24", hourly="temperature_2m"
    ).json()
    known = [
        time
        for time, value in zip(
            body["hourly"]["time"], body["hourly"]["temperature_2m"], strict=True
        )
        if value is not None
    ]

    assert (known[0], known[-1]) == ("2026-11-18T00:00", "2026-11-18T23:00")
    assert len(body["hourly"]["time"]) == 7 * 24


def test_the_forecast_has_the_days_that_the_archive_lacks(ask) -> None:
    days = {"start_date": "2026-11-18", "end_date": "2026-11-25"}
    recent = ask(FORECAST, **ABJ, **days, hourly="temperature_2m").json()["hourly"]
    days["end_date"] = "2026-11-18"
    archived = ask(ARCHIVE, **ABJ, **days, hourly="temperature_2m").json()["hourly"]

    assert None not in recent["temperature_2m"]
    assert recent["temperature_2m"][:24] == archived["temperature_2m"]


def test_the_sources_agree_on_the_weather(ask) -> None:
    now = ask("/openweather/data/2.5/weather", lat=5.26, lon=-3.93, appid="k", units="metric")
    hours = ask(
        FORECAST, **ABJ, start_date="2026-11-24", end_date="2026-11-24", hourly="temperature_2m"
    )

    assert now.json()["main"]["temp"] == hours.json()["hourly"]["temperature_2m"][10]


def test_wind_is_in_the_unit_that_is_asked_for(ask) -> None:
    def wind(**unit):
        body = ask(ARCHIVE, **ABJ, **DAY, hourly="wind_speed_10m", **unit).json()
        return body["hourly_units"]["wind_speed_10m"], body["hourly"]["wind_speed_10m"][0]

    unit, value = wind()
    assert unit == "km/h"
    assert wind(wind_speed_unit="ms") == ("m/s", pytest.approx(value / 3.6, abs=0.01))


def test_hours_may_be_those_of_a_time_zone(ask) -> None:
    local = ask(ARCHIVE, **LOS, **DAY, hourly="temperature_2m", timezone="auto").json()
    in_utc = ask(ARCHIVE, **LOS, **DAY, hourly="temperature_2m").json()

    assert (local["timezone"], local["utc_offset_seconds"]) == ("Africa/Lagos", 3600)
    assert local["hourly"]["time"] == in_utc["hourly"]["time"]
    assert local["hourly"]["temperature_2m"][1:] == in_utc["hourly"]["temperature_2m"][:-1]


@pytest.mark.parametrize(
    ("path", "change", "reason"),
    [
        (ARCHIVE, {"hourly": "temperature"}, "invalid String value temperature."),
        (ARCHIVE, {"start_date": ""}, "must be set"),
        (ARCHIVE, {"start_date": "1.11.2026"}, "Invalid date format"),
        (ARCHIVE, {"end_date": "2026-10-31"}, "larger or equals"),
        (ARCHIVE, {"end_date": "2026-11-25"}, "allowed range from 1940-01-01 to 2026-11-24"),
        (ARCHIVE, {"latitude": "north"}, "Latitude must be in range"),
        (ARCHIVE, {"latitude": "48.85"}, "No data is available"),
        (ARCHIVE, {"timezone": "Africa/Atlantis"}, "Invalid timezone"),
        (ARCHIVE, {"timezone": "../../etc/passwd"}, "Invalid timezone"),
        (ARCHIVE, {"wind_speed_unit": "beaufort"}, "invalid String value beaufort"),
        (FORECAST, {"start_date": "2026-08-23"}, "allowed range from 2026-08-24"),
    ],
)
def test_an_error_says_its_reason(ask, path, change, reason) -> None:
    answer = ask(path, **{**ABJ, **DAY, "hourly": "temperature_2m", **change})

    assert answer.status_code == 400
    assert answer.json()["error"] is True
    assert reason in answer.json()["reason"]


def test_the_forecast_reaches_92_days_back(ask) -> None:
    body = ask(
        FORECAST, **ABJ, start_date="2026-08-24", end_date="2026-08-24", hourly="precipitation"
    ).json()

    assert None not in body["hourly"]["precipitation"]


def test_the_forecast_is_a_week_unless_dates_are_given(ask, world) -> None:
    world.now = datetime(2026, 3, 1, tzinfo=UTC)
    times = ask(FORECAST, **ABJ, hourly="rain").json()["hourly"]["time"]

    assert (times[0], times[-1]) == ("2026-03-01T00:00", "2026-03-07T23:00")
