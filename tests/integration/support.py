"""Drive the four steps as the DAGs do, and look at what has arrived where."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from MySQLdb.cursors import DictCursor

from dataflow360.clients import cassandra, mysql
from dataflow360.pipeline import extraction, publishing, reconciling, staging
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.run import Interval, Run, day_interval
from dataflow360.records.contract import RecordType
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.identity import event_ids, uuid_strings
from dataflow360.records.vols import VOLS
from dataflow360.sources import synthetic
from dataflow360.streams import kafka


@dataclass(frozen=True, eq=False)
class Flow:
    """One of the synthetic flows, with all that tells it from the other."""

    dag_id: str
    record: RecordType
    topic: str

    def extraction(self, interval: Interval, **params: Any) -> Extraction:
        run = Run(self.dag_id, "", -1, interval)
        source = synthetic.FLIGHTS if self.record is VOLS else synthetic.WEATHER
        return source.extraction(source.request.checked(params), run)

    def rows(self, day: date, **params: Any) -> pa.Table:
        """All rows that the source makes for a day."""
        fetched = self.extraction(day_interval(day), **params).fetch()
        return pa.concat_tables([chunk.table for chunk in fetched])

    def ids(self, day: date, **params: Any) -> set[str]:
        """Event ids of all rows that the source makes for a day."""
        rows = self.rows(day, **params)
        return set(uuid_strings(event_ids(self.record, rows)).to_pylist())


FLIGHTS = Flow("synthetic_flights", VOLS, "vols_synthetiques")
WEATHER = Flow("synthetic_weather", DONNEES_METEO, "meteo_synthetique")


def new_run(flow: Flow, day: date) -> Run:
    return Run(flow.dag_id, f"test__{uuid.uuid4()}", -1, day_interval(day))


def run_all(flow: Flow, day: date, *, run: Run | None = None, **params: Any) -> dict[str, int]:
    """The four steps of one run; its account."""
    run = run or new_run(flow, day)
    refetch = params.pop("refetch", False)
    batch_id = extraction.extract(flow.extraction(run.interval, **params), run, refetch=refetch)
    return dict(finish(batch_id, run))


def finish(batch_id: str, run: Run) -> dict[str, int]:
    return reconciling.reconcile(publishing.publish(staging.stage(batch_id)), run)


def ends(topic: str) -> dict[int, int]:
    """Where each partition of a topic ends."""
    client = kafka.admin()
    partitions = client.list_topics(topic, timeout=30).topics[topic].partitions
    return {number: kafka.true_end(client, topic, number) for number in partitions}


def received_since(topic: str, starts: dict[int, int]) -> list[kafka.Received]:
    """What was committed to a topic since it ended at the given offsets."""
    now = ends(topic)
    ranges = {p: (starts[p], end - 1) for p, end in now.items() if end > starts[p]}
    return list(kafka.read_ranges(topic, ranges)) if ranges else []


def ids_since(topic: str, starts: dict[int, int]) -> Counter[str]:
    """How often each event was published to a topic since then."""
    return Counter(m.headers["ce_id"].decode() for m in received_since(topic, starts))


def stored(flow: Flow, day: date) -> dict[str, dict[str, Any]]:
    """What the store holds of a day, by event id."""
    record = flow.record
    columns = [record.id_column, *record.columns, "content_hash", "batch_id"]
    if record is VOLS:
        with cassandra.connect() as session:
            rows = [
                row
                for airport in synthetic.AIRPORTS.values()
                for row in session.execute(
                    f"SELECT {', '.join(columns)} FROM {record.store.name} WHERE pays_depart = %s "
                    "AND aeroport_depart = %s AND annee_mois = %s AND date_vol = %s",
                    (airport.country, airport.iata, f"{day:%Y-%m}", day),
                )
            ]
    else:
        with mysql.connect() as connection:
            rows = mysql.fetch(
                connection,
                f"SELECT {', '.join(columns)} FROM {record.store.name} "
                "WHERE date_observation = %s AND provenance = 'synthetique'",
                (day,),
            )
    return {str(row[0]): dict(zip(columns, row, strict=True)) for row in rows}


def explain(connection: Any, statement: str, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
    """MySQL's plan of a statement: each step by the names of its columns."""
    with connection.cursor(DictCursor) as cursor:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return list(cursor.fetchall())
