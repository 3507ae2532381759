"""Weather and air of a city: two answers make a row, or are refused with the reason."""

import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.airports import AIRPORTS
from dataflow360.errors import FatalError, SkippableError
from dataflow360.pipeline.chunk import chunk_of
from dataflow360.pipeline.run import Interval, Run
from dataflow360.records.mesures_villes import MEASUREMENTS, MESURES_VILLES
from dataflow360.records.validation import check
from dataflow360.sources.openweather import CITIES
from dataflow360.sources.openweather.cities import HISTORY_BEGINS, hours_of, row_of
from dataflow360.sources.places import AirportsRequest

HOUR = timedelta(hours=1)
WEATHER = {
    "coord": {"lon": -17.0669, "lat": 14.6711},
    "weather": [{"id": 801, "main": "Clouds", "description": "peu nuageux", "icon": "02d"}],
    "main": {
        "temp": 27.64, "feels_like": 28.58, "temp_min": 27.64, "temp_max": 27.64,
        "pressure": 1015, "humidity": 62, "sea_level": 1015, "grnd_level": 1009,
    },
    "visibility": 10000,
    "wind": {"speed": 4.12, "deg": 310},
    "clouds": {"all": 20},
    "dt": 1769270798,
    "cod": 200,
}  # fmt: skip
#: OpenWeather's own example of the air, moved to Dakar's airport.
AIR = {
    "coord": {"lon": -17.0669, "lat": 14.6711},
    "list": [
        {
            "dt": 1769270400,
            "main": {"aqi": 4},
            "components": {
                "co": 203.609, "no": 0.0, "no2": 0.396, "o3": 75.102, "so2": 0.648,
                "pm2_5": 23.253, "pm10": 92.214, "nh3": 0.117,
            },
        }
    ],
}  # fmt: skip
OF_THE_WEATHER = {
    "temp": 27.64, "feels_like": 28.58, "pressure": 1015.0, "humidity": 62, "visibility": 10000,
    "wind_speed": 4.12, "wind_deg": 310, "clouds": 20,
}  # fmt: skip
OF_THE_AIR = {"aqi": 4, **AIR["list"][0]["components"]}
DAKAR = {"ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS"}


def record(path: str = "", value: object = None, *, weather: bool = True) -> bytes:
    """Both answers with another value in one place; ``...`` takes the place away."""
    copy = orjson.loads(
        orjson.dumps(
            {"weather": WEATHER, "air_pollution": AIR} if weather else {"air_pollution": AIR}
        )
    )
    if path:
        *parents, name = path.split(".")
        inner = copy
        for parent in parents:
            inner = inner[int(parent) if isinstance(inner, list) else parent]
        place = int(name) if isinstance(inner, list) else name
        if value is ...:
            del inner[place]
        else:
            inner[place] = value
    return json.dumps(copy).encode()


def refusals(raw: bytes) -> list[str]:
    chunk = chunk_of(MESURES_VILLES.arrow_schema, [(raw, row_of(raw))])
    reasons = [each.reason for each in chunk.refused]
    return reasons + list(check(MESURES_VILLES, chunk.table).reasons.values())


def test_two_answers_become_a_row_of_the_weathers_moment():
    assert refusals(record()) == []
    assert row_of(record()) == {
        **DAKAR,
        "timestamp": datetime.fromisoformat("2026-01-24T16:06:38"),
        **OF_THE_WEATHER,
        **OF_THE_AIR,
    }


def test_the_air_alone_becomes_a_row_of_its_own_moment_without_weather():
    raw = record(weather=False)
    assert refusals(raw) == []
    assert row_of(raw) == {
        **DAKAR,
        "timestamp": datetime.fromisoformat("2026-01-24T16:00:00"),
        **dict.fromkeys(OF_THE_WEATHER),
        **OF_THE_AIR,
    }


def test_every_measurement_of_the_contract_is_read():
    assert set(MEASUREMENTS) == {*OF_THE_WEATHER, *OF_THE_AIR}


@pytest.mark.parametrize("component", AIR["list"][0]["components"])
def test_minus_9999_is_a_missing_concentration(component):
    raw = record(f"air_pollution.list.0.components.{component}", -9999)
    assert refusals(raw) == []
    assert row_of(raw)[component] is None


@pytest.mark.parametrize(
    ("path", "value", "column"),
    [
        ("weather.visibility", ..., "visibility"),
        ("weather.wind.deg", ..., "wind_deg"),
        ("weather.main.feels_like", ..., "feels_like"),
        ("air_pollution.list.0.components.nh3", ..., "nh3"),
        ("air_pollution.list.0.components.pm10", None, "pm10"),
    ],
)
def test_a_measurement_may_be_missing(path, value, column):
    raw = record(path, value)
    assert refusals(raw) == []
    assert row_of(raw)[column] is None


@pytest.mark.parametrize("coord", [[14.6711, -17.0669], [-17.0669, 14.6711]])
def test_coordinates_may_be_an_array_in_either_order(coord):
    row = row_of(record("air_pollution.coord", coord))
    assert row["aeroport"] == "DSS"


