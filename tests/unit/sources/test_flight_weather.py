"""Each departure meets the weather at its airport in its hour, and no other."""

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.meteo_aeroports import METEO_AEROPORTS
from dataflow360.records.validation import check
from dataflow360.records.vols_meteo import VOLS_METEO
from dataflow360.sources.flight_weather.joining import join

DAY = date(2026, 11, 1)


def departure(iata: str = "DSS", time: str = "10:30", **values: Any) -> dict[str, Any]:
    return {
        "Vol": "HC301", "Code_Compagnie": "HC", "Compagnie": "Air Sénégal", "Heure_Depart": time,
        "Heure_Arrivee": None, "Destination": "CDG", "Pays": AIRPORTS[iata].country,
        "Aeroport": iata, "Date_Depart": DAY,
    } | values  # fmt: skip


def observation(moment: str, iata: str = "DSS", **values: Any) -> dict[str, Any]:
    airport = AIRPORTS[iata]
    return {
        "timestamp": datetime.fromisoformat(moment), "pays": airport.country,
        "ville": airport.city, "aeroport": iata, "temperature": 27.5, "humidite": 70,
        "pression": 1012.0, "vitesse_vent": 14.0, "direction_vent": 340,
        "conditions": "ciel dégagé", "nuages": 0, "provenance": "openweather",
    } | values  # fmt: skip


def joined(departures: list[dict[str, Any]], weather: list[dict[str, Any]]) -> list[dict[str, Any]]:
    table = join(
        pa.Table.from_pylist(departures, DEPARTS_AEROPORTS.arrow_schema),
        pa.Table.from_pylist(weather, METEO_AEROPORTS.arrow_schema),
    )
    assert check(VOLS_METEO, table).reasons == {}
    return table.to_pylist()


def test_a_departure_gets_the_weather_of_its_hour():
    weather = [
        observation(f"2026-11-01 {hour:02}:02", temperature=float(hour)) for hour in range(24)
    ]
    (row,) = joined([departure()], weather)
    assert row == {
        "aeroport": "DSS", "ville": "Dakar", "vol": "HC301", "compagnie": "Air Sénégal",
        "destination": "CDG", "date_depart": DAY, "heure_depart": "10:30",
        "depart_utc": datetime.fromisoformat("2026-11-01 10:30"),
        "observation": datetime.fromisoformat("2026-11-01 10:02"), "temperature": 10.0,
        "humidite": 70, "pression": 1012.0, "vitesse_vent": 14.0, "direction_vent": 340,
        "conditions": "ciel dégagé", "nuages": 0, "provenance": "openweather",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("iata", "time", "utc"),
    [
        ("DSS", "00:10", "2026-11-01 00:10"),
        ("LOS", "00:10", "2026-10-31 23:10"),  # UTC+1
        ("COO", "12:00", "2026-11-01 11:00"),
        ("NIM", "12:00", "2026-11-01 11:00"),
        ("RAI", "23:30", "2026-11-02 00:30"),  # UTC-1
    ],
)
def test_local_times_meet_the_weather_of_the_same_moment(iata, time, utc):
    moment = datetime.fromisoformat(utc)
    around = [observation(f"2026-10-31 {hour:02}:00", iata) for hour in range(24)]
    around += [observation(f"2026-11-01 {hour:02}:00", iata) for hour in range(24)]
    around += [observation(f"2026-11-02 {hour:02}:00", iata) for hour in range(24)]
    (row,) = joined([departure(iata, time)], around)
    assert row["depart_utc"] == moment
    assert row["observation"] == moment.replace(minute=0)


def test_the_weather_of_another_airport_or_hour_is_not_taken():
    weather = [
        observation("2026-11-01 10:00", "LOS"),
        observation("2026-11-01 09:59"),
        observation("2026-11-01 11:00"),
        observation("2026-10-31 10:30"),
    ]
    (row,) = joined([departure()], weather)
    assert all(row[name] is None for name in ("observation", "temperature", "provenance"))


def test_what_was_observed_comes_before_what_an_archive_says_and_the_latest_before_earlier():
    archived = observation("2026-11-01 10:45", provenance="open-meteo", temperature=1.0)
    early, late = (observation(f"2026-11-01 10:{minute}", temperature=2.0) for minute in (10, 20))
    (row,) = joined([departure()], [late, archived, early])
    assert (row["provenance"], row["observation"].minute) == ("openweather", 20)
    (row,) = joined([departure()], [archived])
    assert (row["provenance"], row["temperature"]) == ("open-meteo", 1.0)


def test_every_departure_keeps_its_row_whatever_the_weather():
    departures = [
        departure(iata, time, Vol=f"HC{number}")
        for number, (iata, time) in enumerate(
            ((iata, f"{hour:02}:15") for iata in AIRPORTS for hour in range(24)), start=100
        )
    ]
    weather = [observation("2026-11-01 10:00", iata) for iata in list(AIRPORTS)[::2]]
    rows = joined(departures, weather)
    assert sorted(row["vol"] for row in rows) == sorted(each["Vol"] for each in departures)
    assert sum(row["observation"] is not None for row in rows) == len(weather)


def test_there_may_be_no_weather_at_all():
    (row,) = joined([departure()], [])
    assert row["observation"] is None
