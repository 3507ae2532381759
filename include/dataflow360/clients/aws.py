"""Clients of AWS by the Airflow connection ``dataflow360_aws``, and what their answers mean.

Its ``endpoint_url`` decides who answers: LocalStack, or AWS itself when it has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from dataflow360.names import AWS_CONNECTION

#: An answer of AWS's.
type Document = dict[str, Any]

_MISSING = {
    "ResourceNotFoundException", "NoSuchEntity", "NoSuchEntityException",
    "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
}  # fmt: skip


def client(service: str) -> Any:
    """A boto3 client of a service, such as ``kinesis``."""
    return AwsBaseHook(aws_conn_id=AWS_CONNECTION, client_type=service).get_conn()


def look_up(look: Callable[..., Document], **params: Any) -> Document | None:
    """What AWS says of a resource; None when there is none."""
    try:
        return look(**params)
    except ClientError as error:
        if error_code(error) in _MISSING:
            return None
        raise


def error_code(error: ClientError) -> str:
    """The code of an error of AWS's, such as ``ResourceNotFoundException``."""
    return str(error.response["Error"]["Code"])
