"""Each contract accepts what its sources deliver, and says why it refuses anything else."""

import math

import pyarrow as pa
import pytest
from airflow.sdk import ObjectStoragePath

from dataflow360.errors import FatalError
from dataflow360.records import RECORD_TYPES
from dataflow360.records.mesures_villes import MEASUREMENTS
from dataflow360.records.validation import check
from dataflow360.sources.csv_files import files

IATA = r"does not match ^[A-Z]{3}$"
TRIMMED = r"does not match ^\S(.*\S)?$"
TIME = r"does not match ^([01]\d|2[0-3]):[0-5]\d$"
NUMBER = r"does not match ^[A-Z0-9]{2}[0-9]{1,4}[A-Z]?$"
BOARD_NUMBER = r"does not match ^[A-Z0-9]{2,3}[0-9]{1,4}[A-Z]?$"
DESIGNATOR = r"does not match ^[A-Z0-9]{2,3}$"
UNKNOWN = "is not one of the known values"

VIOLATIONS = {
    "vols": [
        ("numero_vol", "", f"numero_vol  {NUMBER}"),
        ("numero_vol", "HC 301", f"numero_vol HC 301 {NUMBER}"),
        ("numero_vol", "hc301", f"numero_vol hc301 {NUMBER}"),
        ("numero_vol", "HC301\n", f"numero_vol HC301\n {NUMBER}"),
        ("compagnie", " Air Sénégal", f"compagnie  Air Sénégal {TRIMMED}"),
        ("compagnie", "x" * 81, f"compagnie {'x' * 81} is longer than 80"),
        ("type_appareil", "A320 ", f"type_appareil A320  {TRIMMED}"),
        ("type_appareil", "x" * 61, f"type_appareil {'x' * 61} is longer than 60"),
        ("aeroport_depart", "CDG", f"aeroport_depart CDG {UNKNOWN}"),
        ("pays_depart", "France", f"pays_depart France {UNKNOWN}"),
        ("destination", "cdg", f"destination cdg {IATA}"),
        ("destination", "CDGX", f"destination CDGX {IATA}"),
        ("destination", "CDGX", "destination CDGX is longer than 3"),
        ("distance_vol_km", 0.5, "distance_vol_km 0.5 is below 1 km"),
        ("distance_vol_km", 20_040.5, "distance_vol_km 20040.5 is above 20040 km"),
        ("distance_vol_km", math.inf, "distance_vol_km inf is above 20040 km"),
        ("distance_vol_km", math.nan, "distance_vol_km nan is below 1 km"),
        ("heure_depart", "24:00", f"heure_depart 24:00 {TIME}"),
        ("heure_depart", "12:60", f"heure_depart 12:60 {TIME}"),
        ("heure_depart", "8:05", f"heure_depart 8:05 {TIME}"),
        ("jour_semaine", "Lundi", f"jour_semaine Lundi {UNKNOWN}"),
        ("mois", "fevrier", f"mois fevrier {UNKNOWN}"),
        ("saison", "été", f"saison été {UNKNOWN}"),
        ("retard_min", -31, "retard_min -31 is below -30 min"),
        ("retard_min", 1441, "retard_min 1441 is above 1440 min"),
    ],
    "vols_ao": [
        ("numero_vol", "lx41", f"numero_vol lx41 {NUMBER}"),
        ("compagnie", " Swiss", f"compagnie  Swiss {TRIMMED}"),
        ("compagnie", "x" * 81, f"compagnie {'x' * 81} is longer than 80"),
        ("aeroport_depart", "CDG", f"aeroport_depart CDG {UNKNOWN}"),
        ("aeroport_arrivee", "Zürich", f"aeroport_arrivee Zürich {IATA}"),
        ("etat_vol", "boarding", f"etat_vol boarding {UNKNOWN}"),
        ("pays", "Suisse", f"pays Suisse {UNKNOWN}"),
        ("numeros_marketing", "", f"numeros_marketing  {TRIMMED}"),
        ("numeros_marketing", "x" * 201, f"numeros_marketing {'x' * 201} is longer than 200"),
    ],
    "donnees_meteo": [
        ("pays", "Maroc", f"pays Maroc {UNKNOWN}"),
        ("aeroport", "Dakar", f"aeroport Dakar {UNKNOWN}"),
        ("heure_observation", -1, "heure_observation -1 is below 0 h"),
        ("heure_observation", 24, "heure_observation 24 is above 23 h"),
        ("temperature", -10.1, "temperature -10.1 is below -10 °C"),
        ("temperature", 55.1, "temperature 55.1 is above 55 °C"),
        ("temperature", math.nan, "temperature nan is above 55 °C"),
        ("humidite", -1, "humidite -1 is below 0 %"),
        ("humidite", 101, "humidite 101 is above 100 %"),
        ("pression", 869.9, "pression 869.9 is below 870 hPa"),
        ("pression", 1085.1, "pression 1085.1 is above 1085 hPa"),
        ("vitesse_vent", -0.1, "vitesse_vent -0.1 is below 0 km/h"),
        ("vitesse_vent", 410.1, "vitesse_vent 410.1 is above 410 km/h"),
        ("direction_vent", -1, "direction_vent -1 is below 0 °"),
        ("direction_vent", 361, "direction_vent 361 is above 360 °"),
        ("precipitations", -0.1, "precipitations -0.1 is below 0 mm"),
        ("precipitations", 310.1, "precipitations 310.1 is above 310 mm"),
        ("nebulosite", -1, "nebulosite -1 is below 0 %"),
        ("nebulosite", 101, "nebulosite 101 is above 100 %"),
        ("visibilite", -0.1, "visibilite -0.1 is below 0 km"),
        ("visibilite", 100.1, "visibilite 100.1 is above 100 km"),
        ("visibilite", math.nan, "visibilite nan is below 0 km"),
        ("point_rosee", -60.1, "point_rosee -60.1 is below -60 °C"),
        ("point_rosee", 40.1, "point_rosee 40.1 is above 40 °C"),
        ("conditions_meteo", "", f"conditions_meteo  {TRIMMED}"),
        ("conditions_meteo", "Couvert\n", f"conditions_meteo Couvert\n {TRIMMED}"),
        ("conditions_meteo", "x" * 61, f"conditions_meteo {'x' * 61} is longer than 60"),
        ("provenance", "manuel", f"provenance manuel {UNKNOWN}"),
    ],
    "mesures_villes": [
        ("ville", "Paris", f"ville Paris {UNKNOWN}"),
        ("pays", "Maroc", f"pays Maroc {UNKNOWN}"),
        ("aeroport", "CDG", f"aeroport CDG {UNKNOWN}"),
        ("temp", -10.1, "temp -10.1 is below -10 °C"),
        ("temp", 55.1, "temp 55.1 is above 55 °C"),
        ("feels_like", -30.1, "feels_like -30.1 is below -30 °C"),
        ("feels_like", 80.1, "feels_like 80.1 is above 80 °C"),
        ("pressure", 869.9, "pressure 869.9 is below 870 hPa"),
        ("pressure", 1085.1, "pressure 1085.1 is above 1085 hPa"),
        ("humidity", -1, "humidity -1 is below 0 %"),
        ("humidity", 101, "humidity 101 is above 100 %"),
        ("visibility", -1, "visibility -1 is below 0 m"),
        ("visibility", 10001, "visibility 10001 is above 10000 m"),
        ("wind_speed", -0.1, "wind_speed -0.1 is below 0 m/s"),
        ("wind_speed", 114.1, "wind_speed 114.1 is above 114 m/s"),
        ("wind_deg", -1, "wind_deg -1 is below 0 °"),
        ("wind_deg", 361, "wind_deg 361 is above 360 °"),
        ("clouds", -1, "clouds -1 is below 0 %"),
        ("clouds", 101, "clouds 101 is above 100 %"),
        ("aqi", 0, "aqi 0 is below 1"),
        ("aqi", 6, "aqi 6 is above 5"),
        ("co", -0.1, "co -0.1 is below 0 µg/m³"),
        ("co", 100000.1, "co 100000.1 is above 100000 µg/m³"),
        ("no", -0.1, "no -0.1 is below 0 µg/m³"),
        ("no", 10000.1, "no 10000.1 is above 10000 µg/m³"),
        ("no2", -0.1, "no2 -0.1 is below 0 µg/m³"),
        ("no2", 10000.1, "no2 10000.1 is above 10000 µg/m³"),
        ("o3", -0.1, "o3 -0.1 is below 0 µg/m³"),
        ("o3", 10000.1, "o3 10000.1 is above 10000 µg/m³"),
        ("so2", -0.1, "so2 -0.1 is below 0 µg/m³"),
        ("so2", 10000.1, "so2 10000.1 is above 10000 µg/m³"),
        ("pm2_5", -0.1, "pm2_5 -0.1 is below 0 µg/m³"),
        ("pm2_5", 20000.1, "pm2_5 20000.1 is above 20000 µg/m³"),
        ("pm10", -0.1, "pm10 -0.1 is below 0 µg/m³"),
        ("pm10", 20000.1, "pm10 20000.1 is above 20000 µg/m³"),
        ("nh3", -0.1, "nh3 -0.1 is below 0 µg/m³"),
        ("nh3", 10000.1, "nh3 10000.1 is above 10000 µg/m³"),
        # Kelvin, as OpenWeather answers when it is asked without units.
        ("temp", 300.1, "temp 300.1 is above 55 °C"),
        # What OpenWeather says where it knows nothing.
        ("nh3", -9999.0, "nh3 -9999.0 is below 0 µg/m³"),
        ("pm10", math.nan, "pm10 nan is below 0 µg/m³"),
    ],
    "meteo_aeroports": [
        ("pays", "Maroc", f"pays Maroc {UNKNOWN}"),
        ("ville", "DSS", f"ville DSS {UNKNOWN}"),
        ("ville", "Paris", f"ville Paris {UNKNOWN}"),
        ("aeroport", "CDG", f"aeroport CDG {UNKNOWN}"),
        ("temperature", -10.1, "temperature -10.1 is below -10 °C"),
        # Kelvin, as OpenWeather answers when it is asked without units.
        ("temperature", 300.1, "temperature 300.1 is above 55 °C"),
        ("temperature", math.nan, "temperature nan is above 55 °C"),
        ("humidite", -1, "humidite -1 is below 0 %"),
        ("humidite", 101, "humidite 101 is above 100 %"),
        ("pression", 869.9, "pression 869.9 is below 870 hPa"),
        ("pression", 1085.1, "pression 1085.1 is above 1085 hPa"),
        ("vitesse_vent", -0.1, "vitesse_vent -0.1 is below 0 km/h"),
        ("vitesse_vent", 410.1, "vitesse_vent 410.1 is above 410 km/h"),
        ("direction_vent", -1, "direction_vent -1 is below 0 °"),
        ("direction_vent", 361, "direction_vent 361 is above 360 °"),
        ("conditions", "", f"conditions  {TRIMMED}"),
        ("conditions", "x" * 61, f"conditions {'x' * 61} is longer than 60"),
        ("nuages", -1, "nuages -1 is below 0 %"),
        ("nuages", 101, "nuages 101 is above 100 %"),
        ("provenance", "synthetique", f"provenance synthetique {UNKNOWN}"),
    ],
    "meteo_villes": [
        ("ville", "Paris", f"ville Paris {UNKNOWN}"),
        ("pays", "Maroc", f"pays Maroc {UNKNOWN}"),
        ("aeroport", "Dakar", f"aeroport Dakar {UNKNOWN}"),
        ("heure_observation", -1, "heure_observation -1 is below 0 h"),
        ("heure_observation", 24, "heure_observation 24 is above 23 h"),
        ("temperature", -10.1, "temperature -10.1 is below -10 °C"),
        # Fahrenheit, as the page shows it to visitors from the United States.
        ("temperature", 86.4, "temperature 86.4 is above 55 °C"),
        ("temperature", math.nan, "temperature nan is above 55 °C"),
        ("humidite", -0.1, "humidite -0.1 is below 0 %"),
        ("humidite", 100.1, "humidite 100.1 is above 100 %"),
        ("pression", 869.9, "pression 869.9 is below 870 hPa"),
        ("pression", 1085.1, "pression 1085.1 is above 1085 hPa"),
        ("vitesse_vent", -0.1, "vitesse_vent -0.1 is below 0 km/h"),
        ("vitesse_vent", 410.1, "vitesse_vent 410.1 is above 410 km/h"),
        ("direction_vent", -0.1, "direction_vent -0.1 is below 0 °"),
        ("direction_vent", 360.1, "direction_vent 360.1 is above 360 °"),
        ("precipitations", -0.1, "precipitations -0.1 is below 0 mm"),
        ("precipitations", 310.1, "precipitations 310.1 is above 310 mm"),
        ("nebulosite", -0.1, "nebulosite -0.1 is below 0 %"),
        ("nebulosite", 100.1, "nebulosite 100.1 is above 100 %"),
        ("conditions_meteo", " Couvert", f"conditions_meteo  Couvert {TRIMMED}"),
        ("conditions_meteo", "x" * 101, f"conditions_meteo {'x' * 101} is longer than 100"),
    ],
    "departs_aeroports": [
        ("Vol", "AF 149", f"Vol AF 149 {BOARD_NUMBER}"),
        ("Vol", "af149", f"Vol af149 {BOARD_NUMBER}"),
        ("Vol", "AFR12345", f"Vol AFR12345 {BOARD_NUMBER}"),
        ("Vol", "AFR1234AB", "Vol AFR1234AB is longer than 8"),
        ("Code_Compagnie", "A", f"Code_Compagnie A {DESIGNATOR}"),
        ("Code_Compagnie", "af", f"Code_Compagnie af {DESIGNATOR}"),
        ("Code_Compagnie", "AFRA", "Code_Compagnie AFRA is longer than 3"),
        ("Compagnie", "Air France ", f"Compagnie Air France  {TRIMMED}"),
        ("Compagnie", "x" * 81, f"Compagnie {'x' * 81} is longer than 80"),
        ("Heure_Depart", "24:00", f"Heure_Depart 24:00 {TIME}"),
        ("Heure_Depart", "8:05", f"Heure_Depart 8:05 {TIME}"),
        ("Heure_Arrivee", "", f"Heure_Arrivee  {TIME}"),
        ("Heure_Arrivee", "15:60", f"Heure_Arrivee 15:60 {TIME}"),
        ("Destination", "Paris", f"Destination Paris {IATA}"),
        ("Pays", "France", f"Pays France {UNKNOWN}"),
        ("Aeroport", "CDG", f"Aeroport CDG {UNKNOWN}"),
    ],
    "vols_meteo": [
        ("aeroport", "CDG", f"aeroport CDG {UNKNOWN}"),
        ("ville", "Paris", f"ville Paris {UNKNOWN}"),
        ("vol", "AF 149", f"vol AF 149 {BOARD_NUMBER}"),
        ("vol", "AFR1234AB", "vol AFR1234AB is longer than 8"),
        ("compagnie", "", f"compagnie  {TRIMMED}"),
        ("compagnie", "x" * 81, f"compagnie {'x' * 81} is longer than 80"),
        ("destination", "cdg", f"destination cdg {IATA}"),
        ("heure_depart", "24:00", f"heure_depart 24:00 {TIME}"),
        ("temperature", -10.1, "temperature -10.1 is below -10 °C"),
        ("temperature", 55.1, "temperature 55.1 is above 55 °C"),
        ("temperature", math.nan, "temperature nan is below -10 °C"),
        ("humidite", -1, "humidite -1 is below 0 %"),
        ("humidite", 101, "humidite 101 is above 100 %"),
        ("pression", 869.9, "pression 869.9 is below 870 hPa"),
        ("pression", 1085.1, "pression 1085.1 is above 1085 hPa"),
        ("vitesse_vent", -0.1, "vitesse_vent -0.1 is below 0 km/h"),
        ("vitesse_vent", 410.1, "vitesse_vent 410.1 is above 410 km/h"),
        ("direction_vent", -1, "direction_vent -1 is below 0 °"),
        ("direction_vent", 361, "direction_vent 361 is above 360 °"),
        ("conditions", "", f"conditions  {TRIMMED}"),
        ("conditions", "x" * 61, f"conditions {'x' * 61} is longer than 60"),
        ("nuages", -1, "nuages -1 is below 0 %"),
        ("nuages", 101, "nuages 101 is above 100 %"),
        ("provenance", "fichier", f"provenance fichier {UNKNOWN}"),
    ],
    "trafic_passagers": [
        ("OperatingAirline", "ASKY ", f"OperatingAirline ASKY  {TRIMMED}"),
        ("OperatingAirline", "x" * 81, f"OperatingAirline {'x' * 81} is longer than 80"),
        ("OperatingAirlineIATACode", "ASKY", "OperatingAirlineIATACode ASKY is longer than 3"),
        ("GEOSummary", "Regional", f"GEOSummary Regional {UNKNOWN}"),
        ("ActivityTypeCode", "Thru/Transit", f"ActivityTypeCode Thru/Transit {UNKNOWN}"),
        ("PriceCategoryCode", "low fare", f"PriceCategoryCode low fare {UNKNOWN}"),
        ("PassengerCount", -1, "PassengerCount -1 is below 0 passengers"),
    ],
    "tarifs_vols": [
        ("flight", "x" * 21, f"flight {'x' * 21} is longer than 20"),
        ("departure_time", "Noon", f"departure_time Noon {UNKNOWN}"),
        ("stops", "2", f"stops 2 {UNKNOWN}"),
        ("class", "First", f"class First {UNKNOWN}"),
        ("duration", -0.1, "duration -0.1 is below 0 h"),
        ("duration", math.nan, "duration nan is below 0 h"),
        ("days_left", -1, "days_left -1 is below 0 d"),
        ("days_left", 367, "days_left 367 is above 366 d"),
        ("price", -1.0, "price -1.0 is below 0"),
    ],
}
#: The outermost values that are allowed.
BOUNDS = {
    "vols": {
        "numero_vol": ("2J1", "AF1234A"),
        "compagnie": ("x", "x" * 80),
        "type_appareil": ("x", "x" * 60),
        "distance_vol_km": (1.0, 20_040.0),
        "heure_depart": ("00:00", "23:59"),
        "retard_min": (-30, 1440),
    },
    "donnees_meteo": {
        "heure_observation": (0, 23),
        "temperature": (-10.0, 55.0),
        "humidite": (0, 100),
        "pression": (870.0, 1085.0),
        "vitesse_vent": (0.0, 410.0),
        "direction_vent": (0, 360),
        "precipitations": (0.0, 310.0),
        "nebulosite": (0, 100),
        "visibilite": (0.0, 100.0, None),
        "point_rosee": (-60.0, 40.0),
        "conditions_meteo": ("x", "é" * 60),
    },
    "trafic_passagers": {
        "OperatingAirlineIATACode": ("HC", None),
        "PublishedAirlineIATACode": ("HC", None),
        "PassengerCount": (0, 2**31 - 1),
    },
    "tarifs_vols": {"duration": (0.0, 100.0), "days_left": (0, 366), "price": (0.0, 1e9)},
    "vols_ao": {
        "numero_vol": ("2J1", "AF1234A"),
        "compagnie": ("x", "x" * 80),
        "numeros_marketing": ("AF1", "x" * 200),
    },
    "mesures_villes": {
        "temp": (-10.0, 55.0, None),
        "feels_like": (-30.0, 80.0, None),
        "pressure": (870.0, 1085.0, None),
        "humidity": (0, 100, None),
        "visibility": (0, 10000, None),
        "wind_speed": (0.0, 114.0, None),
        "wind_deg": (0, 360, None),
        "clouds": (0, 100, None),
        "aqi": (1, 5),
        "co": (0.0, 100000.0, None),
        "no": (0.0, 10000.0, None),
        "no2": (0.0, 10000.0, None),
        "o3": (0.0, 10000.0, None),
        "so2": (0.0, 10000.0, None),
        "pm2_5": (0.0, 20000.0, None),
        "pm10": (0.0, 20000.0, None),
        "nh3": (0.0, 10000.0, None),
    },
    "meteo_aeroports": {
        "temperature": (-10.0, 55.0),
        "humidite": (0, 100),
        "pression": (870.0, 1085.0),
        "vitesse_vent": (0.0, 410.0),
        "direction_vent": (0, 360, None),
        "conditions": ("x", "é" * 60),
        "nuages": (0, 100),
        "provenance": ("openweather", "open-meteo"),
    },
    "meteo_villes": {
        "heure_observation": (0, 23),
        "temperature": (-10.0, 55.0),
        "humidite": (0.0, 100.0),
        "pression": (870.0, 1085.0, None),
        "vitesse_vent": (0.0, 410.0),
        "direction_vent": (0.0, 360.0, None),
        "precipitations": (0.0, 310.0, None),
        "nebulosite": (0.0, 100.0, None),
        "conditions_meteo": ("x", "é" * 100),
    },
    "departs_aeroports": {
        "Vol": ("2J1", "AFR1234A"),
        "Code_Compagnie": ("2J", "AFR"),
        "Compagnie": ("x", "é" * 80),
        "Heure_Depart": ("00:00", "23:59"),
        "Heure_Arrivee": ("00:00", "23:59", None),
    },
    "vols_meteo": {
        "vol": ("2J1", "AFR1234A"),
        "compagnie": ("x", "é" * 80),
        "heure_depart": ("00:00", "23:59"),
        "temperature": (-10.0, 55.0),
        "humidite": (0, 100),
        "pression": (870.0, 1085.0),
        "vitesse_vent": (0.0, 410.0),
        "direction_vent": (0, 360),
        "conditions": ("x", "é" * 60),
        "nuages": (0, 100),
        "provenance": ("openweather", "open-meteo"),
    },
}
#: Weather of a departure is empty where none is known.
WEATHER_OF_A_DEPARTURE = (
    "observation", "temperature", "humidite", "pression", "vitesse_vent", "direction_vent",
    "conditions", "nuages", "provenance",
)  # fmt: skip
NULLABLE = {
    ("donnees_meteo", "visibilite"),
    ("vols_ao", "numeros_marketing"),
    ("meteo_aeroports", "direction_vent"),
    *(("mesures_villes", name) for name in MEASUREMENTS if name != "aqi"),
    ("meteo_villes", "pression"),
    ("meteo_villes", "direction_vent"),
    ("meteo_villes", "precipitations"),
    ("meteo_villes", "nebulosite"),
    ("departs_aeroports", "Heure_Arrivee"),
    *(("vols_meteo", column) for column in WEATHER_OF_A_DEPARTURE),
    ("trafic_passagers", "OperatingAirlineIATACode"),
    ("trafic_passagers", "PublishedAirlineIATACode"),
}


