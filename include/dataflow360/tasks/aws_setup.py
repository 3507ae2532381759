"""The tasks that ``aws_setup`` wires; each says in the log what it has done.

The DAG file imports this module while it is parsed: it imports heavy modules inside the tasks.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context, task

from dataflow360 import names
from dataflow360.aws.request import SetupRequest
from dataflow360.stores.failures import readable_failures

if TYPE_CHECKING:
    from dataflow360.aws.looking import Outcome

log = logging.getLogger(__name__)

_CANARY_SECONDS = 120


@task
@readable_failures()
def ensure_stream() -> Outcome:
    """See to the Kinesis stream."""
    from dataflow360.aws import setup
    from dataflow360.clients.aws import client

    return _say(names.STREAM, setup.ensure_stream(client("kinesis"), _request().shards))


@task
@readable_failures()
def ensure_state_table() -> Outcome:
    """See to the DynamoDB table of the latest observations."""
    from dataflow360.aws import setup
    from dataflow360.clients.aws import client

    return _say(names.STATE_TABLE, setup.ensure_state_table(client("dynamodb")))


@task
@readable_failures()
def ensure_history_table() -> Outcome:
    """See to the DynamoDB table of all observations."""
    from dataflow360.aws import setup
    from dataflow360.clients.aws import client

    return _say(names.HISTORY_TABLE, setup.ensure_history_table(client("dynamodb")))


@task
@readable_failures()
def ensure_failure_queue() -> Outcome:
    """See to the SQS queue that names the records which Lambda gives up."""
    from dataflow360.aws import setup
    from dataflow360.clients.aws import client

    return _say(names.FAILURE_QUEUE, setup.ensure_queue(client("sqs")))


@task
@readable_failures()
def ensure_log_group() -> Outcome:
    """See to the function's log group and how long it keeps lines."""
    from dataflow360.aws import setup
    from dataflow360.clients.aws import client

    return _say(names.LOG_GROUP, setup.ensure_log_group(client("logs")))


@task
@readable_failures()
def ensure_role() -> Outcome:
    """See to the function's role and its policy."""
    from dataflow360.aws import function
    from dataflow360.aws.arns import Arns
    from dataflow360.clients.aws import client

    arns = Arns.of(client("sts"))
    return _say(arns.role_name, function.ensure_role(client("iam"), arns))


@task
@readable_failures()
def ensure_function() -> Outcome:
    """See to the Lambda function, its code and its configuration."""
    from dataflow360.aws import function
    from dataflow360.aws.arns import Arns
    from dataflow360.aws.package import consumer_zip
    from dataflow360.clients.aws import client

    arns = Arns.of(client("sts"))
    outcome = function.ensure_function(client("lambda"), arns, consumer_zip())
    return _say(names.FUNCTION, outcome)


@task
@readable_failures()
def ensure_mapping(stream: Outcome) -> Outcome:
    """See to the event source mapping, by which the function reads the stream."""
    from dataflow360.aws import function
    from dataflow360.aws.arns import Arns
    from dataflow360.clients.aws import client

    arns = Arns.of(client("sts"))
    outcome = function.ensure_mapping(client("lambda"), arns, _request(), stream=stream)
    return _say(f"{names.STREAM} → {names.FUNCTION}", outcome)


@task
@readable_failures()
def send_canary() -> str:
    """Prove it: one record from the stream to both tables, and away again."""
    from uuid import NAMESPACE_URL, uuid5

    from dataflow360.aws import canary
    from dataflow360.aws.arns import Arns
    from dataflow360.clients.aws import client

    run = get_current_context()["dag_run"]
    path = canary.Path(client("kinesis"), client("dynamodb"), client("lambda"), client("logs"))
    sentence = canary.send(
        path,
        Arns.of(client("sts")),
        name=str(uuid5(NAMESPACE_URL, f"{run.dag_id}/{run.run_id}")),
        timestamp=int(run.run_after.timestamp()),
        seconds=_CANARY_SECONDS,
    )
    log.info(sentence)
    return sentence


def _request() -> SetupRequest:
    return SetupRequest.checked(dict(get_current_context()["params"]))


def _say(name: str, outcome: Outcome) -> Outcome:
    log.info("%s: %s", name, outcome)
    return outcome
