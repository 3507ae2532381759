"""The contract of ``donnees_meteo``: one hourly weather observation."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records import contract
from dataflow360.records.contract import MySQLTable, RecordType

SYNTHETIC = "synthetique"
FILE = "fichier"


def _event_time(table: pa.Table) -> pa.Array:
    date = pc.cast(table["date_observation"], pa.string())
    hour = pc.utf8_lpad(pc.cast(table["heure_observation"], pa.string()), 2, "0")
    return pc.binary_join_element_wise(date, "T", hour, ":00:00Z", "")


DONNEES_METEO = RecordType(
    name="donnees_meteo",
    version=1,
    description="Weather at a West African airport's city in one hour (UTC).",
    schema={
        "pays": contract.country("Country."),
        "aeroport": contract.airport("IATA code of the airport."),
        "date_observation": contract.day("Date of the observation (UTC)."),
        "heure_observation": contract.integer("Hour of the observation (UTC).", "h", 0, 23, bits=8),
        "temperature": contract.number("Air temperature at 2 m.", "°C", -10, 55),
        "humidite": contract.integer("Relative humidity at 2 m.", "%", 0, 100),
        "pression": contract.number("Air pressure at sea level.", "hPa", 870, 1085),
        "vitesse_vent": contract.number("Wind speed at 10 m.", "km/h", 0, 410),
        "direction_vent": contract.integer("Direction the wind comes from.", "°", 0, 360),
        "precipitations": contract.number("Rain in the hour before.", "mm", 0, 310),
        "nebulosite": contract.integer("Cloud cover.", "%", 0, 100),
        "visibilite": contract.number("Visibility.", "km", 0, 100, nullable=True),
        "point_rosee": contract.number("Dew point at 2 m.", "°C", -60, 40),
        "conditions_meteo": contract.text("The weather in words.", 60),
        "provenance": contract.text(
            "Where the observation comes from; part of the natural key, so that a made "
            "value never replaces an observed one.",
            20,
            one_of=(SYNTHETIC, FILE),
        ),
    },
    natural_key=("provenance", "aeroport", "date_observation", "heure_observation"),
    id_column="id_observation",
    entity="aeroport",
    event_time=_event_time,
    store=MySQLTable(database="meteo_db", table="donnees_meteo"),
    topics=("meteo_synthetique", "meteo_historique"),
)
