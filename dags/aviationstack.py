"""Read the departures of the day, as far as a month's calls allow.

AviationStack allows 100 calls a month. They are spread over its days and over the airports, the
busy ones first and every one in turn; a ledger in MySQL counts each call before it is made, so
that no run ever overdraws them. What arrives is mended (local times labelled as UTC, codeshares),
checked against the contract `vols_ao`, staged in Cassandra (`aerien.vols_ao`) and published to the
Kafka topic `vols_ao`, each version of a flight once. A past interval, or a day without a call, is
skipped with the reason.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.aviationstack import AVIATIONSTACK
from dataflow360.tasks.steps import TASK_DEFAULTS, land, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=AVIATIONSTACK.request.form(),
    doc_md=__doc__,
    tags=["api", "flights", "redis", "cassandra", "kafka"],
)
def aviationstack():
    @task
    def extract() -> str:
        """Ask for the departures of the airports whose turn it is, and land them as one batch."""
        return land(AVIATIONSTACK)

    reconcile.override(outlets=AVIATIONSTACK.outlets)(publish(stage(extract())))


aviationstack()
