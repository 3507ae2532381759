"""The same event has the same id wherever it is met; another content has another hash."""

import uuid
from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.records import RECORD_TYPES
from dataflow360.records.identity import (
    EVENT_ID_TYPE,
    NAMESPACE,
    bytes_of,
    content_hashes,
    event_ids,
    fixed_binary,
    uuid_strings,
)

VOLS, WEATHER = RECORD_TYPES["vols"], RECORD_TYPES["donnees_meteo"]

GOLDEN_ROWS = {
    "vols": {
        "numero_vol": "HC301",
        "compagnie": "Air Sénégal",
        "type_appareil": "ATR 72-600",
        "aeroport_depart": "DSS",
        "pays_depart": "Sénégal",
        "destination": "ABJ",
        "distance_vol_km": 1_792.4,
        "heure_depart": "07:35",
        "jour_semaine": "dimanche",
        "mois": "novembre",
        "saison": "saison sèche",
        "retard_min": 17,
        "retard": True,
        "date_vol": date(2026, 11, 1),
    },
    "donnees_meteo": {
        "pays": "Togo",
        "aeroport": "LFW",
        "date_observation": date(2025, 10, 20),
        "heure_observation": 23,
        "temperature": 26.5,
        "humidite": 85,
        "pression": 1013.4,
        "vitesse_vent": 11.3,
        "direction_vent": 234,
        "precipitations": 0.0,
        "nebulosite": 100,
        "visibilite": None,
        "point_rosee": 23.8,
        "conditions_meteo": "Bruine légère",
        "provenance": "fichier",
    },
    "metar": {
        "aeroport": "DSS",
        "oaci": "GOBD",
        "observation": datetime.fromisoformat("2026-11-01T10:00:00"),
        "type_rapport": "METAR",
        "automatique": False,
        "corrige": True,
        "neant": False,
        "temperature": 27.0,
        "point_rosee": 22.0,
        "qnh": 1012.0,
        "direction_vent": 340,
        "vent_variable": False,
        "vitesse_vent": 14.82,
        "rafales": None,
        "visibilite": 9.66,
        "visibilite_ou_plus": True,
        "nuages": "SCT014",
        "phenomenes": None,
        "rapport": "GOBD 011000Z COR 34008KT 9999 SCT014 27/22 Q1012",
    },
    "trafic_passagers": {
        "ActivityPeriod": date(2005, 7, 1),
        "OperatingAirline": "ATA Airlines",
        "OperatingAirlineIATACode": "TZ",
        "PublishedAirline": "ATA Airlines",
        "PublishedAirlineIATACode": "TZ",
        "GEOSummary": "Domestic",
        "GEORegion": "US",
        "ActivityTypeCode": "Deplaned",
        "PriceCategoryCode": "Low Fare",
        "Terminal": "Terminal 1",
        "BoardingArea": "B",
        "PassengerCount": 27_271,
    },
    "tarifs_vols": {
        "airline": "Air Sénégal",
        "flight": "HC-301",
        "source_city": "Dakar",
        "departure_time": "Morning",
        "stops": "zero",
        "arrival_time": "Afternoon",
        "destination_city": "Abidjan",
        "class": "Economy",
        "duration": 2.5,
        "days_left": 14,
        "price": 182_500.0,
    },
    "vols_ao": {
        "compagnie": "Swiss",
        "numero_vol": "LX41",
        "aeroport_depart": "LOS",
        "aeroport_arrivee": "ZRH",
        "heure_depart_prevue": datetime.fromisoformat("2026-11-01T21:40"),
        "etat_vol": "landed",
        "pays": "Nigéria",
        "timestamp": datetime.fromisoformat("2026-11-02T00:00"),
        "numeros_marketing": "LH5701,UA9736",
    },
    "mesures_villes": {
        "ville": "Dakar",
        "pays": "Sénégal",
        "aeroport": "DSS",
        "timestamp": datetime.fromisoformat("2026-11-01T21:52:07"),
        "temp": 27.64,
        "feels_like": 28.58,
        "pressure": 1015.0,
        "humidity": 62,
        "visibility": 10_000,
        "wind_speed": 4.12,
        "wind_deg": 310,
        "clouds": 20,
        "aqi": 4,
        "co": 203.609,
        "no": 0.5,
        "no2": 0.396,
        "o3": 75.102,
        "so2": 0.648,
        "pm2_5": 23.253,
        "pm10": 92.214,
        "nh3": 0.117,
    },
    "meteo_aeroports": {
        "timestamp": datetime.fromisoformat("2026-11-01T21:52:07"),
        "pays": "Nigéria",
        "ville": "Lagos",
        "aeroport": "LOS",
        "temperature": 27.4,
        "humidite": 83,
        "pression": 1011.0,
        "vitesse_vent": 9.4,
        "direction_vent": 210,
        "conditions": "légère pluie",
        "nuages": 75,
        "provenance": "openweather",
    },
    "meteo_villes": {
        "ville": "Dakar",
        "pays": "Sénégal",
        "aeroport": "DSS",
        "date_observation": date(2026, 11, 1),
        "heure_observation": 13,
        "temperature": 31.1,
        "humidite": 62.5,
        "pression": 1010.9,
        "vitesse_vent": 18.4,
        "direction_vent": 340.0,
        "precipitations": 0.0,
        "nebulosite": 25.0,
        "conditions_meteo": "Partiellement nuageux",
    },
    "departs_aeroports": {
        "Vol": "AF149",
        "Code_Compagnie": "AF",
        "Compagnie": "Air France",
        "Heure_Depart": "22:35",
        "Heure_Arrivee": "05:40",
        "Destination": "CDG",
        "Pays": "Nigéria",
        "Aeroport": "LOS",
        "Date_Depart": date(2026, 11, 1),
    },
    "vols_meteo": {
        "aeroport": "LOS",
        "ville": "Lagos",
        "vol": "AF149",
        "compagnie": "Air France",
        "destination": "CDG",
        "date_depart": date(2026, 11, 1),
        "heure_depart": "22:35",
        "depart_utc": datetime.fromisoformat("2026-11-01T21:35"),
        "observation": datetime.fromisoformat("2026-11-01T21:52:07"),
        "temperature": 27.4,
        "humidite": 83,
        "pression": 1011.0,
        "vitesse_vent": 9.4,
        "direction_vent": 210,
        "conditions": "légère pluie",
        "nuages": 75,
        "provenance": "openweather",
    },
}
#: What lies in the stores today: another value here means that every row would count as changed.
GOLDEN_HASHES = {
    "vols": -830_917_888_936_327_439,
    "donnees_meteo": 643_810_933_386_901_160,
    "metar": 7_812_048_787_011_311_465,
    "trafic_passagers": -9_120_449_610_161_116_053,
    "tarifs_vols": -6_341_156_318_197_122_059,
    "vols_ao": -7_054_895_005_802_709_492,
    "mesures_villes": -1_358_557_300_532_152_897,
    "meteo_aeroports": -625_583_775_730_786_223,
    "meteo_villes": -2_786_349_657_667_210_601,
    "departs_aeroports": 7_857_820_433_096_599_534,
    "vols_meteo": 8_167_428_407_345_299_945,
}
GOLDEN_IDS = {
    "vols": "dea1a639-e20c-521b-baea-20aea074a660",
    "donnees_meteo": "a07f966b-1ef7-5d26-97b6-69f333029ae8",
    "metar": "86f5eb70-2e68-521b-936a-f9d32138c1cc",
    "trafic_passagers": "fb831d75-253c-5b21-81b8-cdb654d8bf73",
    "tarifs_vols": "294674ee-dcce-566d-97a5-246b045632c9",
    "vols_ao": "a2ec670f-5d5f-50ff-8b0a-e437bce746d7",
    "mesures_villes": "af052d4a-c6be-5996-b8ca-8cc965d22914",
    "meteo_aeroports": "608656b1-4fe5-56ea-b1fa-f5556a1408a3",
    "meteo_villes": "8e10a53f-46cb-5caf-a050-982886110182",
    "departs_aeroports": "ea707419-ebfd-5f31-b8ae-f188b6ff005c",
    "vols_meteo": "49ee4952-b765-51b2-bc78-bf1514aa1ff8",
}

