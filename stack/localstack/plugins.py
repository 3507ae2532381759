"""What LocalStack finds by its entry points, written down in ``entry_points.txt``."""

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]  # LocalStack is untyped
    """Functions as processes: LAMBDA_RUNTIME_EXECUTOR=process."""

    name = "process"

    def load(self, *_: object, **__: object) -> type:
        """The executor's class."""
        from stack.localstack import mappings
        from stack.localstack.executor import ProcessExecutor

        mappings.silence_stopped_workers()
        return ProcessExecutor


@aws_provider(api="dynamodb", name="stack")  # type: ignore[untyped-decorator]
def dynamodb() -> Service:
    """DynamoDB by the stack's server: PROVIDER_OVERRIDE_DYNAMODB=stack."""
    from stack.localstack import providers

    return providers.dynamodb()


@aws_provider(api="kinesis", name="stack")  # type: ignore[untyped-decorator]
def kinesis() -> Service:
    """Kinesis by the stack's server: PROVIDER_OVERRIDE_KINESIS=stack."""
    from stack.localstack import providers

    return providers.kinesis()


@aws_provider(api="s3", name="stack")  # type: ignore[untyped-decorator]
def s3() -> Service:
    """S3 with its objects among LocalStack's own files: PROVIDER_OVERRIDE_S3=stack."""
    from stack.localstack import providers

    return providers.s3()
