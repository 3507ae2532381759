"""Clients of AWS by the Airflow connection ``dataflow360_aws``, and what their answers mean.

Its ``endpoint_url`` decides who answers: LocalStack, or AWS itself when it has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import BotoCoreError, ClientError

from dataflow360.errors import DataFlowError, FatalError, RetriableError
from dataflow360.names import AWS_CONNECTION

#: An answer of AWS's.
type Document = dict[str, Any]

_MADE_BY_AWS_SETUP = {
    "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException",
}  # fmt: skip
_MISSING = _MADE_BY_AWS_SETUP | {"NoSuchEntity", "NoSuchEntityException"}
_FORBIDDEN = {
    "AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
    "IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip
_WRONG = {
    "InvalidArgumentException", "InvalidParameterValue", "InvalidParameterValueException",
    "ValidationError", "ValidationException",
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


def failure(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
    """What an error of boto3 means; None if it is another's."""
    if not isinstance(error, ClientError | BotoCoreError):
        return None
    who = f"connection {AWS_CONNECTION}{administrator}"
    if not isinstance(error, ClientError):
        return RetriableError(f"AWS ({who}) does not answer: {error}; {next_step}.")
    code = error_code(error)
    if code in _FORBIDDEN:
        return FatalError(
            f"AWS refuses the user of {who}: {error}; mend its password or its policies."
        )
    if code in _WRONG:
        return FatalError(
            f"AWS rejects this request as invalid: {error}; correct the params or the code."
        )
    if code in _MADE_BY_AWS_SETUP:
        return RetriableError(
            f"Something on AWS is missing: {error}; the DAG aws_setup makes it, and {next_step}."
        )
    return RetriableError(f"AWS ({who}) has failed: {error}; {next_step}.")