#: For each column another valid value than in the golden row.
OTHER_VALUES = {
    "vols": {
        "numero_vol": "HC302",
        "compagnie": "Transair",
        "type_appareil": "Embraer ERJ 145",
        "aeroport_depart": "BKO",
        "pays_depart": "Mali",
        "destination": "ACC",
        "distance_vol_km": 1_792.5,
        "heure_depart": "07:40",
        "jour_semaine": "lundi",
        "mois": "octobre",
        "saison": "harmattan",
        "retard_min": 18,
        "retard": False,
        "date_vol": date(2026, 11, 2),
    },
    "metar": {
        "aeroport": "ABJ",
        "oaci": "DIAP",
        "observation": datetime.fromisoformat("2026-11-01T10:30:00"),
        "type_rapport": "SPECI",
        "automatique": True,
        "corrige": False,
        "neant": True,
        "temperature": None,
        "point_rosee": 21.0,
        "qnh": None,
        "direction_vent": None,
        "vent_variable": True,
        "vitesse_vent": 0.0,
        "rafales": 46.3,
        "visibilite": None,
        "visibilite_ou_plus": False,
        "nuages": None,
        "phenomenes": "-RA",
        "rapport": "GOBD 011000Z NIL",
    },
    "donnees_meteo": {
        "pays": "Mali",
        "aeroport": "BKO",
        "date_observation": date(2025, 10, 21),
        "heure_observation": 22,
        "temperature": 26.6,
        "humidite": 84,
        "pression": 1013.5,
        "vitesse_vent": 11.4,
        "direction_vent": 235,
        "precipitations": 0.1,
        "nebulosite": 99,
        "visibilite": 0.0,
        "point_rosee": 23.7,
        "conditions_meteo": "Couvert",
        "provenance": "synthetique",
    },
    "trafic_passagers": {
        "ActivityPeriod": date(2005, 8, 1),
        "OperatingAirline": "Air Canada",
        "OperatingAirlineIATACode": "AC",
        "PublishedAirline": "Air Canada",
        "PublishedAirlineIATACode": None,
        "GEOSummary": "International",
        "GEORegion": "Canada",
        "ActivityTypeCode": "Enplaned",
        "PriceCategoryCode": "Other",
        "Terminal": "Terminal 3",
        "BoardingArea": "G",
        "PassengerCount": 27_272,
    },
    "tarifs_vols": {
        "airline": "ASKY",
        "flight": "KP-301",
        "source_city": "Lomé",
        "departure_time": "Night",
        "stops": "one",
        "arrival_time": "Evening",
        "destination_city": "Accra",
        "class": "Business",
        "duration": 2.6,
        "days_left": 15,
        "price": 182_500.5,
    },
    "vols_ao": {
        "compagnie": "Air Sénégal",
        "numero_vol": "LX43",
        "aeroport_depart": "COO",
        "aeroport_arrivee": "GVA",
        "heure_depart_prevue": datetime.fromisoformat("2026-11-01T21:41"),
        "etat_vol": "diverted",
        "pays": "Bénin",
        "timestamp": datetime.fromisoformat("2026-11-03T00:00"),
        "numeros_marketing": None,
    },
    "mesures_villes": {
        "ville": "Bamako",
        "pays": "Mali",
        "aeroport": "BKO",
        "timestamp": datetime.fromisoformat("2026-11-01T21:52:08"),
        "temp": 27.65,
        "feels_like": None,
        "pressure": 1015.1,
        "humidity": 63,
        "visibility": 9_999,
        "wind_speed": 4.13,
        "wind_deg": None,
        "clouds": 21,
        "aqi": 5,
        "co": 203.61,
        "no": 0.6,
        "no2": 0.397,
        "o3": 75.103,
        "so2": 0.649,
        "pm2_5": 23.254,
        "pm10": 92.215,
        "nh3": None,
    },
    "meteo_aeroports": {
        "timestamp": datetime.fromisoformat("2026-11-01T21:52:08"),
        "pays": "Bénin",
        "ville": "Cotonou",
        "aeroport": "COO",
        "temperature": 27.5,
        "humidite": 84,
        "pression": 1011.1,
        "vitesse_vent": 9.5,
        "direction_vent": None,
        "conditions": "couvert",
        "nuages": 76,
        "provenance": "open-meteo",
    },
    "meteo_villes": {
        "ville": "Bamako",
        "pays": "Mali",
        "aeroport": "BKO",
        "date_observation": date(2026, 11, 2),
        "heure_observation": 14,
        "temperature": 31.2,
        "humidite": 62.6,
        "pression": None,
        "vitesse_vent": 18.5,
        "direction_vent": 340.1,
        "precipitations": None,
        "nebulosite": 25.1,
        "conditions_meteo": "Dégagé",
    },
    "departs_aeroports": {
        "Vol": "AF151",
        "Code_Compagnie": "KL",
        "Compagnie": "KLM",
        "Heure_Depart": "22:40",
        "Heure_Arrivee": None,
        "Destination": "ORY",
        "Pays": "Bénin",
        "Aeroport": "COO",
        "Date_Depart": date(2026, 11, 2),
    },
    "vols_meteo": {
        "aeroport": "COO",
        "ville": "Cotonou",
        "vol": "AF151",
        "compagnie": "KLM",
        "destination": "ORY",
        "date_depart": date(2026, 11, 2),
        "heure_depart": "22:40",
        "depart_utc": datetime.fromisoformat("2026-11-01T21:40"),
        "observation": None,
        "temperature": 27.5,
        "humidite": None,
        "pression": 1011.1,
        "vitesse_vent": 9.5,
        "direction_vent": None,
        "conditions": None,
        "nuages": 76,
        "provenance": None,
    },
}
CHANGES = [
    pytest.param(name, column, id=f"{name}-{column}")
    for name, values in OTHER_VALUES.items()
    for column in values
]

