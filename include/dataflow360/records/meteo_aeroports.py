"""The contract of ``meteo_aeroports``: the weather observed at one airport at one moment."""

from __future__ import annotations

import pyarrow as pa

from dataflow360.records import contract
from dataflow360.records.contract import MySQLTable, RecordType

OPENWEATHER = "openweather"
OPEN_METEO = "open-meteo"


def _event_time(table: pa.Table) -> pa.Array:
    return contract.rfc3339(table["timestamp"])


METEO_AEROPORTS = RecordType(
    name="meteo_aeroports",
    version=1,
    description="Weather at a West African airport at one moment, observed or from an archive.",
    schema={
        "timestamp": contract.moment("When it was observed (UTC), as the source says."),
        "pays": contract.country("Country."),
        "ville": contract.city("City."),
        "aeroport": contract.airport("IATA code of the airport."),
        "temperature": contract.number("Air temperature.", "°C", -10, 55),
        "humidite": contract.integer("Relative humidity.", "%", 0, 100),
        "pression": contract.number("Air pressure at sea level.", "hPa", 870, 1085),
        "vitesse_vent": contract.number("Wind speed.", "km/h", 0, 410),
        "direction_vent": contract.integer(
            "Direction the wind comes from.", "°", 0, 360, nullable=True
        ),
        "conditions": contract.text("The weather in words.", 60),
        "nuages": contract.integer("Cloud cover.", "%", 0, 100),
        "provenance": contract.text(
            "Where the observation comes from; part of the natural key, so that a modelled "
            "value of an archive never replaces an observed one.",
            20,
            one_of=(OPENWEATHER, OPEN_METEO),
        ),
    },
    natural_key=("provenance", "aeroport", "timestamp"),
    id_column="id_observation",
    entity="aeroport",
    event_time=_event_time,
    store=MySQLTable(database="meteo_db", table="meteo_aeroports"),
    topics=("meteo_aeroports",),
)
