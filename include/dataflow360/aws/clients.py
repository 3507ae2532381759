"""Clients of AWS by the Airflow connection ``dataflow360_aws``.

Its ``endpoint_url`` decides who answers: LocalStack, or AWS itself when it has none.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from dataflow360.aws.names import CONNECTION


def client(service: str) -> Any:
    """A boto3 client of a service, such as ``kinesis``."""
    return AwsBaseHook(aws_conn_id=CONNECTION, client_type=service).get_conn()
