"""Load the CSV files that people put into the inbox: weather, passengers and fares.

The format of each new file is known by its header. It is checked line by line against its
contract, staged in MySQL and published to Kafka, each version of an event once:

| file | table | topic |
| --- | --- | --- |
| weather | `meteo_db.donnees_meteo` | `meteo_historique` |
| passengers | `aerien_db.trafic_passagers` | `trafic_passagers` |
| fares | `aerien_db.tarifs_vols` | `tarifs_vols` |

A file is known by its content: a copy under another name is not loaded again, and of a file that
has changed only the difference is published. One that is still being written waits for the next
run; one whose header fits no format is named by its red task and stays where it is.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task, task_group

from dataflow360.sources.csv_files import CSV_FILES
from dataflow360.tasks.csv_files import land_file, unloaded_files
from dataflow360.tasks.steps import TASK_DEFAULTS, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=CSV_FILES.request.form(),
    doc_md=__doc__,
    tags=["files", "weather", "passengers", "fares", "mysql", "kafka"],
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
        reconcile.override(outlets=CSV_FILES.outlets)(publish(stage(extract(name=name))))

    load.expand(name=list_new_files())


csv_files()
