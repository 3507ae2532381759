"""The contract of ``departs_aeroports``: one line of an airport's departure board."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.airports import AIRPORTS
from dataflow360.records import contract
from dataflow360.records.contract import Pattern, RecordType, RedisBoards
from dataflow360.records.vols import UTC_OFFSETS

_DESIGNATOR = Pattern(
    r"^[A-Z0-9]{2,3}$", "an airline's designator of two or three capitals or digits"
)


def _event_time(table: pa.Table) -> pa.Array:
    codes = pa.array(AIRPORTS, pa.string())
    offsets = pa.array(UTC_OFFSETS.get(a.timezone, "+00:00") for a in AIRPORTS.values())
    offset = pc.take(offsets, pc.index_in(table["Aeroport"], codes))
    date = pc.cast(table["Date_Depart"], pa.string())
    return pc.binary_join_element_wise(date, "T", table["Heure_Depart"], ":00", offset, "")


DEPARTS_AEROPORTS = RecordType(
    name="departs_aeroports",
    version=1,
    description="One departure on the board of a West African airport, operating flights only.",
    schema={
        "Vol": contract.text(
            "Flight number: airline designator and number.",
            8,
            pattern=contract.BOARD_NUMBER,
        ),
        "Code_Compagnie": contract.text("Designator of the airline.", 3, pattern=_DESIGNATOR),
        "Compagnie": contract.text("Name of the airline.", 80),
        "Heure_Depart": contract.text(
            "Scheduled departure, local time of the airport.", 5, pattern=contract.TIME
        ),
        "Heure_Arrivee": contract.text(
            "Scheduled arrival, local time of the destination.",
            5,
            pattern=contract.TIME,
            nullable=True,
        ),
        "Destination": contract.iata("IATA code of the destination."),
        "Pays": contract.country("Country of departure."),
        "Aeroport": contract.airport("IATA code of the airport of departure."),
        "Date_Depart": contract.day("Scheduled date of departure, local to the airport."),
    },
    # A flight number is unique for a leg and day (IATA SSIM): a flight that calls twice at an
    # airport leaves for another destination each time, and one whose time is changed stays the
    # same flight.
    natural_key=("Aeroport", "Vol", "Date_Depart", "Destination"),
    id_column="id_depart",
    entity="Aeroport",
    event_time=_event_time,
    store=RedisBoards(prefix="departures", place="Aeroport", day="Date_Depart", board_hours=48),
    topics=("departs_aeroports",),
)
