"""Set up the serverless path on AWS, once and whenever it is started by hand.

OpenWeather → Kinesis stream `weather_stream` → Lambda `kinesis_to_dynamo` → DynamoDB
`dataflow_mongo` (the latest of each city) and `dataflow_mongo_history` (all). Each task looks
first, changes only what differs, waits until AWS says that it is ready, and returns created,
updated or unchanged; the last one proves it by a record that goes from the stream to both tables.
LocalStack answers unless the connection `dataflow360_aws` has no `endpoint_url`: then AWS does.

The defaults of the params:
**one shard** takes 1,000 records a second, and sixteen airports an hour need less;
**batches of 500** are what one PutRecords brings, handled by one invocation in a second;
**no window**, as the records of an hour come in one PutRecords: waiting would only make them late;
**TRIM_HORIZON** reads what was put before the mapping was made, which LATEST would lose;
**three more attempts** outlast a short failure and end a lasting one: what is given up is named in
the queue `kinesis_to_dynamo_failures`, and the shard goes on.
"""

from datetime import UTC, datetime

from airflow.sdk import dag

from dataflow360.aws.request import SetupRequest
from dataflow360.tasks import aws_setup as tasks
from dataflow360.tasks.steps import TASK_DEFAULTS


@dag(
    schedule="@once",
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=SetupRequest.form(),
    doc_md=__doc__,
    tags=["aws", "kinesis", "lambda", "dynamodb"],
)
def aws_setup():
    stream, function = tasks.ensure_stream(), tasks.ensure_function()
    [tasks.ensure_role(), tasks.ensure_log_group()] >> function
    mapping = tasks.ensure_mapping(stream)
    written = [
        tasks.ensure_state_table(),
        tasks.ensure_history_table(),
        tasks.ensure_failure_queue(),
    ]
    [function, *written] >> mapping >> tasks.send_canary()


aws_setup()
