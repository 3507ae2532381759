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

IATA = "an IATA code of three capital letters is wanted"
TRIMMED = "one line of text without blanks at its ends is wanted"
TIME = "a time from 00:00 to 23:59 is wanted"
NUMBER = "a flight number such as AF718 is wanted"
DESIGNATOR = "an airline's designator of two or three capitals or digits is wanted"
AIRPORT = "one of COO, OUA, RAI and 13 others is wanted"
DAY = "one of lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche is wanted"
STATUS = "one of scheduled, active, landed, cancelled, incident, diverted is wanted"
PART = "one of Early_Morning, Morning, Afternoon, Evening, Night, Late_Night is wanted"
COUNTRY = "one of Burkina Faso, Bénin, Cap-Vert and 13 others is wanted"

VIOLATIONS = {
    "vols": [
        ("numero_vol", "", f"numero_vol is ''; {NUMBER}"),
        ("numero_vol", "HC 301", f"numero_vol is HC 301; {NUMBER}"),
        ("numero_vol", "hc301", f"numero_vol is hc301; {NUMBER}"),
        ("numero_vol", "HC301\n", f"numero_vol is HC301�; {NUMBER}"),
        ("compagnie", " Air Sénégal", f"compagnie is ' Air Sénégal'; {TRIMMED}"),
        ("compagnie", "x" * 81, "compagnie has 81 characters; at most 80 are wanted"),
        ("type_appareil", "A320 ", f"type_appareil is 'A320 '; {TRIMMED}"),
        ("type_appareil", "x" * 61, "type_appareil has 61 characters; at most 60 are wanted"),
        ("aeroport_depart", "CDG", f"aeroport_depart is CDG; {AIRPORT}"),
        ("pays_depart", "France", f"pays_depart is France; {COUNTRY}"),
        ("destination", "cdg", f"destination is cdg; {IATA}"),
        ("destination", "CDGX", f"destination is CDGX; {IATA}"),
        ("distance_vol_km", 0.5, "distance_vol_km is 0.5; 1 to 20040 km is wanted"),
        ("distance_vol_km", 20_040.5, "distance_vol_km is 20040.5; 1 to 20040 km is wanted"),
        ("distance_vol_km", math.inf, "distance_vol_km is inf; 1 to 20040 km is wanted"),
        ("distance_vol_km", math.nan, "distance_vol_km is nan; 1 to 20040 km is wanted"),
        ("heure_depart", "24:00", f"heure_depart is 24:00; {TIME}"),
        ("heure_depart", "12:60", f"heure_depart is 12:60; {TIME}"),
        ("heure_depart", "8:05", f"heure_depart is 8:05; {TIME}"),
        (
            "jour_semaine",
            "Lundi",
            f"jour_semaine is Lundi; {DAY}",
        ),
        (
            "mois",
            "fevrier",
            "mois is fevrier; one of janvier, février, mars and 9 others is wanted",
        ),
        (
            "saison",
            "été",
            "saison is été; one of harmattan, saison sèche, saison des pluies is wanted",
        ),
        ("retard_min", -31, "retard_min is -31; -30 to 1440 min is wanted"),
        ("retard_min", 1441, "retard_min is 1441; -30 to 1440 min is wanted"),
    ],
    "vols_ao": [
        ("numero_vol", "lx41", f"numero_vol is lx41; {NUMBER}"),
        ("compagnie", " Swiss", f"compagnie is ' Swiss'; {TRIMMED}"),
        ("compagnie", "x" * 81, "compagnie has 81 characters; at most 80 are wanted"),
        ("aeroport_depart", "CDG", f"aeroport_depart is CDG; {AIRPORT}"),
        ("aeroport_arrivee", "Zürich", f"aeroport_arrivee is Zürich; {IATA}"),
        (
            "etat_vol",
            "boarding",
            f"etat_vol is boarding; {STATUS}",
        ),
        ("pays", "Suisse", f"pays is Suisse; {COUNTRY}"),
        ("numeros_marketing", "", f"numeros_marketing is ''; {TRIMMED}"),
        (
            "numeros_marketing",
            "x" * 201,
            "numeros_marketing has 201 characters; at most 200 are wanted",
        ),
    ],
    "donnees_meteo": [
        ("pays", "Maroc", f"pays is Maroc; {COUNTRY}"),
        ("aeroport", "Dakar", f"aeroport is Dakar; {AIRPORT}"),
        ("heure_observation", -1, "heure_observation is -1; 0 to 23 h is wanted"),
        ("heure_observation", 24, "heure_observation is 24; 0 to 23 h is wanted"),
        ("temperature", -10.1, "temperature is -10.1; -10 to 55 °C is wanted"),
        ("temperature", 55.1, "temperature is 55.1; -10 to 55 °C is wanted"),
        ("temperature", math.nan, "temperature is nan; -10 to 55 °C is wanted"),
        ("humidite", -1, "humidite is -1; 0 to 100 % is wanted"),
        ("humidite", 101, "humidite is 101; 0 to 100 % is wanted"),
        ("pression", 869.9, "pression is 869.9; 870 to 1085 hPa is wanted"),
        ("pression", 1085.1, "pression is 1085.1; 870 to 1085 hPa is wanted"),
        ("vitesse_vent", -0.1, "vitesse_vent is -0.1; 0 to 410 km/h is wanted"),
        ("vitesse_vent", 410.1, "vitesse_vent is 410.1; 0 to 410 km/h is wanted"),
        ("direction_vent", -1, "direction_vent is -1; 0 to 360 ° is wanted"),
        ("direction_vent", 361, "direction_vent is 361; 0 to 360 ° is wanted"),
        ("precipitations", -0.1, "precipitations is -0.1; 0 to 310 mm is wanted"),
        ("precipitations", 310.1, "precipitations is 310.1; 0 to 310 mm is wanted"),
        ("nebulosite", -1, "nebulosite is -1; 0 to 100 % is wanted"),
        ("nebulosite", 101, "nebulosite is 101; 0 to 100 % is wanted"),
        ("visibilite", -0.1, "visibilite is -0.1; 0 to 100 km is wanted"),
        ("visibilite", 100.1, "visibilite is 100.1; 0 to 100 km is wanted"),
        ("visibilite", math.nan, "visibilite is nan; 0 to 100 km is wanted"),
        ("point_rosee", -60.1, "point_rosee is -60.1; -60 to 40 °C is wanted"),
        ("point_rosee", 40.1, "point_rosee is 40.1; -60 to 40 °C is wanted"),
        ("conditions_meteo", "", f"conditions_meteo is ''; {TRIMMED}"),
        ("conditions_meteo", "Couvert\n", f"conditions_meteo is Couvert�; {TRIMMED}"),
        ("conditions_meteo", "x" * 61, "conditions_meteo has 61 characters; at most 60 are wanted"),
        ("provenance", "manuel", "provenance is manuel; one of synthetique, fichier is wanted"),
    ],
    "mesures_villes": [
        ("ville", "Paris", "ville is Paris; one of Abidjan, Accra, Bamako and 13 others is wanted"),
        ("pays", "Maroc", f"pays is Maroc; {COUNTRY}"),
        ("aeroport", "CDG", f"aeroport is CDG; {AIRPORT}"),
        ("temp", -10.1, "temp is -10.1; -10 to 55 °C is wanted"),
        ("temp", 55.1, "temp is 55.1; -10 to 55 °C is wanted"),
        ("feels_like", -30.1, "feels_like is -30.1; -30 to 80 °C is wanted"),
        ("feels_like", 80.1, "feels_like is 80.1; -30 to 80 °C is wanted"),
        ("pressure", 869.9, "pressure is 869.9; 870 to 1085 hPa is wanted"),
        ("pressure", 1085.1, "pressure is 1085.1; 870 to 1085 hPa is wanted"),
        ("humidity", -1, "humidity is -1; 0 to 100 % is wanted"),
        ("humidity", 101, "humidity is 101; 0 to 100 % is wanted"),
        ("visibility", -1, "visibility is -1; 0 to 10000 m is wanted"),
        ("visibility", 10001, "visibility is 10001; 0 to 10000 m is wanted"),
        ("wind_speed", -0.1, "wind_speed is -0.1; 0 to 114 m/s is wanted"),
        ("wind_speed", 114.1, "wind_speed is 114.1; 0 to 114 m/s is wanted"),
        ("wind_deg", -1, "wind_deg is -1; 0 to 360 ° is wanted"),
        ("wind_deg", 361, "wind_deg is 361; 0 to 360 ° is wanted"),
        ("clouds", -1, "clouds is -1; 0 to 100 % is wanted"),
        ("clouds", 101, "clouds is 101; 0 to 100 % is wanted"),
        ("aqi", 0, "aqi is 0; 1 to 5 is wanted"),
        ("aqi", 6, "aqi is 6; 1 to 5 is wanted"),
        ("co", -0.1, "co is -0.1; 0 to 100000 µg/m³ is wanted"),
        ("co", 100000.1, "co is 100000.1; 0 to 100000 µg/m³ is wanted"),
        ("no", -0.1, "no is -0.1; 0 to 10000 µg/m³ is wanted"),
        ("no", 10000.1, "no is 10000.1; 0 to 10000 µg/m³ is wanted"),
        ("no2", -0.1, "no2 is -0.1; 0 to 10000 µg/m³ is wanted"),
        ("no2", 10000.1, "no2 is 10000.1; 0 to 10000 µg/m³ is wanted"),
        ("o3", -0.1, "o3 is -0.1; 0 to 10000 µg/m³ is wanted"),
        ("o3", 10000.1, "o3 is 10000.1; 0 to 10000 µg/m³ is wanted"),
        ("so2", -0.1, "so2 is -0.1; 0 to 10000 µg/m³ is wanted"),
        ("so2", 10000.1, "so2 is 10000.1; 0 to 10000 µg/m³ is wanted"),
        ("pm2_5", -0.1, "pm2_5 is -0.1; 0 to 20000 µg/m³ is wanted"),
        ("pm2_5", 20000.1, "pm2_5 is 20000.1; 0 to 20000 µg/m³ is wanted"),
        ("pm10", -0.1, "pm10 is -0.1; 0 to 20000 µg/m³ is wanted"),
        ("pm10", 20000.1, "pm10 is 20000.1; 0 to 20000 µg/m³ is wanted"),
        ("nh3", -0.1, "nh3 is -0.1; 0 to 10000 µg/m³ is wanted"),
        ("nh3", 10000.1, "nh3 is 10000.1; 0 to 10000 µg/m³ is wanted"),
        # Kelvin, as OpenWeather answers when it is asked without units.
        ("temp", 300.1, "temp is 300.1; -10 to 55 °C is wanted"),
        # What OpenWeather says where it knows nothing.
        ("nh3", -9999.0, "nh3 is -9999; 0 to 10000 µg/m³ is wanted"),
        ("pm10", math.nan, "pm10 is nan; 0 to 20000 µg/m³ is wanted"),
    ],
    "meteo_aeroports": [
        ("pays", "Maroc", f"pays is Maroc; {COUNTRY}"),
        ("ville", "DSS", "ville is DSS; one of Abidjan, Accra, Bamako and 13 others is wanted"),
        ("ville", "Paris", "ville is Paris; one of Abidjan, Accra, Bamako and 13 others is wanted"),
        ("aeroport", "CDG", f"aeroport is CDG; {AIRPORT}"),
        ("temperature", -10.1, "temperature is -10.1; -10 to 55 °C is wanted"),
        # Kelvin, as OpenWeather answers when it is asked without units.
        ("temperature", 300.1, "temperature is 300.1; -10 to 55 °C is wanted"),
        ("temperature", math.nan, "temperature is nan; -10 to 55 °C is wanted"),
        ("humidite", -1, "humidite is -1; 0 to 100 % is wanted"),
        ("humidite", 101, "humidite is 101; 0 to 100 % is wanted"),
        ("pression", 869.9, "pression is 869.9; 870 to 1085 hPa is wanted"),
        ("pression", 1085.1, "pression is 1085.1; 870 to 1085 hPa is wanted"),
        ("vitesse_vent", -0.1, "vitesse_vent is -0.1; 0 to 410 km/h is wanted"),
        ("vitesse_vent", 410.1, "vitesse_vent is 410.1; 0 to 410 km/h is wanted"),
        ("direction_vent", -1, "direction_vent is -1; 0 to 360 ° is wanted"),
        ("direction_vent", 361, "direction_vent is 361; 0 to 360 ° is wanted"),
        ("conditions", "", f"conditions is ''; {TRIMMED}"),
        ("conditions", "x" * 61, "conditions has 61 characters; at most 60 are wanted"),
        ("nuages", -1, "nuages is -1; 0 to 100 % is wanted"),
        ("nuages", 101, "nuages is 101; 0 to 100 % is wanted"),
        (
            "provenance",
            "synthetique",
            "provenance is synthetique; one of openweather, open-meteo is wanted",
        ),
    ],
    "meteo_villes": [
        (
            "ville",
            "Paris",
            "ville is Paris; one of Abidjan, Accra, Bamako and 13 others is wanted",
        ),
        ("pays", "Maroc", f"pays is Maroc; {COUNTRY}"),
        ("aeroport", "Dakar", f"aeroport is Dakar; {AIRPORT}"),
        ("heure_observation", -1, "heure_observation is -1; 0 to 23 h is wanted"),
        ("heure_observation", 24, "heure_observation is 24; 0 to 23 h is wanted"),
        ("temperature", -10.1, "temperature is -10.1; -10 to 55 °C is wanted"),
        # Fahrenheit, as the page shows it to visitors from the United States.
        ("temperature", 86.4, "temperature is 86.4; -10 to 55 °C is wanted"),
        ("temperature", math.nan, "temperature is nan; -10 to 55 °C is wanted"),
        ("humidite", -0.1, "humidite is -0.1; 0 to 100 % is wanted"),
        ("humidite", 100.1, "humidite is 100.1; 0 to 100 % is wanted"),
        ("pression", 869.9, "pression is 869.9; 870 to 1085 hPa is wanted"),
        ("pression", 1085.1, "pression is 1085.1; 870 to 1085 hPa is wanted"),
        ("vitesse_vent", -0.1, "vitesse_vent is -0.1; 0 to 410 km/h is wanted"),
        ("vitesse_vent", 410.1, "vitesse_vent is 410.1; 0 to 410 km/h is wanted"),
        ("direction_vent", -0.1, "direction_vent is -0.1; 0 to 360 ° is wanted"),
        ("direction_vent", 360.1, "direction_vent is 360.1; 0 to 360 ° is wanted"),
        ("precipitations", -0.1, "precipitations is -0.1; 0 to 310 mm is wanted"),
        ("precipitations", 310.1, "precipitations is 310.1; 0 to 310 mm is wanted"),
        ("nebulosite", -0.1, "nebulosite is -0.1; 0 to 100 % is wanted"),
        ("nebulosite", 100.1, "nebulosite is 100.1; 0 to 100 % is wanted"),
        ("conditions_meteo", " Couvert", f"conditions_meteo is ' Couvert'; {TRIMMED}"),
        (
            "conditions_meteo",
            "x" * 101,
            "conditions_meteo has 101 characters; at most 100 are wanted",
        ),
    ],
    "departs_aeroports": [
        ("Vol", "AF 149", f"Vol is AF 149; {NUMBER}"),
        ("Vol", "af149", f"Vol is af149; {NUMBER}"),
        ("Vol", "AFR12345", f"Vol is AFR12345; {NUMBER}"),
        ("Vol", "AFR1234AB", f"Vol is AFR1234AB; {NUMBER}"),
        ("Code_Compagnie", "A", f"Code_Compagnie is A; {DESIGNATOR}"),
        ("Code_Compagnie", "af", f"Code_Compagnie is af; {DESIGNATOR}"),
        ("Code_Compagnie", "AFRA", f"Code_Compagnie is AFRA; {DESIGNATOR}"),
        ("Compagnie", "Air France ", f"Compagnie is 'Air France '; {TRIMMED}"),
        ("Compagnie", "x" * 81, "Compagnie has 81 characters; at most 80 are wanted"),
        ("Heure_Depart", "24:00", f"Heure_Depart is 24:00; {TIME}"),
        ("Heure_Depart", "8:05", f"Heure_Depart is 8:05; {TIME}"),
        ("Heure_Arrivee", "", f"Heure_Arrivee is ''; {TIME}"),
        ("Heure_Arrivee", "15:60", f"Heure_Arrivee is 15:60; {TIME}"),
        ("Destination", "Paris", f"Destination is Paris; {IATA}"),
        ("Pays", "France", f"Pays is France; {COUNTRY}"),
        ("Aeroport", "CDG", f"Aeroport is CDG; {AIRPORT}"),
    ],
    "vols_meteo": [
        ("aeroport", "CDG", f"aeroport is CDG; {AIRPORT}"),
        ("ville", "Paris", "ville is Paris; one of Abidjan, Accra, Bamako and 13 others is wanted"),
        ("vol", "AF 149", f"vol is AF 149; {NUMBER}"),
        ("vol", "AFR1234AB", f"vol is AFR1234AB; {NUMBER}"),
        ("compagnie", "", f"compagnie is ''; {TRIMMED}"),
        ("compagnie", "x" * 81, "compagnie has 81 characters; at most 80 are wanted"),
        ("destination", "cdg", f"destination is cdg; {IATA}"),
        ("heure_depart", "24:00", f"heure_depart is 24:00; {TIME}"),
        ("temperature", -10.1, "temperature is -10.1; -10 to 55 °C is wanted"),
        ("temperature", 55.1, "temperature is 55.1; -10 to 55 °C is wanted"),
        ("temperature", math.nan, "temperature is nan; -10 to 55 °C is wanted"),
        ("humidite", -1, "humidite is -1; 0 to 100 % is wanted"),
        ("humidite", 101, "humidite is 101; 0 to 100 % is wanted"),
        ("pression", 869.9, "pression is 869.9; 870 to 1085 hPa is wanted"),
        ("pression", 1085.1, "pression is 1085.1; 870 to 1085 hPa is wanted"),
        ("vitesse_vent", -0.1, "vitesse_vent is -0.1; 0 to 410 km/h is wanted"),
        ("vitesse_vent", 410.1, "vitesse_vent is 410.1; 0 to 410 km/h is wanted"),
        ("direction_vent", -1, "direction_vent is -1; 0 to 360 ° is wanted"),
        ("direction_vent", 361, "direction_vent is 361; 0 to 360 ° is wanted"),
        ("conditions", "", f"conditions is ''; {TRIMMED}"),
        ("conditions", "x" * 61, "conditions has 61 characters; at most 60 are wanted"),
        ("nuages", -1, "nuages is -1; 0 to 100 % is wanted"),
        ("nuages", 101, "nuages is 101; 0 to 100 % is wanted"),
        (
            "provenance",
            "fichier",
            "provenance is fichier; one of openweather, open-meteo is wanted",
        ),
    ],
    "trafic_passagers": [
        ("OperatingAirline", "ASKY ", f"OperatingAirline is 'ASKY '; {TRIMMED}"),
        ("OperatingAirline", "x" * 81, "OperatingAirline has 81 characters; at most 80 are wanted"),
        (
            "OperatingAirlineIATACode",
            "ASKY",
            "OperatingAirlineIATACode has 4 characters; at most 3 are wanted",
        ),
        (
            "GEOSummary",
            "Regional",
            "GEOSummary is Regional; one of Domestic, International is wanted",
        ),
        (
            "ActivityTypeCode",
            "Thru/Transit",
            "ActivityTypeCode is Thru/Transit; one of Deplaned, Enplaned, Thru / Transit is wanted",
        ),
        (
            "PriceCategoryCode",
            "low fare",
            "PriceCategoryCode is low fare; one of Low Fare, Other is wanted",
        ),
        ("PassengerCount", -1, "PassengerCount is -1; 0 to 2147483647 passengers is wanted"),
    ],
    "tarifs_vols": [
        ("flight", "x" * 21, "flight has 21 characters; at most 20 are wanted"),
        (
            "departure_time",
            "Noon",
            f"departure_time is Noon; {PART}",
        ),
        ("stops", "2", "stops is 2; one of zero, one, two_or_more is wanted"),
        ("class", "First", "class is First; one of Economy, Business is wanted"),
        ("duration", -0.1, "duration is -0.1; 0 to 100 h is wanted"),
        ("duration", math.nan, "duration is nan; 0 to 100 h is wanted"),
        ("days_left", -1, "days_left is -1; 0 to 366 d is wanted"),
        ("days_left", 367, "days_left is 367; 0 to 366 d is wanted"),
        ("price", -1.0, "price is -1; 0 to 1000000000 is wanted"),
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
    *(("metar", name) for name in ("temperature", "point_rosee", "qnh", "direction_vent")),
    *(("metar", name) for name in ("vitesse_vent", "rafales", "visibilite", "nuages")),
    ("metar", "phenomenes"),
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
    assert checked.reasons[3] == reason


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
    assert reasons == {
        1: "pays is missing | humidite is 140; 0 to 100 % is wanted"
        " | pression is 0; 870 to 1085 hPa is wanted"
    }


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
    for name, column in record.schema.items():
        assert column.description.endswith("."), name


def test_key_entity_and_topics_are_declared(record):
    assert set(record.natural_key) <= set(record.columns)
    assert record.entity in record.columns
    assert record.id_column not in record.columns
    assert record.schema_id == f"urn:dataflow360:schema:{record.name}:{record.version}"
    topics = [topic for each in RECORD_TYPES.values() for topic in each.topics]
    assert len(set(topics)) == len(topics), "a topic carries one record type"
