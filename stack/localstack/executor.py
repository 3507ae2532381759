"""LocalStack's way to run a Lambda function: as a process of this machine."""

import sys

from localstack import config
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
        """
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
        """Unpack a function.

        Raises:
            ValueError: It is no Python function in a zip file, or it has layers.
        """
        settings = function_version.config
        if not (settings.runtime or "").startswith("python") or settings.code is None:
            raise ValueError(
                f"function {function_version.id.function_name} has the runtime "
                f"{settings.runtime}: this LocalStack runs zip files with a {RUNTIME} handler only"
            )
        if settings.layers:
            raise ValueError(
                f"function {function_version.id.function_name} has layers, which this LocalStack "
                "does not run: put what it needs into its zip file"
            )
        settings.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: LocalStack removes the unpacked code itself."""
