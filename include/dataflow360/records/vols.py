"""The contract of ``vols``: one departure of one flight."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.airports import AIRPORTS
from dataflow360.records import contract
from dataflow360.records.contract import CassandraTable, RecordType

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
SEASONS = ("harmattan", "saison sèche", "saison des pluies")

#: None of these zones has daylight saving time, so an airport has one offset all year round.
UTC_OFFSETS = {
    "Africa/Lagos": "+01:00", "Africa/Niamey": "+01:00", "Africa/Porto-Novo": "+01:00",
    "Atlantic/Cape_Verde": "-01:00",
}  # fmt: skip


def _event_time(table: pa.Table) -> pa.Array:
    codes = pa.array(AIRPORTS, pa.string())
    offsets = pa.array(UTC_OFFSETS.get(a.timezone, "+00:00") for a in AIRPORTS.values())
    offset = pc.take(offsets, pc.index_in(table["aeroport_depart"], codes))
    date = pc.cast(table["date_vol"], pa.string())
    return pc.binary_join_element_wise(date, "T", table["heure_depart"], ":00", offset, "")


def _year_month(table: pa.Table) -> pa.Array:
    return pc.strftime(table["date_vol"], "%Y-%m")


VOLS = RecordType(
    name="vols",
    version=1,
    description="One scheduled departure from a West African airport, with its delay.",
    schema={
        "numero_vol": contract.text(
            "Flight number: airline designator and number.",
            8,
            pattern=contract.FLIGHT_NUMBER,
        ),
        "compagnie": contract.text("Name of the airline.", 80),
        "type_appareil": contract.text("Aircraft type.", 60),
        "aeroport_depart": contract.airport("IATA code of the airport of departure."),
        "pays_depart": contract.country("Country of departure."),
        "destination": contract.iata("IATA code of the destination."),
        "distance_vol_km": contract.number("Great-circle distance.", "km", 1, 20_040),
        "heure_depart": contract.text(
            "Scheduled departure, local time of the airport.", 5, pattern=contract.TIME
        ),
        "jour_semaine": contract.text("Day of the week of `date_vol`.", 8, one_of=DAYS),
        "mois": contract.text("Month of `date_vol`.", 9, one_of=MONTHS),
        "saison": contract.text(
            "Season at the airport of departure on that day.", 20, one_of=SEASONS
        ),
        "retard_min": contract.integer(
            "Departure delay; negative when early.", "min", -30, 1440, bits=32
        ),
        "retard": contract.boolean("Late by 15 minutes or more."),
        "date_vol": contract.day("Scheduled date of departure, local to the airport."),
    },
    natural_key=("numero_vol", "aeroport_depart", "date_vol"),
    id_column="id_vol",
    entity="aeroport_depart",
    event_time=_event_time,
    store=CassandraTable(
        keyspace="aerien",
        table="vols",
        partition_key=("pays_depart", "aeroport_depart", "annee_mois"),
        clustering_key=("date_vol", "id_vol"),
        derived=(("annee_mois", pa.string(), _year_month),),
    ),
    topics=("vols_synthetiques",),
)