def every(cases):
    return [
        pytest.param(name, *case, id=f"{name}-{case[0]}-{str(case[1])[:12]!r}")
        for name, of_type in cases.items()
        for case in of_type
    ]


def bounds():
    return {
        name: [(column, value) for column, values in columns.items() for value in values]
        for name, columns in BOUNDS.items()
    }


def columns():
    return {name: [(column, None) for column in r.columns] for name, r in RECORD_TYPES.items()}


def test_what_the_providers_make_is_valid(record, rows):
    assert rows.num_rows == 384
    assert check(record, rows).reasons == {}


def test_the_real_file_is_valid(sample):
    chunks = list(files.file(ObjectStoragePath(sample), sample.name).fetch())
    for chunk in chunks:
        assert check(RECORD_TYPES["donnees_meteo"], chunk.table).reasons == {}
    assert sum(chunk.table.num_rows for chunk in chunks) == 2880


@pytest.mark.parametrize(("name", "column", "value", "reason"), every(VIOLATIONS))
def test_a_violation_is_refused_with_column_value_and_rule(
    name, column, value, reason, made_rows, edited
):
    rows = edited(made_rows[name].slice(0, 5), 3, **{column: value})
    checked = check(RECORD_TYPES[name], rows)
    assert list(checked.reasons) == [3]
    assert reason in checked.reasons[3].split("; ")


