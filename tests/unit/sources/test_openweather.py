"""Answers of OpenWeather and of Open-Meteo: each is a row, or is refused with the reason."""

import json
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataflow360.airports import AIRPORTS
from dataflow360.errors import FatalError
from dataflow360.pipeline.run import Interval
from dataflow360.records.meteo_aeroports import METEO_AEROPORTS
from dataflow360.records.validation import check
from dataflow360.sources.openweather import airports, api, open_meteo
from dataflow360.sources.source import Origin
from tests.unit.sources.damage import JSON

#: OpenWeather's own example of a place, moved to Dakar's airport.
CURRENT = {
    "coord": {"lon": -17.0669, "lat": 14.6711},
    "weather": [{"id": 801, "main": "Clouds", "description": "peu nuageux", "icon": "02d"}],
    "base": "stations",
    "main": {
        "temp": 27.64, "feels_like": 28.58, "temp_min": 27.64, "temp_max": 27.64,
        "pressure": 1015, "humidity": 62, "sea_level": 1015, "grnd_level": 1009,
    },
    "visibility": 10000,
    "wind": {"speed": 4.12, "deg": 310},
    "clouds": {"all": 20},
    "dt": 1769270798,
    "sys": {"type": 2, "id": 2276, "country": "SN", "sunrise": 1769239733, "sunset": 1769276485},
    "timezone": 0,
    "id": 2253354,
    "name": "Dakar",
    "cod": 200,
}  # fmt: skip
HOUR = {
    "latitude": 14.6924, "longitude": -17.1, "time": "2026-11-01T10:00", "temperature_2m": 27.5,
    "relative_humidity_2m": 70, "pressure_msl": 1012.4, "wind_speed_10m": 14.8,
    "wind_direction_10m": 340, "weather_code": 3, "cloud_cover": 98,
}  # fmt: skip
ORIGIN = Origin("{}", "20261101T100000Z-20261101T110000Z")
HOURS = Interval(datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC))


def changed(document: dict, path: str, value: object) -> bytes:
    """A document with another value in one place; ``...`` takes the place away."""
    copy = orjson.loads(orjson.dumps(document))
    *parents, name = path.split(".")
    inner = copy
    for parent in parents:
        inner = inner[int(parent) if isinstance(inner, list) else parent]
    if value is ...:
        del inner[name]
    else:
        inner[name] = value
    return json.dumps(copy).encode()


def refusals(chunk) -> list[str]:
    reasons = [each.reason for each in chunk.refused]
    return reasons + list(check(METEO_AEROPORTS, chunk.table).reasons.values())


def test_an_answer_of_openweather_becomes_a_row():
    chunk = airports.parse([orjson.dumps(CURRENT)], ORIGIN)
    assert refusals(chunk) == []
    assert chunk.table.to_pylist() == [
        {
            "timestamp": datetime.fromisoformat("2026-01-24T16:06:38"),
            "pays": "Sénégal",
            "ville": "Dakar",
            "aeroport": "DSS",
            "temperature": 27.64,
            "humidite": 62,
            "pression": 1015.0,
            "vitesse_vent": 14.83,  # 4.12 m/s
            "direction_vent": 310,
            "conditions": "peu nuageux",
            "nuages": 20,
            "provenance": "openweather",
        }
    ]


@pytest.mark.parametrize("iata", AIRPORTS)
def test_every_airport_is_known_by_its_place(iata):
    airport = AIRPORTS[iata]
    # Answers name the coordinates rounded to their own grid.
    place = {"lat": round(airport.latitude + 0.02, 2), "lon": round(airport.longitude - 0.02, 2)}
    row = api.row_of(changed(CURRENT, "coord", place))
    assert isinstance(row, dict)
    assert (row["aeroport"], row["pays"]) == (iata, airport.country)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("main", ..., "main: Field required"),
        ("main.temp", None, "main.temp: Input should be a valid number"),
        ("main.temp", "warm", "main.temp: Input should be a valid number"),
        ("main.temp", 300.15, "temperature is 300.15; -10 to 55 °C is wanted"),
        ("main.humidity", 10**30, "humidite"),
        ("main.humidity", 120, "humidite is 120; 0 to 100 % is wanted"),
        ("weather", [], "weather: List should have at least 1 item"),
        ("dt", -1, "dt: Input should be greater than or equal to 0"),
        ("dt", 1769270798000, "dt: Input should be less than or equal to"),
        ("coord", {"lat": 48.85, "lon": 2.35}, "coord 48.85, 2.35 is not beside any known airport"),
        ("coord", [50.0, 50.0], "coord: Input should be"),
    ],
)
def test_an_answer_that_is_no_observation_is_refused_with_the_reason(path, value, reason):
    raw = changed(CURRENT, path, value)
    chunk = airports.parse([raw], ORIGIN)
    (found,) = refusals(chunk)
    assert found.startswith(reason)


