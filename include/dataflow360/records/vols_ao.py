"""The contract of ``vols_ao``: one scheduled departure as AviationStack tells it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records import contract
from dataflow360.records.contract import CassandraTable, RecordType

STATUSES = ("scheduled", "active", "landed", "cancelled", "incident", "diverted")


def _event_time(table: pa.Table) -> pa.Array:
    return contract.rfc3339(table["heure_depart_prevue"])


def _date(table: pa.Table) -> pa.Array:
    return pc.cast(table["heure_depart_prevue"], pa.date32(), safe=False)


def _year_month(table: pa.Table) -> pa.Array:
    return pc.strftime(table["heure_depart_prevue"], "%Y-%m")


VOLS_AO = RecordType(
    name="vols_ao",
    version=1,
    description="One scheduled departure from a West African airport, with the state it was in.",
    schema={
        "compagnie": contract.text("Name of the airline that operates the flight.", 80),
        "numero_vol": contract.text(
            "Number of the operating flight: airline designator and number.",
            8,
            pattern=contract.FLIGHT_NUMBER,
        ),
        "aeroport_depart": contract.airport("IATA code of the airport of departure."),
        "aeroport_arrivee": contract.iata("IATA code of the airport of arrival."),
        "heure_depart_prevue": contract.moment("Scheduled departure (UTC)."),
        "etat_vol": contract.text("State of the flight.", 10, one_of=STATUSES),
        "pays": contract.country("Country of departure."),
        "timestamp": contract.moment(
            "End of the data interval in which this state was read (UTC)."
        ),
        "numeros_marketing": contract.text(
            "Numbers that other airlines sell the flight under, separated by commas.",
            200,
            nullable=True,
        ),
    },
    natural_key=("numero_vol", "aeroport_depart", "heure_depart_prevue"),
    id_column="id_vol",
    entity="aeroport_depart",
    event_time=_event_time,
    store=CassandraTable(
        keyspace="aerien",
        table="vols_ao",
        partition_key=("aeroport_depart", "annee_mois"),
        clustering_key=("date_vol", "id_vol"),
        derived=(
            ("annee_mois", pa.string(), _year_month),
            ("date_vol", pa.date32(), _date),
        ),
    ),
    topics=("vols_ao",),
)
