"""The contract of ``vols_meteo``: a departure with the weather at its airport and hour."""

from __future__ import annotations

import pyarrow as pa

from dataflow360.records import contract
from dataflow360.records.contract import MySQLTable, RecordType
from dataflow360.records.meteo_aeroports import OPEN_METEO, OPENWEATHER


def _event_time(table: pa.Table) -> pa.Array:
    return contract.rfc3339(table["depart_utc"])


VOLS_METEO = RecordType(
    name="vols_meteo",
    version=1,
    description=(
        "One departure from a West African airport with the weather observed there in the hour of "
        "the departure; the weather is empty where none is known."
    ),
    schema={
        "aeroport": contract.airport("IATA code of the airport of departure."),
        "ville": contract.city("City of departure."),
        "vol": contract.text(
            "Flight number: airline designator and number.",
            8,
            pattern=contract.BOARD_NUMBER,
        ),
        "compagnie": contract.text("Name of the airline.", 80),
        "destination": contract.iata("IATA code of the destination."),
        "date_depart": contract.day("Scheduled date of departure, local to the airport."),
        "heure_depart": contract.text(
            "Scheduled departure, local time of the airport.", 5, pattern=contract.TIME
        ),
        "depart_utc": contract.moment("Scheduled departure (UTC)."),
        "observation": contract.moment("When the weather was observed (UTC).", nullable=True),
        "temperature": contract.number("Air temperature.", "°C", -10, 55, nullable=True),
        "humidite": contract.integer("Relative humidity.", "%", 0, 100, nullable=True),
        "pression": contract.number("Air pressure at sea level.", "hPa", 870, 1085, nullable=True),
        "vitesse_vent": contract.number("Wind speed.", "km/h", 0, 410, nullable=True),
        "direction_vent": contract.integer(
            "Direction the wind comes from.", "°", 0, 360, nullable=True
        ),
        "conditions": contract.text("The weather in words.", 60, nullable=True),
        "nuages": contract.integer("Cloud cover.", "%", 0, 100, nullable=True),
        "provenance": contract.text(
            "Where the weather comes from.",
            20,
            one_of=(OPENWEATHER, OPEN_METEO),
            nullable=True,
        ),
    },
    natural_key=("date_depart", "aeroport", "vol", "destination"),
    id_column="id_vol_meteo",
    entity="aeroport",
    event_time=_event_time,
    store=MySQLTable(database="aerien_db", table="vols_meteo"),
    topics=("vols_meteo",),
)
