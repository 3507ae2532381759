"""The time of an event is RFC 3339, with the offset of its airport."""

import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.records import RECORD_TYPES
from dataflow360.records.vols import UTC_OFFSETS

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


def test_every_event_has_a_time(record, rows):
    times = record.event_time(rows).to_pylist()
    assert len(times) == rows.num_rows
    if record.name == "tarifs_vols":  # the one record type whose rows carry no date
        assert set(times) == {None}
        return
    assert all(RFC_3339.fullmatch(text) for text in times)


@pytest.mark.parametrize(
    ("airport", "expected"),
    [
        ("LOS", "2026-11-01T07:35:00+01:00"),
        ("COO", "2026-11-01T07:35:00+01:00"),
        ("NIM", "2026-11-01T07:35:00+01:00"),
        ("RAI", "2026-11-01T07:35:00-01:00"),
        ("DSS", "2026-11-01T07:35:00+00:00"),
        ("ABJ", "2026-11-01T07:35:00+00:00"),
    ],
)
def test_a_flight_leaves_at_its_airports_local_time(airport, expected, made_rows, edited):
    day = datetime.fromisoformat(expected).date()
    rows = edited(
        made_rows["vols"].slice(0, 1), 0,
        aeroport_depart=airport, date_vol=day, heure_depart="07:35",
    )  # fmt: skip
    assert RECORD_TYPES["vols"].event_time(rows).to_pylist() == [expected]
    board = edited(
        made_rows["departs_aeroports"].slice(0, 1), 0,
        Aeroport=airport, Date_Depart=day, Heure_Depart="07:35",
    )  # fmt: skip
    assert RECORD_TYPES["departs_aeroports"].event_time(board).to_pylist() == [expected]


def test_flights_agree_with_the_time_zone_database(made_rows):
    rows = made_rows["vols"]
    times = RECORD_TYPES["vols"].event_time(rows).to_pylist()
    for row, text in zip(rows.to_pylist(), times, strict=True):
        zone = ZoneInfo(AIRPORTS[row["aeroport_depart"]].timezone)
        local = datetime.combine(row["date_vol"], time.fromisoformat(row["heure_depart"]), zone)
        assert datetime.fromisoformat(text) == local, row


def test_a_departure_with_weather_has_the_moment_of_the_board(made_rows):
    """One is told in local time with an offset, the other in UTC."""
    on_board, with_weather = (
        [datetime.fromisoformat(text) for text in RECORD_TYPES[name].event_time(rows).to_pylist()]
        for name, rows in made_rows.items()
        if name in ("departs_aeroports", "vols_meteo")
    )
    assert with_weather == on_board
    assert all(moment.tzinfo == UTC for moment in with_weather)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("meteo_aeroports", "timestamp"),
        ("mesures_villes", "timestamp"),
        ("vols_ao", "heure_depart_prevue"),
        ("vols_meteo", "depart_utc"),
    ],
)
def test_a_point_in_time_is_told_in_utc_by_the_second(name, column, made_rows, edited):
    moment = datetime.fromisoformat("2026-11-01T21:52:07")
    rows = edited(made_rows[name].slice(0, 1), 0, **{column: moment})
    assert RECORD_TYPES[name].event_time(rows).to_pylist() == ["2026-11-01T21:52:07Z"]


@pytest.mark.parametrize("airport", AIRPORTS.values(), ids=AIRPORTS)
def test_an_airport_has_one_offset_all_year(airport):
    zone = ZoneInfo(airport.timezone)
    moments = [
        datetime(year, month, 1, tzinfo=zone) for year in (2020, 2026) for month in range(1, 13)
    ]
    assert {f"{moment:%:z}" for moment in moments} == {UTC_OFFSETS.get(airport.timezone, "+00:00")}


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "2026-11-01T00:00:00Z"), (9, "2026-11-01T09:00:00Z"), (23, "2026-11-01T23:00:00Z")],
)
@pytest.mark.parametrize("name", ["donnees_meteo", "meteo_villes"])
def test_an_observation_is_at_its_hour_of_utc(name, hour, expected, made_rows, edited):
    day = datetime.fromisoformat(expected).date()
    rows = edited(made_rows[name].slice(0, 1), 0, date_observation=day, heure_observation=hour)
    assert RECORD_TYPES[name].event_time(rows).to_pylist() == [expected]
