"""OpenWeather's contract: fields, units, words, error forms, and answers that can be repeated."""

from datetime import UTC, datetime, timedelta

import pytest

from dataflow360.airports import AIRPORTS

ABJ = {"lat": "5.26", "lon": "-3.93", "appid": "key"}
WEATHER = "/openweather/data/2.5/weather"
AIR = "/openweather/data/2.5/air_pollution"


def unix(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def test_current_weather_has_the_documented_fields(ask) -> None:
    body = ask(WEATHER, **ABJ, units="metric", lang="fr").json()

    assert body["coord"] == {"lon": -3.93, "lat": 5.26}
    assert set(body["weather"][0]) == {"id", "main", "description", "icon"}
    assert {"temp", "feels_like", "temp_min", "temp_max", "pressure", "humidity"} <= set(
        body["main"]
    )
    assert set(body["wind"]) >= {"speed", "deg"}
    assert 0 <= body["clouds"]["all"] <= 100
    assert 0 < body["visibility"] <= 10_000
    assert body["sys"]["country"] == "CI"
    assert body["sys"]["sunrise"] < body["dt"] < body["sys"]["sunset"]
    assert (body["name"], body["timezone"], body["cod"]) == ("Abidjan", 0, 200)


def test_the_observation_lies_a_few_minutes_into_the_current_hour(ask) -> None:
    observed = ask(WEATHER, **ABJ).json()["dt"]

    assert unix(2026, 11, 24, 10, 1) <= observed <= unix(2026, 11, 24, 10, 5)


def test_the_same_hour_has_the_same_weather_and_another_hour_another(ask, world) -> None:
    first = ask(WEATHER, **ABJ).content
    world.now += timedelta(minutes=19)
    again = ask(WEATHER, **ABJ).content
    world.now += timedelta(minutes=1)

    assert again == first
    assert ask(WEATHER, **ABJ).json()["dt"] > unix(2026, 11, 24, 11)


def test_units_are_kelvin_unless_metric_is_asked_for(ask) -> None:
    kelvin = ask(WEATHER, **ABJ).json()["main"]["temp"]
    celsius = ask(WEATHER, **ABJ, units="metric").json()["main"]["temp"]

    assert kelvin == pytest.approx(celsius + 273.15)


def test_words_are_french_on_demand_and_the_group_stays_english(ask, world) -> None:
    french, groups = set(), set()
    for day in range(0, 360, 15):
        world.now = datetime(2026, 1, 1, 15, tzinfo=UTC) + timedelta(days=day)
        for airport in AIRPORTS.values():
            place = {"lat": airport.latitude, "lon": airport.longitude, "appid": "key"}
            sky = ask(WEATHER, **place, lang="fr").json()["weather"][0]
            french.add((sky["id"], sky["description"]))
            groups.add(sky["main"])

    assert {
        (800, "ciel dégagé"),
        (801, "peu nuageux"),
        (802, "partiellement nuageux"),
        (803, "nuageux"),
        (804, "couvert"),
        (500, "légère pluie"),
    } <= french
    assert groups == {"Clear", "Clouds", "Rain", "Thunderstorm", "Dust"}


def test_every_airport_has_weather_and_air(ask) -> None:
    for airport in AIRPORTS.values():
        place = {"lat": airport.latitude, "lon": airport.longitude, "appid": "key"}
        assert ask(WEATHER, **place).json()["name"] == airport.city
        assert len(ask(AIR, **place).json()["list"]) == 1


@pytest.mark.parametrize("path", [WEATHER, AIR, f"{AIR}/forecast", f"{AIR}/history"])
@pytest.mark.parametrize("key", [{}, {"appid": ""}])
def test_without_a_key_there_is_the_documented_401(ask, path, key) -> None:
    answer = ask(path, lat="5.26", lon="-3.93", **key)

    assert answer.status_code == 401
    assert answer.json()["cod"] == 401
    assert answer.json()["message"].startswith("Invalid API key.")


@pytest.mark.parametrize(
    "place",
    [{}, {"lat": "5.26"}, {"lat": "x", "lon": "1"}, {"lat": "95", "lon": "1"},
     {"lat": "48.85", "lon": "2.35"}, {"lat": "nan", "lon": "1"}],
)  # fmt: skip
def test_an_unknown_place_cannot_be_geocoded(ask, place) -> None:
    answer = ask(WEATHER, **place, appid="key")

    assert answer.status_code == 400
    assert answer.json() == {"cod": "400", "message": "Nothing to geocode"}


def test_the_history_of_the_air_is_hourly_with_both_ends(ask) -> None:
    start, end = unix(2026, 11, 1), unix(2026, 11, 2)
    body = ask(f"{AIR}/history", **ABJ, start=start, end=end).json()

    assert [entry["dt"] for entry in body["list"]] == list(range(start, end + 1, 3600))
    for entry in body["list"]:
        assert 1 <= entry["main"]["aqi"] <= 5
        assert set(entry["components"]) == {
            "co", "no", "no2", "o3", "so2", "pm2_5", "pm10", "nh3"
        }  # fmt: skip


def test_the_history_has_what_was_current_then(ask) -> None:
    current = ask(AIR, **ABJ).json()["list"]
    start = unix(2026, 11, 24, 9)
    history = ask(f"{AIR}/history", **ABJ, start=start, end=start + 5 * 3600).json()["list"]

    assert history[1:] == current  # nothing of the hours to come


def test_the_history_begins_in_november_2020(ask) -> None:
    body = ask(f"{AIR}/history", **ABJ, start=unix(2020, 11, 26), end=unix(2020, 11, 27, 1)).json()

    assert [entry["dt"] for entry in body["list"]] == [unix(2020, 11, 27), unix(2020, 11, 27, 1)]


@pytest.mark.parametrize("times", [{}, {"start": 1}, {"start": "x", "end": 1}])
def test_a_history_without_times_is_refused(ask, times) -> None:
    assert ask(f"{AIR}/history", **ABJ, **times).status_code == 400


def test_the_forecast_has_four_days(ask) -> None:
    entries = ask(f"{AIR}/forecast", **ABJ).json()["list"]

    assert len(entries) == 96
    assert entries[0] == ask(AIR, **ABJ).json()["list"][0]


def test_a_missing_measurement_is_minus_9999(ask) -> None:
    start = unix(2026, 1, 1)
    entries = ask(f"{AIR}/history", **ABJ, start=start, end=start + 60 * 86400).json()["list"]
    missing = [entry for entry in entries if entry["components"]["nh3"] == -9999]

    assert 0 < len(missing) < len(entries) / 20
