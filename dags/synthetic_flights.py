"""Make the departures of every airport for a day, with Faker.

The flights of the data interval's day are drawn by the project's own Faker provider, checked
against the contract `vols`, staged in Cassandra (`aerien.vols`) and published to the Kafka topic
`vols_synthetiques`, each version of a flight once. The same day gives the same flights each time,
so a backfill can make any day of any year.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.synthetic import FLIGHTS
from dataflow360.tasks.steps import TASK_DEFAULTS, land, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=FLIGHTS.request.form(),
    doc_md=__doc__,
    tags=["synthetic", "flights", "cassandra", "kafka"],
)
def synthetic_flights():
    @task
    def extract() -> str:
        """Draw the day's flights, check them and land them as one batch."""
        return land(FLIGHTS)

    reconcile.override(outlets=FLIGHTS.outlets)(publish(stage(extract())))


synthetic_flights()
