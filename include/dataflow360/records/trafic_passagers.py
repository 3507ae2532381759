"""The contract of ``trafic_passagers``: passengers of one airline at one airport in one month."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records import contract
from dataflow360.records.contract import MySQLTable, RecordType


def _event_time(table: pa.Table) -> pa.Array:
    return pc.strftime(table["ActivityPeriod"], "%Y-%m-%dT00:00:00Z")


TRAFIC_PASSAGERS = RecordType(
    name="trafic_passagers",
    version=1,
    description="Passengers of one airline in one month, as the San Francisco airport counts them.",
    schema={
        "ActivityPeriod": contract.day("First day of the month that is counted."),
        "OperatingAirline": contract.text("Airline that operates the flights.", 80),
        "OperatingAirlineIATACode": contract.text(
            "IATA designator of the operating airline; some have none.", 3, nullable=True
        ),
        "PublishedAirline": contract.text("Airline that sells the flights.", 80),
        "PublishedAirlineIATACode": contract.text(
            "IATA designator of the selling airline; some have none.", 3, nullable=True
        ),
        "GEOSummary": contract.text(
            "Whether the flights stay in the country.",
            13,
            one_of=("Domestic", "International"),
        ),
        "GEORegion": contract.text("Region of the world at the other end.", 40),
        "ActivityTypeCode": contract.text(
            "What the passengers did at the airport.",
            14,
            one_of=("Deplaned", "Enplaned", "Thru / Transit"),
        ),
        "PriceCategoryCode": contract.text(
            "Kind of airline by its fares.", 8, one_of=("Low Fare", "Other")
        ),
        "Terminal": contract.text("Terminal of the airport.", 40),
        "BoardingArea": contract.text("Boarding area of the terminal.", 20),
        "PassengerCount": contract.integer(
            "Passengers in that month.", "passengers", 0, 2**31 - 1, bits=32
        ),
    },
    natural_key=(
        "ActivityPeriod", "OperatingAirline", "PublishedAirline", "GEOSummary", "GEORegion",
        "ActivityTypeCode", "PriceCategoryCode", "Terminal", "BoardingArea",
    ),
    id_column="id_trafic",
    entity="OperatingAirline",
    event_time=_event_time,
    store=MySQLTable(database="aerien_db", table="trafic_passagers"),
    topics=("trafic_passagers",),
)  # fmt: skip
