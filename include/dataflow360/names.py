"""What the project's DAGs, databases, connections and resources on AWS are called."""

from __future__ import annotations

from pathlib import Path

#: MySQL's database in which the pipeline keeps account of itself.
CONTROL_DATABASE = "dataflow360"

#: The DAG that replays and dismisses what quarantine holds.
REPLAY_DAG = "replay_quarantine"
#: The DAG that feeds the Kinesis stream.
STREAM_DAG = "openweather_to_kinesis"
#: The DAG that makes the resources on AWS.
SETUP_DAG = "aws_setup"
#: The DAG that brings the records which Lambda has given up into quarantine.
FAILURES_DAG = "lambda_failures"

#: The Airflow connection to AWS.
AWS_CONNECTION = "dataflow360_aws"
STREAM = "weather_stream"
#: The latest observation of each city.
STATE_TABLE = "dataflow_mongo"
#: All observations.
HISTORY_TABLE = "dataflow_mongo_history"
FUNCTION = "kinesis_to_dynamo"
#: Where the modules of the function lie.
FUNCTION_FOLDER = Path(__file__).parents[2] / "lambda"
LOG_GROUP = f"/aws/lambda/{FUNCTION}"
#: Where Lambda names the records that it has given up.
FAILURE_QUEUE = f"{FUNCTION}_failures"
#: The function's role has the region behind this: IAM is one for all regions, the policy is not.
ROLE_PREFIX = f"dataflow360_{FUNCTION}"