#: What is missing together where a departure's weather is unknown.
WEATHER_OF_A_DEPARTURE = (
    "observation", "temperature", "humidite", "pression", "vitesse_vent", "direction_vent",
    "conditions", "nuages", "provenance",
)  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
dates = st.dates(date(1900, 1, 1), date(2200, 1, 1))


def golden(name: str, **changes: object) -> pa.Table:
    row = GOLDEN_ROWS[name] | changes
    return pa.Table.from_pylist([row], schema=RECORD_TYPES[name].arrow_schema)


def hash_of(name: str, **changes: object) -> int:
    return content_hashes(RECORD_TYPES[name], golden(name, **changes))[0].as_py()


def in_standard_form(ids: pa.Array) -> list[uuid.UUID]:
    return [uuid.UUID(bytes=value) for value in ids.to_pylist()]


def test_the_namespace_never_changes():
    assert uuid.uuid5(uuid.NAMESPACE_DNS, "dataflow360") == NAMESPACE
    assert str(NAMESPACE) == "b1f586d0-96ed-56d4-850e-76c235bd63c1"


@given(keys=st.lists(st.tuples(texts, texts, dates), max_size=6))
def test_a_flights_id_is_the_uuid5_of_its_key(keys):
    rows = [GOLDEN_ROWS["vols"] | dict(zip(VOLS.natural_key, key, strict=True)) for key in keys]
    table = pa.Table.from_pylist(rows, schema=VOLS.arrow_schema)
    assert in_standard_form(event_ids(VOLS, table)) == [
        uuid.uuid5(NAMESPACE, f"vols\x1f{number}\x1f{airport}\x1f{day.isoformat()}")
        for number, airport, day in keys
    ]


