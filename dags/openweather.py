"""Read the weather at every airport, each hour.

The present weather of OpenWeather is checked against the contract `meteo_aeroports`, staged in
MySQL (`meteo_db.meteo_aeroports`) and published to the Kafka topic `meteo_aeroports`, each
observation once. All workers together make at most 60 calls a minute; raw answers are kept in
Redis for a day, so that a retry asks only for the airports that are missing. OpenWeather has no
free history: a past interval is read from Open-Meteo's archive, and its rows say so in
`provenance`.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.openweather import AIRPORTS
from dataflow360.tasks.steps import TASK_DEFAULTS, land, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=AIRPORTS.request.form(),
    doc_md=__doc__,
    tags=["api", "weather", "redis", "mysql", "kafka"],
)
def openweather():
    @task
    def extract() -> str:
        """Ask for the weather at each airport, check it and land it as one batch."""
        return land(AIRPORTS)

    reconcile.override(outlets=AIRPORTS.outlets)(publish(stage(extract())))


openweather()
