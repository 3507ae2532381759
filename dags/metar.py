"""Read the METAR reports of every airport, each hour.

The reports of aviationweather.gov (US government, public domain, no key) that were observed in the
hour are checked against the contract `metar`, staged in MySQL (`meteo_db.metar`) and published to
the Kafka topic `metar`, each version of a report once; a correction (COR) replaces what it
corrects. The site keeps 15 days: an older interval is skipped. The real site is read only where
`DATAFLOW360_LIVE_SITES` names `aviationweather`; else the simulator answers.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.metar import METAR
from dataflow360.tasks.steps import TASK_DEFAULTS, land, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=METAR.request.form(),
    doc_md=__doc__,
    tags=["api", "weather", "mysql", "kafka"],
)
def metar():
    @task
    def extract() -> str:
        """Ask for the reports of all airports, check them and land them as one batch."""
        return land(METAR)

    reconcile.override(outlets=METAR.outlets)(publish(stage(extract())))


metar()