def test_wind_without_a_direction_is_calm_air():
    row = api.row_of(changed(CURRENT, "wind", {"speed": 0}))
    assert isinstance(row, dict)
    assert (row["vitesse_vent"], row["direction_vent"]) == (0.0, None)


def test_an_hour_of_the_archive_becomes_a_row_that_says_where_it_is_from():
    (row,) = airports.parse([orjson.dumps(HOUR)], ORIGIN).table.to_pylist()
    assert row == {
        "timestamp": datetime.fromisoformat("2026-11-01T10:00"),
        "pays": "Sénégal",
        "ville": "Dakar",
        "aeroport": "DSS",
        "temperature": 27.5,
        "humidite": 70,
        "pression": 1012.4,
        "vitesse_vent": 14.8,
        "direction_vent": 340,
        "conditions": "couvert",
        "nuages": 98,
        "provenance": "open-meteo",
    }


def archive(**columns: list) -> bytes:
    times = [f"2026-11-01T{hour:02}:00" for hour in range(24)]
    values = {
        name: [value] * 24
        for name, value in HOUR.items()
        if name not in {"latitude", "longitude", "time"}
    }
    hourly = {"time": times, **values, **columns}
    return orjson.dumps({"latitude": 14.7, "longitude": -17.1, "hourly": hourly})


def test_only_the_hours_of_the_interval_are_taken():
    records = open_meteo.records(archive(), HOURS)
    assert [orjson.loads(each)["time"] for each in records] == [
        "2026-11-01T10:00", "2026-11-01T11:00",
    ]  # fmt: skip


def test_hours_that_the_archive_does_not_have_yet_are_no_records():
    nothing = {name: [None] * 24 for name in HOUR if name not in {"latitude", "longitude", "time"}}
    assert open_meteo.records(archive(**nothing), HOURS) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"[]", b"{}", b'{"hourly": 3}', archive(time=["yesterday"] * 24),
        archive(time=[None] * 24), archive(cloud_cover=[1]), b'{"version":3,"hours":[]}',
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_a_changed_contract(answer):
    with pytest.raises(FatalError, match=r"Open-Meteo's answer has another shape than documented"):
        open_meteo.records(answer, HOURS)


#: 10,000 answers for each parser: the contract is checked for many of them at once.
AT_ONCE = 50
ten_thousand = settings(
    max_examples=10_000 // AT_ONCE, suppress_health_check=[HealthCheck.too_slow]
)


def many(document: dict) -> st.SearchStrategy[list[bytes]]:
    """A document with anything in each of its places, or cut anywhere, and any bytes."""
    places = [
        *document,
        *(f"{a}.{b}" for a, v in document.items() if isinstance(v, dict) for b in v),
    ]
    whole = orjson.dumps(document)
    cut = st.integers(0, len(whole)).map(lambda length: whole[:length])
    count = -(-AT_ONCE // len(places))
    return st.builds(
        lambda values, others: [
            *(changed(document, place, value) for place in places for value in values),
            *others,
        ],
        st.lists(JSON | st.floats() | st.integers(), min_size=count, max_size=count),
        st.lists(cut | st.binary(max_size=40), max_size=5),
    )


@ten_thousand
@given(many(CURRENT))
@example([orjson.dumps(CURRENT)])
def test_whatever_openweather_answers_is_staged_or_refused(raws):
    accounted(airports.parse(raws, ORIGIN), raws)


@ten_thousand
@given(many(HOUR))
@example([orjson.dumps(HOUR)])
def test_whatever_open_meteo_answers_is_staged_or_refused(raws):
    accounted(airports.parse(raws, ORIGIN), raws)


def accounted(chunk, raws: list[bytes]) -> None:
    reasons = check(METEO_AEROPORTS, chunk.table).reasons
    assert all(each.reason for each in chunk.refused)
    assert all(reasons.values())
    found = {each.position: each.raw for each in chunk.refused}
    found |= {int(position): chunk.raw(row) for row, position in enumerate(chunk.positions)}
    assert [found[position] for position in sorted(found)] == raws
    assert len(found) == chunk.table.num_rows + len(chunk.refused)


@pytest.mark.parametrize("raw", [orjson.dumps(CURRENT), orjson.dumps(HOUR)])
def test_bytes_out_of_quarantine_are_parsed_by_the_source_that_they_are_from(raw):
    chunk = airports.parse([raw], ORIGIN)
    assert chunk.table.num_rows == 1
    assert chunk.table["provenance"].to_pylist() == [
        "open-meteo" if open_meteo.is_record(raw) else "openweather"
    ]
