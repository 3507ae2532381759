"""The contract of ``tarifs_vols``: the price of one connection, so many days before departure."""

from __future__ import annotations

import pyarrow as pa

from dataflow360.records import contract
from dataflow360.records.contract import MySQLTable, RecordType

_PARTS_OF_THE_DAY = (
    "Early_Morning", "Morning", "Afternoon", "Evening", "Night", "Late_Night",
)  # fmt: skip


def _event_time(table: pa.Table) -> pa.Array:
    """The rows carry no date: CloudEvents lets ``time`` be absent then."""
    return pa.nulls(table.num_rows, pa.string())


TARIFS_VOLS = RecordType(
    name="tarifs_vols",
    version=1,
    description="Price of one connection in one class, by the days left until departure.",
    schema={
        "airline": contract.text("Name of the airline.", 80),
        "flight": contract.text("Flight number; several when there are stops.", 20),
        "source_city": contract.text("City of departure.", 60),
        "departure_time": contract.text(
            "Part of the day of departure.", 13, one_of=_PARTS_OF_THE_DAY
        ),
        "stops": contract.text(
            "Stops under way.", 11, one_of=("zero", "one", "two_or_more")
        ),
        "arrival_time": contract.text(
            "Part of the day of arrival.", 13, one_of=_PARTS_OF_THE_DAY
        ),
        "destination_city": contract.text("City of arrival.", 60),
        "class": contract.text("Class of travel.", 8, one_of=("Economy", "Business")),
        "duration": contract.number("Time from departure to arrival.", "h", 0, 100),
        "days_left": contract.integer("Days from booking to departure.", "d", 0, 366),
        "price": contract.number("Price in the currency of the file.", "", 0, 1e9),
    },
    natural_key=(
        "airline", "flight", "source_city", "departure_time", "stops", "arrival_time",
        "destination_city", "class", "duration", "days_left",
    ),
    id_column="id_tarif",
    entity="flight",
    event_time=_event_time,
    store=MySQLTable(database="aerien_db", table="tarifs_vols"),
    topics=("tarifs_vols",),
)  # fmt: skip
