"""The contract of ``metar``: one routine or special weather report of an airport."""

from __future__ import annotations

import pyarrow as pa

from dataflow360.airports import AIRPORTS
from dataflow360.records import contract
from dataflow360.records.contract import MySQLTable, RecordType

ROUTINE, SPECIAL = "METAR", "SPECI"


def _event_time(table: pa.Table) -> pa.Array:
    return contract.rfc3339(table["observation"])


METAR = RecordType(
    name="metar",
    version=1,
    description=(
        "One weather report (METAR or SPECI) of a West African airport; what it does not tell is "
        "empty."
    ),
    schema={
        "aeroport": contract.airport("IATA code of the airport."),
        "oaci": contract.text(
            "ICAO code of the airport.",
            4,
            one_of=sorted(airport.icao for airport in AIRPORTS.values()),
        ),
        "observation": contract.moment("When the weather was observed (UTC)."),
        "type_rapport": contract.text(
            "Routine report (METAR) or special one (SPECI).", 5, one_of=(ROUTINE, SPECIAL)
        ),
        "automatique": contract.boolean("Whether no person has looked at it (AUTO)."),
        "corrige": contract.boolean("Whether it corrects an earlier report (COR)."),
        "neant": contract.boolean("Whether it only says that there is no report (NIL)."),
        "temperature": contract.number("Air temperature.", "°C", -20, 60, nullable=True),
        "point_rosee": contract.number("Dew point.", "°C", -60, 40, nullable=True),
        "qnh": contract.number(
            "Pressure reduced to sea level by the standard atmosphere.",
            "hPa",
            870,
            1085,
            nullable=True,
        ),
        "direction_vent": contract.integer(
            "Direction the wind comes from; empty where it is variable.",
            "°",
            0,
            360,
            nullable=True,
        ),
        "vent_variable": contract.boolean("Whether the wind has no steady direction (VRB)."),
        "vitesse_vent": contract.number("Wind speed.", "km/h", 0, 410, nullable=True),
        "rafales": contract.number("Speed of the gusts.", "km/h", 0, 500, nullable=True),
        "visibilite": contract.number("Visibility.", "km", 0, 200, nullable=True),
        "visibilite_ou_plus": contract.boolean("Whether the visibility is that or more."),
        "nuages": contract.text(
            "Layers of clouds with their bases in hundreds of feet, as in SCT014 BKN100.",
            80,
            nullable=True,
        ),
        "phenomenes": contract.text(
            "Weather phenomena in the code of WMO table 4678, as in -RA BR.", 60, nullable=True
        ),
        "rapport": contract.text("The report as it was sent.", 1000),
    },
    natural_key=("aeroport", "observation", "type_rapport"),
    id_column="id_metar",
    entity="aeroport",
    event_time=_event_time,
    store=MySQLTable(database="meteo_db", table="metar"),
    topics=("metar",),
)
