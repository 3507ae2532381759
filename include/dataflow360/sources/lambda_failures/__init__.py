"""Records of the Kinesis stream that the Lambda function has given up."""

from __future__ import annotations

from dataflow360 import names
from dataflow360.sources.source import Output, Source, lazily

LAMBDA_FAILURES = Source(
    dag_id=names.FAILURES_DAG,
    outputs=(Output("mesures_villes", f"dynamodb.{names.STATE_TABLE}", names.STREAM),),
    parse=lazily("lambda_failures.records:parse"),
)
