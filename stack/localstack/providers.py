"""DynamoDB, Kinesis and S3 behind LocalStack's gateway.

The first two are servers that the supervisor runs, so they outlive LocalStack: what is in a stream
or a table is still there when it is back.
"""

import os

from localstack import config
from localstack.aws.forwarder import AwsRequestProxy, ForwardingFallbackDispatcher
from localstack.services.dynamodb.v2.provider import DynamoDBProvider
from localstack.services.kinesis.provider import KinesisProvider
from localstack.services.plugins import Service
from localstack.services.s3.provider import S3Provider
from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore


class _RunningServer:
    """DynamoDB Local that is running already, in place of one that LocalStack would start."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.proxy = AwsRequestProxy(url)

    def start_dynamodb(self) -> bool:
        """Nothing to do."""
        return True

    def stop_dynamodb(self) -> None:
        """Nothing to do."""


class StackDynamoDB(DynamoDBProvider):  # type: ignore[misc]  # LocalStack is untyped
    """LocalStack's provider, before DynamoDB Local at STACK_DYNAMODB_URL."""

    @staticmethod
    def _new_dynamodb_server() -> _RunningServer:
        return _RunningServer(os.environ["STACK_DYNAMODB_URL"])


class StackKinesis(KinesisProvider):  # type: ignore[misc]
    """LocalStack's provider, before kinesis-mock at STACK_KINESIS_URL."""

    def get_forward_url(self, account_id: str, region_name: str) -> str:
        """The server's address, for every account and region."""
        return os.environ["STACK_KINESIS_URL"]


def dynamodb() -> Service:
    """The service DynamoDB."""
    provider = StackDynamoDB()
    return Service.for_provider(
        provider,
        dispatch_table_factory=lambda _: ForwardingFallbackDispatcher(
            provider, AwsRequestProxy(provider.server.url)
        ),
    )


def kinesis() -> Service:
    """The service Kinesis."""
    provider = StackKinesis()
    url = os.environ["STACK_KINESIS_URL"]
    return Service.for_provider(
        provider,
        dispatch_table_factory=lambda _: ForwardingFallbackDispatcher(
            provider, AwsRequestProxy(url)
        ),
    )


def s3() -> Service:
    """The service S3; by itself LocalStack has all objects in one folder of the machine."""
    objects = EphemeralS3ObjectStore(os.path.join(config.dirs.tmp, "s3"))  # noqa: PTH118
    return Service.for_provider(S3Provider(objects))
