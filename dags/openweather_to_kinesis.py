"""Bring the weather and the air of every city through Kinesis into DynamoDB, each hour.

OpenWeather's present weather and air pollution of each airport become one record, checked against
the contract `mesures_villes` and put on the Kinesis stream `weather_stream`. The Lambda function
`kinesis_to_dynamo` writes it to DynamoDB: the city's latest state (`dynamodb.dataflow_mongo`) and
the history. The run is green when every record is there, or is known to have been given up: put =
stored + failed. A past hour has the air alone, from OpenWeather's history (since 2020-11-27), and
never replaces a newer state. The DAG `aws_setup` makes stream, function and tables.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.openweather import CITIES
from dataflow360.tasks.operators import RecordsArriveOperator
from dataflow360.tasks.steps import TASK_DEFAULTS, land
from dataflow360.tasks.stream import put, reconcile


@dag(
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=CITIES.request.form(),
    doc_md=__doc__,
    tags=["api", "weather", "air", "redis", "kinesis", "dynamodb"],
)
def openweather_to_kinesis():
    @task
    def extract() -> str:
        """Ask for weather and air at each airport, check them and land them as one batch."""
        return land(CITIES)

    arrive = RecordsArriveOperator(
        task_id="arrive",
        batch_id=put(extract()),
        doc_md="Wait until each record is in DynamoDB, or is known to have been given up.",
    )
    reconcile.override(outlets=CITIES.outlets)(arrive.output)


openweather_to_kinesis()
