"""LocalStack's way to run a Lambda function: as a process of this machine."""

import json
import sys

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from stack.localstack.function import ExecutionEnvironment
from stack.localstack.runtime_api import HOST, Invocation

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""The runtime that functions get, whichever version of Python they name."""


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]  # LocalStack is untyped
    """Runs one execution environment of a function version; LocalStack makes what it needs."""

    _environment: ExecutionEnvironment | None = None

    def start(self, env_vars: dict[str, object]) -> None:
        """Prepare the environment; the process starts with the first invocation.

        So a function that cannot be loaded fails its invocation, with its log, as the real one.

        Raises:
            StatusErrorException: The function is not one that can be run here.
        """
        if reason := _obstacle(self.function_version):
            # A function that LocalStack could not prepare could not be deleted either, so the
            # reason is told to whoever invokes it.
            body = {"errorType": "Runtime.InvalidRuntime", "errorMessage": reason}
            raise StatusErrorException(reason, json.dumps(body).encode())
        code = self.function_version.config.code.get_unzipped_code_location()
        variables = {name: str(value) for name, value in env_vars.items()}
        self._environment = ExecutionEnvironment(code, variables)

    def stop(self) -> None:
        """End the process."""
        if self._environment is not None:
            self._environment.stop()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Call the function."""
        if self._environment is None:
            raise RuntimeError("the function's environment was not started: invoke it again")
        request_id = payload["invoke-id"]
        result = self._environment.invoke(
            Invocation(
                request_id,
                payload["invoked-function-arn"],
                payload["payload"].encode(),
                payload["trace-id"],
            )
        )
        return InvocationResult(request_id, result.payload, result.is_error, result.logs)

    def get_address(self) -> str:
        """Where the process is."""
        return HOST

    def get_endpoint_from_executor(self) -> str:
        """Where LocalStack is, seen from the process."""
        return HOST

    def get_runtime_endpoint(self) -> str:
        """LocalStack's address for its own runtime, which is not used here."""
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}"

    def get_logs(self) -> str:
        """Nothing: each invocation's result carries its log."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack a function's zip file."""
        if function_version.config.code is not None:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: LocalStack removes the unpacked code itself."""


def _obstacle(function_version: FunctionVersion) -> str | None:
    """Why a function cannot be run as a process, if so."""
    name, settings = function_version.id.function_name, function_version.config
    if settings.code is None or not (settings.runtime or "").startswith("python"):
        return (
            f"function {name} has the runtime {settings.runtime}, and the local stack runs "
            f"Python only: give it the runtime {RUNTIME}, or use LocalStack in Docker"
        )
    if settings.layers:
        return (
            f"function {name} has layers, which the local stack does not mount: put what it needs "
            "into its zip file, or use LocalStack in Docker"
        )
    return None