@given(keys=st.lists(st.tuples(texts, texts, dates, st.integers(-128, 127)), max_size=6))
def test_an_observations_id_is_the_uuid5_of_its_key(keys):
    rows = [
        GOLDEN_ROWS["donnees_meteo"] | dict(zip(WEATHER.natural_key, key, strict=True))
        for key in keys
    ]
    table = pa.Table.from_pylist(rows, schema=WEATHER.arrow_schema)
    assert in_standard_form(event_ids(WEATHER, table)) == [
        uuid.uuid5(NAMESPACE, f"donnees_meteo\x1f{origin}\x1f{airport}\x1f{day}\x1f{hour}")
        for origin, airport, day, hour in keys
    ]


@pytest.mark.parametrize("name", GOLDEN_IDS)
def test_event_ids_never_change(name):
    ids = event_ids(RECORD_TYPES[name], golden(name))
    assert ids.type == EVENT_ID_TYPE
    assert uuid_strings(ids).to_pylist() == [GOLDEN_IDS[name]]


@pytest.mark.parametrize(("name", "column"), CHANGES)
def test_the_natural_key_alone_decides_the_id(name, column):
    record = RECORD_TYPES[name]
    same = event_ids(record, golden(name)).equals(
        event_ids(record, golden(name, **{column: OTHER_VALUES[name][column]}))
    )
    assert same == (column not in record.natural_key)


def test_made_events_are_all_different(record, rows):
    assert len(set(event_ids(record, rows).to_pylist())) == rows.num_rows


@given(ids=st.lists(st.uuids(), max_size=20), start=st.integers(0, 20), chunks=st.booleans())
def test_ids_read_as_uuids_do(ids, start, chunks):
    array = pa.array([each.bytes for each in ids], EVENT_ID_TYPE).slice(start)
    given_ids = pa.chunked_array([array[:3], array[3:]]) if chunks else array
    assert uuid_strings(given_ids).to_pylist() == [str(each) for each in ids[start:]]


