"""One execution environment of a Lambda function: a process with the limits of the real one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.localstack.output import Output
from stack.localstack.runtime_api import Answer, Invocation, RuntimeApi

INIT_SECONDS = 10.0
"""How long loading a function may take, as in the real one."""

_LOOK_SECONDS = 0.05
_MEBIBYTE = 1024 * 1024

# Of LocalStack's own environment, what a process needs to run and the stack to find it again.
_INHERITED = ("PATH", "LANG", "STACK_SUPERVISED_BY", "SUPERVISOR_PROCESS_NAME")


@dataclass(frozen=True)
class Result:
    """What an invocation came to: the answer, JSON, and everything for the function's log."""

    payload: bytes
    is_error: bool
    logs: str


class ExecutionEnvironment:
    """Runs a function's handler in a process that serves one invocation after the other.

    The process is started by the first invocation, and again by the next one after it was killed,
    be it by its timeout, its memory limit or by somebody else.
    """

    def __init__(self, code: Path, variables: Mapping[str, str]) -> None:
        """Prepare an environment.

        Args:
            code: The directory with the unpacked function.
            variables: The function's environment, ``_HANDLER``, ``AWS_LAMBDA_FUNCTION_TIMEOUT``
                (seconds) and ``AWS_LAMBDA_FUNCTION_MEMORY_SIZE`` (MiB) among it.
        """
        self._code = code
        self._variables = dict(variables)
        self._timeout = float(variables["AWS_LAMBDA_FUNCTION_TIMEOUT"])
        self._memory = int(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
        self._own = Path(tempfile.mkdtemp(prefix="function-"))
        self._runtime: _Runtime | None = None
        self._stopped = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process's id, if one is running."""
        runtime = self._runtime
        return runtime.process.pid if runtime is not None and runtime.is_alive else None

    def invoke(self, invocation: Invocation) -> Result:
        """Call the function and wait for its answer or its end."""
        version = self._variables.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        started = time.monotonic()
        runtime, failure = self._ready_runtime(invocation)
        init_seconds = time.monotonic() - started
        started = time.monotonic()
        answer = failure or self._call(runtime, invocation)
        seconds = time.monotonic() - started
        peak = runtime.peak_memory
        if not runtime.is_alive:
            runtime.end()
        return Result(
            answer.payload,
            answer.is_error,
            f"START RequestId: {invocation.request_id} Version: {version}\n"
            + _whole_lines(runtime.output.take())
            + _reason(answer)
            + f"END RequestId: {invocation.request_id}\n"
            + _report(invocation, seconds, init_seconds, self._memory, peak),
        )

    def stop(self) -> None:
        """End the process and remove what it wrote."""
        with self._lock:
            self._stopped = True
            if self._runtime is not None:
                self._runtime.end()
        shutil.rmtree(self._own, ignore_errors=True)

    def _ready_runtime(self, invocation: Invocation) -> tuple["_Runtime", Answer | None]:
        """The running process, or a new one and, where that fails, the reason."""
        with self._lock:
            if self._runtime is None or not self._runtime.is_alive:
                if self._stopped:
                    raise RuntimeError(
                        f"the environment of {invocation.function_arn} was stopped before "
                        f"invocation {invocation.request_id} reached it: invoke it again"
                    )
                self._runtime = _Runtime(self._code, self._variables, self._own)
            runtime = self._runtime
        deadline = time.monotonic() + INIT_SECONDS
        while not runtime.api.is_ready:
            if (answer := runtime.api.answer()) is not None:
                runtime.end()
                return runtime, answer
            if not runtime.is_alive:
                return runtime, _exited(invocation, runtime.process.returncode)
            if time.monotonic() > deadline:
                runtime.end()
                return runtime, _timed_out(invocation, INIT_SECONDS)
            runtime.api.wait(_LOOK_SECONDS)
        return runtime, None

    def _call(self, runtime: "_Runtime", invocation: Invocation) -> Answer:
        deadline = time.monotonic() + self._timeout
        runtime.api.submit(invocation, int((time.time() + self._timeout) * 1000))
        while True:
            alive = runtime.is_alive  # before the answer: it may be the process's last act
            if (answer := runtime.api.answer()) is not None:
                return answer
            if not alive:
                return _exited(invocation, runtime.process.returncode)
            if time.monotonic() > deadline:
                runtime.end()
                return _timed_out(invocation, self._timeout)
            if runtime.memory > self._memory * _MEBIBYTE:
                runtime.end()
                return _exited(invocation, -signal.SIGKILL)
            runtime.api.wait(_LOOK_SECONDS)


class _Runtime:
    """A process of AWS's runtime client, the API that it asks, and what it prints."""

    def __init__(self, code: Path, variables: Mapping[str, str], own: Path) -> None:
        self.api = RuntimeApi()
        reader, writer = os.pipe()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", variables["_HANDLER"]],
                cwd=code,
                env=_environment(code, variables, own, self.api.address),
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
            )
        except BaseException:
            os.close(reader)
            self.api.close()
            raise
        finally:
            os.close(writer)
        self.output = Output(reader)

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    @property
    def memory(self) -> int:
        """Bytes that the process has in memory."""
        try:
            return int(psutil.Process(self.process.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    @property
    def peak_memory(self) -> int:
        """The most bytes that the process has had in memory; 0 once it has ended."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(sizes[0]) * 1024 if sizes else 0

    def end(self) -> None:
        """Kill the process, as the real service does, and close the API."""
        self.process.kill()
        self.process.wait()
        self.api.close()


def _environment(code: Path, variables: Mapping[str, str], own: Path, api: str) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **inherited,
        # No settings of the machine's user for AWS; temporary files of its own.
        "HOME": str(own),
        "TMPDIR": str(own),
        **variables,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_RUNTIME_API": api,
        "LAMBDA_TASK_ROOT": str(code),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _timed_out(invocation: Invocation, seconds: float) -> Answer:
    return _failure(invocation, "Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")


def _exited(invocation: Invocation, code: int) -> Answer:
    if code < 0:
        reason = f"Runtime exited with error: signal: {_SIGNALS.get(-code, str(-code))}"
    elif code > 0:
        reason = f"Runtime exited with error: exit status {code}"
    else:
        reason = "Runtime exited without providing a reason"
    return _failure(invocation, "Runtime.ExitError", reason)


# As Go, in which the real service is written, names them.
_SIGNALS: dict[int, str] = {
    signal.SIGABRT: "aborted",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
}


def _failure(invocation: Invocation, kind: str, reason: str) -> Answer:
    message = f"RequestId: {invocation.request_id} Error: {reason}"
    body = {"errorType": kind, "errorMessage": message}
    return Answer(json.dumps(body).encode(), is_error=True)


def _reason(answer: Answer) -> str:
    """The log's line on a failure that the function could not report itself."""
    if not answer.is_error:
        return ""
    error = json.loads(answer.payload)
    if error.get("errorType") not in ("Sandbox.Timedout", "Runtime.ExitError"):
        return ""
    return f"{error['errorMessage']}\n"


def _whole_lines(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _report(
    invocation: Invocation, seconds: float, init_seconds: float, memory: int, peak: int
) -> str:
    duration, init = seconds * 1000, init_seconds * 1000
    fields = [
        f"REPORT RequestId: {invocation.request_id}",
        f"Duration: {duration:.2f} ms",
        f"Billed Duration: {int(duration) + 1} ms",
        f"Memory Size: {memory} MB",
        f"Max Memory Used: {round(peak / _MEBIBYTE)} MB",
    ]
    if init > 1:  # a cold start
        fields.append(f"Init Duration: {init:.2f} ms")
    return "\t".join(fields) + "\n"