@pytest.mark.parametrize("iata", AIRPORTS)
def test_every_airport_is_known_by_its_place(iata):
    airport = AIRPORTS[iata]
    place = {"lat": round(airport.latitude + 0.02, 2), "lon": round(airport.longitude - 0.02, 2)}
    row = row_of(record("air_pollution.coord", place, weather=False))
    assert (row["aeroport"], row["ville"], row["pays"]) == (iata, airport.city, airport.country)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("weather.main", ..., "weather.main: Field required"),
        ("weather.main.temp", None, "weather.main.temp: Input should be a valid number"),
        ("weather.main.temp", 300.15, "temp is 300.15; -10 to 55 °C is wanted"),
        ("weather.main.humidity", 10**30, "humidity"),
        ("weather.dt", -1, "weather.dt: Input should be greater than or equal to 0"),
        ("weather.coord", {"lat": 6.577, "lon": 3.321}, "its weather is of another place (6.577, "),
        ("weather.coord", [50.0, 50.0], "weather.coord: Input should be"),
        ("air_pollution", ..., "air_pollution: Field required"),
        ("air_pollution.list", [], "air_pollution.list: List should have at least 1 item"),
        ("air_pollution.list.0.main.aqi", 6, "air_pollution.list.0.main.aqi: Input should be less"),
        ("air_pollution.list.0.main.aqi", ..., "air_pollution.list.0.main.aqi: Field required"),
        ("air_pollution.list.0.dt", "now", "air_pollution.list.0.dt: Input should be a valid int"),
        ("air_pollution.list.0.components.co", -1.5, "co is -1.5; 0 to 100000 µg/m³ is wanted"),
        ("air_pollution.list.0.components.co", "low", "air_pollution.list.0.components.co: Input"),
        ("air_pollution.coord", {"lat": 48.85, "lon": 2.35}, "air_pollution.coord lat=48.85"),
        ("air_pollution.coord", [50.0, 50.0], "air_pollution.coord (50.0, 50.0) is not beside"),
    ],
)
def test_answers_that_are_no_record_are_refused_with_the_reason(path, value, reason):
    (found,) = refusals(record(path, value))
    assert found.startswith(reason)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
paths = st.sampled_from(
    ["weather", "weather.dt", "weather.main.temp", "weather.coord", "weather.clouds.all",
     "air_pollution", "air_pollution.coord", "air_pollution.list", "air_pollution.list.0",
     "air_pollution.list.0.dt", "air_pollution.list.0.components.co"]
)  # fmt: skip


@given(paths, json_values)
def test_whatever_stands_in_an_answer_is_a_row_or_is_refused(path, value):
    refusals(record(path, value))


@given(st.binary() | json_values.map(orjson.dumps))
def test_whatever_is_answered_is_refused_when_it_is_no_record(raw):
    assert isinstance(row_of(raw), str)


HOURS = Interval(datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC))


def history(*moments: int) -> bytes:
    return orjson.dumps({**AIR, "list": [{**AIR["list"][0], "dt": moment} for moment in moments]})


def test_a_history_is_cut_into_the_hours_of_the_interval():
    start = int(HOURS.start.timestamp())
    raws = hours_of(history(start - 3600, start, start + 3600, start + 7200), HOURS)
    rows = [row_of(raw) for raw in raws]
    assert [row["timestamp"].hour for row in rows] == [10, 11]
    assert {row["ville"] for row in rows} == {"Dakar"}
    assert all(row["temp"] is None for row in rows)


def test_a_bad_hour_takes_no_other_with_it():
    start = int(HOURS.start.timestamp())
    hours = [AIR["list"][0] | {"dt": start, "main": {}}, AIR["list"][0] | {"dt": start + 3600}]
    bad, good = hours_of(orjson.dumps({**AIR, "list": hours}), HOURS)
    assert refusals(bad) == ["air_pollution.list.0.main.aqi: Field required"]
    assert refusals(good) == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"coord": {}}, "list: Field required"),
        ({"coord": {}, "list": [1]}, "list.0: Input should be an object"),
        ({"coord": {}, "list": [{}]}, "dt: Field required"),
        ([], "the record: Input should be an object"),
    ],
)
def test_a_history_of_another_shape_is_named(answer, reason):
    with pytest.raises(FatalError, match="has another shape") as caught:
        hours_of(orjson.dumps(answer), HOURS)
    assert reason in str(caught.value)


def extraction(start: datetime, now: datetime, **params):
    interval = Interval(start, start + HOUR)
    run = Run("openweather_to_kinesis", "test", -1, interval, now=lambda: now)
    return CITIES.extraction(AirportsRequest.checked(params), run)


def test_before_the_history_begins_there_is_nothing():
    with pytest.raises(SkippableError, match=r"begins on 2020-11-27; .* for 2020-11-26 23:00"):
        list(extraction(HISTORY_BEGINS - HOUR, datetime(2026, 11, 1, tzinfo=UTC)).fetch())
    assert extraction(HISTORY_BEGINS, datetime(2026, 11, 1, tzinfo=UTC)).record is MESURES_VILLES


@pytest.mark.parametrize(
    ("after_its_end", "source"),
    [
        (timedelta(0), "OpenWeather, 2026-11-01 10:00"),
        (timedelta(minutes=59), "OpenWeather, 2026-11-01 10:00"),
        (HOUR, "OpenWeather's history of the air, 2026-11-01 10:00"),
    ],
)
def test_the_clock_decides_what_is_asked_for(after_its_end, source):
    found = extraction(HOURS.start, HOURS.start + HOUR + after_its_end)
    assert found.source_name == source
    assert found.source_key == "20261101T100000Z-20261101T110000Z"
    assert found.topic == "weather_stream"


def test_the_params_are_part_of_the_request():
    everyone = extraction(HOURS.start, HOURS.end)
    one = extraction(HOURS.start, HOURS.end, airports=["DSS"])
    again = extraction(HOURS.start, HOURS.end, refetch=True)
    assert everyone.request == again.request != one.request