@given(ids=st.lists(st.uuids(), max_size=20), start=st.integers(0, 20))
def test_bytes_of_ids_come_back(ids, start):
    array = pa.array([each.bytes for each in ids], EVENT_ID_TYPE).slice(start)
    assert fixed_binary(bytes_of(array)).equals(array)


@pytest.mark.parametrize("name", GOLDEN_HASHES)
def test_content_hashes_never_change(name):
    assert hash_of(name) == GOLDEN_HASHES[name]


@pytest.mark.parametrize(("name", "column"), CHANGES)
def test_any_other_value_changes_the_hash(name, column):
    assert hash_of(name, **{column: OTHER_VALUES[name][column]}) != hash_of(name)


def test_values_that_change_places_change_the_hash():
    assert hash_of("donnees_meteo", humidite=100, nebulosite=85) != hash_of("donnees_meteo")


def test_a_rows_hash_does_not_depend_on_the_rows_beside_it(record, rows):
    together = content_hashes(record, rows).to_pylist()
    alone = [content_hashes(record, rows.slice(row, 1))[0].as_py() for row in range(0, 384, 7)]
    assert together[::7] == alone
    backwards = rows.take(pa.array(range(rows.num_rows))[::-1])
    assert content_hashes(record, backwards).to_pylist() == together[::-1]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        pytest.param(name, column, id=f"{name}-{column}")
        for name, record in RECORD_TYPES.items()
        for column in record.columns
        if not pa.types.is_date(record.arrow_schema.field(column).type)  # is never missing
    ],
)
def test_a_rows_hash_does_not_depend_on_a_null_beside_it(name, column):
    both = pa.concat_tables([golden(name), golden(name, **{column: None})])
    assert content_hashes(RECORD_TYPES[name], both).to_pylist() == [
        hash_of(name),
        hash_of(name, **{column: None}),
    ]


def test_a_departures_hash_does_not_depend_on_one_without_weather_beside_it():
    known, without = golden("vols_meteo"), dict.fromkeys(WEATHER_OF_A_DEPARTURE)
    both = pa.concat_tables([known, golden("vols_meteo", **without)])
    assert content_hashes(RECORD_TYPES["vols_meteo"], both).to_pylist() == [
        GOLDEN_HASHES["vols_meteo"],
        hash_of("vols_meteo", **without),
    ]


@pytest.mark.parametrize("column", WEATHER_OF_A_DEPARTURE)
def test_weather_that_is_known_later_changes_a_departures_hash(column):
    assert hash_of("vols_meteo", **{column: None}) != hash_of("vols_meteo")


def test_a_value_that_is_known_later_changes_the_hash():
    assert hash_of("donnees_meteo", visibilite=10.0) != hash_of("donnees_meteo", visibilite=None)


@pytest.mark.parametrize("column", ["temperature", "precipitations", "visibilite", "point_rosee"])
def test_there_is_one_zero(column):
    negative, positive = ({column: value} for value in (-0.0, 0.0))
    assert hash_of("donnees_meteo", **negative) == hash_of("donnees_meteo", **positive)


def test_hashes_differ_between_made_rows(record, rows):
    assert len(set(content_hashes(record, rows).to_pylist())) == rows.num_rows


def test_no_rows_have_no_ids_and_no_hashes(record, rows):
    assert len(event_ids(record, rows.slice(0, 0))) == 0
    assert len(content_hashes(record, rows.slice(0, 0))) == 0


def test_chunks_of_a_table_do_not_matter(record, rows):
    pieces = pa.concat_tables([rows.slice(0, 100), rows.slice(100, 1), rows.slice(101)])
    assert content_hashes(record, pieces).equals(content_hashes(record, rows.combine_chunks()))
    assert event_ids(record, pieces).equals(event_ids(record, rows.combine_chunks()))


def test_a_day_or_a_number_more_is_another_event(rows, record):
    column = next(
        name for name in record.natural_key if not pa.types.is_string(rows.schema.field(name).type)
    )
    more = timedelta(days=1) if pa.types.is_temporal(rows.schema.field(column).type) else 1
    later = [row | {column: row[column] + more} for row in rows.slice(0, 6).to_pylist()]
    table = pa.Table.from_pylist(later, schema=rows.schema)
    assert not set(event_ids(record, table).to_pylist()) & set(event_ids(record, rows).to_pylist())
