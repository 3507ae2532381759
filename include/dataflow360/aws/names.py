"""What the resources on AWS are called."""

CONNECTION = "dataflow360_aws"

STREAM = "weather_stream"
#: The latest observation of each city.
STATE_TABLE = "dataflow_mongo"
#: All observations.
HISTORY_TABLE = "dataflow_mongo_history"
FUNCTION = "kinesis_to_dynamo"
LOG_GROUP = f"/aws/lambda/{FUNCTION}"
#: Where Lambda names the records that it has given up.
FAILURE_QUEUE = f"{FUNCTION}_failures"
#: The DAG that makes all of this.
SETUP_DAG = "aws_setup"
#: The DAG that brings those records into quarantine.
FAILURES_DAG = "lambda_failures"
#: The function's role has the region behind this: IAM is one for all regions, the policy is not.
ROLE_PREFIX = f"dataflow360_{FUNCTION}"