@pytest.mark.parametrize(("name", "column", "value"), every(bounds()))
def test_a_value_on_the_bound_is_valid(name, column, value, made_rows, edited):
    rows = edited(made_rows[name].slice(0, 5), 3, **{column: value})
    assert check(RECORD_TYPES[name], rows).reasons == {}


@pytest.mark.parametrize(("name", "column", "value"), every(columns()))
def test_a_missing_value_is_refused_where_one_is_required(name, column, value, made_rows, edited):
    rows = edited(made_rows[name].slice(0, 5), 3, **{column: value})
    expected = {} if (name, column) in NULLABLE else {3: f"{column} is missing"}
    assert check(RECORD_TYPES[name], rows).reasons == expected


def test_a_departure_without_any_weather_is_valid(made_rows, edited):
    nothing = dict.fromkeys(WEATHER_OF_A_DEPARTURE)
    rows = edited(made_rows["vols_meteo"].slice(0, 5), 3, **nothing)
    assert check(RECORD_TYPES["vols_meteo"], rows).reasons == {}


def test_departures_are_made_with_weather_and_without(made_rows):
    """Else the rows that the other tests take for granted would show one case only."""
    rows = made_rows["vols_meteo"]
    assert 0 < rows["observation"].null_count < rows.num_rows


def test_all_that_is_wrong_in_a_row_is_said(made_rows, edited):
    rows = edited(made_rows["donnees_meteo"].slice(0, 2), 1, humidite=140, pression=0.0, pays=None)
    reasons = check(RECORD_TYPES["donnees_meteo"], rows).reasons
    assert sorted(reasons[1].split("; ")) == [
        "humidite 140 is above 100 %",
        "pays is missing",
        "pression 0.0 is below 870 hPa",
    ]


