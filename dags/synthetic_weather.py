"""Make the hourly weather at every airport for a day, with Faker.

The observations of the data interval's day are drawn by the project's own Faker provider, checked
against the contract `donnees_meteo`, staged in MySQL (`meteo_db.donnees_meteo`) and published to
the Kafka topic `meteo_synthetique`, each version of an observation once. The same day gives the
same weather each time, so a backfill can make any day of any year.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.synthetic import WEATHER
from dataflow360.tasks.steps import TASK_DEFAULTS, land, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=WEATHER.request.form(),
    doc_md=__doc__,
    tags=["synthetic", "weather", "mysql", "kafka"],
)
def synthetic_weather():
    @task
    def extract() -> str:
        """Draw the day's weather, check it and land it as one batch."""
        return land(WEATHER)

    reconcile.override(outlets=WEATHER.outlets)(publish(stage(extract())))


synthetic_weather()
