"""Join each departure with the weather at its airport in its hour.

Runs when both the departure boards (`redis.departures`) and the weather at the airports
(`meteo_db.meteo_aeroports`) have been updated, for the days that they tell of. The rows are
checked against the contract `vols_meteo`, staged in MySQL (`aerien_db.vols_meteo`), published to
the Kafka topic `vols_meteo`, each version once, and written to the landing zone as a Parquet table
that is partitioned by day. A departure without known weather keeps its row; when the weather
comes, the row changes. Triggered by hand, it takes the given day, or today.
"""

from datetime import UTC, datetime

from airflow.sdk import Asset, dag, task, task_group

from dataflow360.sources.flight_weather import FLIGHT_WEATHER
from dataflow360.tasks.steps import (
    TASK_DEFAULTS,
    land,
    publish,
    reconcile,
    stage,
    updated_days,
    write_table,
)


@dag(
    schedule=[Asset("redis.departures"), Asset("meteo_db.meteo_aeroports")],
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=FLIGHT_WEATHER.request.form(),
    doc_md=__doc__,
    tags=["derived", "flights", "weather", "mysql", "kafka"],
)
def flight_weather():
    @task
    def list_days() -> list[str]:
        """Find the days that the updates tell of."""
        return updated_days()

    @task(map_index_template="{{ task.op_kwargs['day'] }}")
    def extract(day: str) -> str:
        """Join a day's departures with their weather, and land them as one batch."""
        return land(FLIGHT_WEATHER, day=day)

    @task_group
    def join(day: str) -> None:
        staged = stage(extract(day=day))
        reconcile.override(outlets=FLIGHT_WEATHER.outlets)(publish(staged)) >> write_table(staged)

    join.expand(day=list_days())


flight_weather()
