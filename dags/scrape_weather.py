"""Read the hourly weather of every airport's city from Visual Crossing's pages, with a browser.

Each run reads one day (UTC) with one headless Chromium for all cities; the hours, which the page
has in local time, are brought to UTC, checked against the contract `meteo_villes`, kept in Redis
(`redis.meteo`: the latest day of each city under `meteo:{ville}`) and published to the Kafka topic
`meteo_villes`, each version of an hour once. A page that cannot be read leaves its screenshot and
HTML in the landing zone, and the run is red. The site has terms of its own: it is read only where
`DATAFLOW360_LIVE_SITES` names it.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.visualcrossing import VISUALCROSSING
from dataflow360.tasks.steps import TASK_DEFAULTS, land, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=VISUALCROSSING.request.form(),
    doc_md=__doc__,
    tags=["web", "weather", "redis", "kafka"],
)
def scrape_weather():
    @task
    def extract() -> str:
        """Read the cities' weather, check it and land it as one batch."""
        return land(VISUALCROSSING)

    reconcile.override(outlets=VISUALCROSSING.outlets)(publish(stage(extract())))


scrape_weather()
