"""The Lambda function, its role and its event source mapping, step by step as in ``setup``."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from tenacity import wait_fixed

from dataflow360 import names
from dataflow360.aws.arns import Arns
from dataflow360.aws.looking import WAITING, Outcome, looking_again
from dataflow360.aws.request import SetupRequest
from dataflow360.clients.aws import Document, look_up
from dataflow360.clients.polling import poll
from dataflow360.errors import RetriableError

_RUNTIME = "python3.13"
_HANDLER = "lambda_consumer.lambda_handler"
_TIMEOUT_SECONDS = 60
_MEMORY_MB = 256
_MAPPING_SECONDS = 180


@looking_again
def ensure_role(iam: Any, arns: Arns) -> Outcome:
    """The function's role, with the least that it needs."""
    outcome: Outcome = "unchanged"
    trust, allowed = _trust(), policy(arns)
    role = look_up(iam.get_role, RoleName=arns.role_name)
    if role is None:
        iam.create_role(RoleName=arns.role_name, AssumeRolePolicyDocument=json.dumps(trust))
        outcome = "created"
    elif role["Role"]["AssumeRolePolicyDocument"] != trust:
        iam.update_assume_role_policy(RoleName=arns.role_name, PolicyDocument=json.dumps(trust))
        outcome = "updated"
    iam.get_waiter("role_exists").wait(RoleName=arns.role_name, WaiterConfig=WAITING)
    present = look_up(iam.get_role_policy, RoleName=arns.role_name, PolicyName=arns.role_name)
    if present is None or present["PolicyDocument"] != allowed:
        iam.put_role_policy(
            RoleName=arns.role_name, PolicyName=arns.role_name, PolicyDocument=json.dumps(allowed)
        )
        outcome = "created" if outcome == "created" else "updated"
    return outcome


def _trust() -> Document:
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


def policy(arns: Arns) -> Document:
    """What the function may do: read the stream, write the tables, log, and name its failures."""

    def allow(resource: str, *actions: str) -> Document:
        return {"Effect": "Allow", "Action": list(actions), "Resource": resource}

    return _document(
        allow(
            arns.stream,
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ),
        allow(arns.table(names.STATE_TABLE), "dynamodb:PutItem"),
        # Each put of a BatchWriteItem is checked as PutItem as well.
        allow(arns.table(names.HISTORY_TABLE), "dynamodb:BatchWriteItem", "dynamodb:PutItem"),
        allow(f"{arns.log_group}:*", "logs:CreateLogStream", "logs:PutLogEvents"),
        allow(arns.queue, "sqs:SendMessage"),
    )


def _document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@looking_again
def ensure_function(lambda_: Any, arns: Arns, code: bytes) -> Outcome:
    """The Lambda function.

    Args:
        lambda_: Client of Lambda.
        arns: Names in the account.
        code: The zip; it is sent only when its SHA-256 is not the one that Lambda has.
    """
    wanted = {
        "Runtime": _RUNTIME,
        "Handler": _HANDLER,
        "Role": arns.role,
        "Timeout": _TIMEOUT_SECONDS,
        "MemorySize": _MEMORY_MB,
        "Environment": {
            "Variables": {"STATE_TABLE": names.STATE_TABLE, "HISTORY_TABLE": names.HISTORY_TABLE}
        },
    }
    function = {"FunctionName": names.FUNCTION}
    if look_up(lambda_.get_function_configuration, **function) is None:
        lambda_.create_function(**function, **wanted, Code={"ZipFile": code})
        lambda_.get_waiter("function_active_v2").wait(**function, WaiterConfig=WAITING)
        return "created"
    outcome: Outcome = "unchanged"
    updated = lambda_.get_waiter("function_updated_v2")
    # Another run's update may be under way.
    updated.wait(**function, WaiterConfig=WAITING)
    present = lambda_.get_function_configuration(**function)
    if present["CodeSha256"] != _sha256(code):
        lambda_.update_function_code(**function, ZipFile=code)
        updated.wait(**function, WaiterConfig=WAITING)
        outcome = "updated"
    if any(present.get(name) != value for name, value in wanted.items()):
        lambda_.update_function_configuration(**function, **wanted)
        updated.wait(**function, WaiterConfig=WAITING)
        outcome = "updated"
    return outcome


def _sha256(code: bytes) -> str:
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


@looking_again
def ensure_mapping(
    lambda_: Any, arns: Arns, request: SetupRequest, *, stream: Outcome = "unchanged"
) -> Outcome:
    """The event source mapping, by which Lambda reads the stream.

    Args:
        lambda_: Client of Lambda.
        arns: Names in the account.
        request: Batch size, window and attempts; the starting position counts only when the
            mapping is made.
        stream: What was done to the stream: after a change, a mapping that exists is told again
            what it is, so that it notices its new shards.
    """
    wanted = {
        "BatchSize": request.batch_size,
        "MaximumBatchingWindowInSeconds": request.window_seconds,
        "MaximumRetryAttempts": request.maximum_retry_attempts,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": arns.queue}},
    }
    found = find_mapping(lambda_, arns)
    if found is None:
        found = lambda_.create_event_source_mapping(
            FunctionName=names.FUNCTION,
            EventSourceArn=arns.stream,
            StartingPosition=request.starting_position,
            **wanted,
        )
        _wait_until_enabled(lambda_, found["UUID"])
        return "created"
    is_off = found["State"] in {"Disabled", "Disabling"}
    is_as_wanted = not is_off and all(_has(found, name, value) for name, value in wanted.items())
    if is_as_wanted and stream == "unchanged":
        _wait_until_enabled(lambda_, found["UUID"])
        return "unchanged"
    lambda_.update_event_source_mapping(UUID=found["UUID"], Enabled=True, **wanted)
    _wait_until_enabled(lambda_, found["UUID"])
    return "updated"


def find_mapping(lambda_: Any, arns: Arns) -> Document | None:
    """The mapping of the stream to the function, as Lambda describes it; None when there is none.

    It tells by ``LastProcessingResult`` what became of the last batch.
    """
    pages = lambda_.get_paginator("list_event_source_mappings").paginate(
        FunctionName=names.FUNCTION, EventSourceArn=arns.stream
    )
    mappings = (mapping for page in pages for mapping in page["EventSourceMappings"])
    return next((mapping for mapping in mappings if mapping["State"] != "Deleting"), None)


def _has(present: Document, name: str, value: object) -> bool:
    if name == "DestinationConfig":
        # AWS adds an empty OnSuccess.
        return bool(present.get(name, {}).get("OnFailure") == value["OnFailure"])  # type: ignore[index]
    return bool(present.get(name) == value)


def _wait_until_enabled(lambda_: Any, uuid: str) -> None:
    """There is no waiter of AWS's for mappings."""
    state = poll(
        lambda: str(lambda_.get_event_source_mapping(UUID=uuid)["State"]),
        again=lambda state: state != "Enabled",
        wait=wait_fixed(0.5),
        seconds=_MAPPING_SECONDS,
    )
    if state != "Enabled":
        raise RetriableError(
            f"The event source mapping of {names.STREAM} is still {state} after "
            f"{_MAPPING_SECONDS} s; this task looks again later."
        )
