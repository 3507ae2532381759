"""Load the weather files that people put into the inbox.

Each new file of the inbox is checked line by line against the contract `donnees_meteo`, staged in
MySQL (`meteo_db.donnees_meteo`) and published to the Kafka topic `meteo_historique`, each version
of an observation once. A file is known by its content: a copy under another name is not loaded
again, and of a file that has changed only the difference is published.
"""

from datetime import UTC, datetime

from airflow.sdk import Asset, CronDataIntervalTimetable, dag, task, task_group

from dataflow360.pipeline.request import Request
from dataflow360.pipeline.tasks import (
    TASK_DEFAULTS,
    land_file,
    publish,
    reconcile,
    stage,
    unloaded_files,
)


@dag(
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=Request.form(),
    doc_md=__doc__,
    tags=["files", "weather", "mysql", "kafka"],
)
def csv_files():
    @task
    def list_new_files() -> list[str]:
        """Find the files of the inbox whose content has not been loaded yet."""
        return unloaded_files()

    @task(map_index_template="{{ task.op_kwargs['name'] }}")
    def extract(name: str) -> str:
        """Read one file, check it and land it as one batch."""
        return land_file(name)

    @task_group
    def load(name: str) -> None:
        reconcile.override(outlets=[Asset("meteo_db.donnees_meteo"), Asset("meteo_historique")])(
            publish(stage(extract(name=name)))
        )

    load.expand(name=list_new_files())


csv_files()
