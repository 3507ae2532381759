"""Bring what Lambda has given up into quarantine, every fifteen minutes.

When the function `kinesis_to_dynamo` cannot store a record after its last attempt, Lambda names it
in the queue `kinesis_to_dynamo_failures` and goes on with the shard. This DAG reads the records
that the queue names back from the Kinesis stream, puts them into the table
`dataflow360.quarantine` with their original bytes and the reason, and only then empties the queue.
A record that has expired from the stream is named there by its sequence number. What the tables
hold already is left out. A run that finds the queue empty is green, and says so in the run ledger.
`replay_quarantine` puts those that pass today's code back on the stream.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag

from dataflow360.tasks.lambda_failures import drain
from dataflow360.tasks.steps import TASK_DEFAULTS


@dag(
    schedule=CronDataIntervalTimetable("*/15 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["lambda", "kinesis", "sqs", "quarantine", "mysql"],
)
def lambda_failures():
    drain()


lambda_failures()