def test_a_bad_row_takes_no_other_with_it(made_rows, edited):
    rows = edited(made_rows["vols"].slice(0, 5), 1, retard_min=9_999)
    rows = edited(rows, 3, destination=None)
    checked = check(RECORD_TYPES["vols"], rows)
    assert checked.valid.equals(rows.take(pa.array([0, 2, 4])))
    assert set(checked.reasons) == {1, 3}


def test_a_valid_table_is_handed_on_as_it_is(record, rows):
    checked = check(record, rows)
    assert checked.valid.equals(rows)
    assert checked.reasons == {}


def test_no_rows_are_valid_too(record, rows):
    checked = check(record, rows.slice(0, 0))
    assert (checked.valid.num_rows, checked.reasons) == (0, {})


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda t: t.drop_columns(["temperature"]), id="column-missing"),
        pytest.param(lambda t: t.append_column("vent", pa.nulls(len(t))), id="column-unknown"),
        pytest.param(lambda t: t.select(t.column_names[::-1]), id="other-order"),
        pytest.param(
            lambda t: t.set_column(5, "humidite", t["humidite"].cast(pa.float64())),
            id="other-type",
        ),
    ],
)
def test_a_table_of_another_form_is_the_parsers_fault(spoil, made_rows):
    with pytest.raises(FatalError, match=r"donnees_meteo has the columns .*mend the parser"):
        check(RECORD_TYPES["donnees_meteo"], spoil(made_rows["donnees_meteo"]))


def test_every_column_says_what_it_holds(record):
    for name, column in record.schema.columns.items():
        assert column.description.endswith("."), name
        assert "unit" in column.metadata, name


def test_key_entity_and_topics_are_declared(record):
    assert set(record.natural_key) <= set(record.columns)
    assert record.entity in record.columns
    assert record.id_column not in record.columns
    assert record.schema_id == f"urn:dataflow360:schema:{record.name}:{record.version}"
    topics = [topic for each in RECORD_TYPES.values() for topic in each.topics]
    assert len(set(topics)) == len(topics), "a topic carries one record type"
