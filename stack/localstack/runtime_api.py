"""The Lambda Runtime API, which a function's runtime asks for its next invocation.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html; AWS's own runtime client
(``awslambdaric``) is what speaks to it from the other side.
"""

import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Self

HOST = "127.0.0.1"

_LOOK_SECONDS = 0.1  # how soon a closed port is given up
_RUNTIME = "/2018-06-01/runtime"
_NEXT = f"{_RUNTIME}/invocation/next"
_INIT_ERROR = f"{_RUNTIME}/init/error"


@dataclass(frozen=True)
class Invocation:
    """One call of a function.

    Attributes:
        request_id: The invocation's id.
        function_arn: The ARN that was called.
        payload: The event, JSON.
        trace_id: X-Ray's header.
    """

    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str


@dataclass(frozen=True)
class Answer:
    """What the runtime says of an invocation, or of a start that failed: JSON."""

    payload: bytes
    is_error: bool


class RuntimeApi:
    """The API of one runtime process, on a port of its own of the loopback interface."""

    def __init__(self) -> None:
        self._invocations: SimpleQueue[tuple[Invocation, int] | None] = SimpleQueue()
        self._answer: Answer | None = None
        self._changed = threading.Condition()
        self._ready = False
        self._server = _Server((HOST, 0), _Handler)
        self._server.api = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_SECONDS,), daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, as the runtime is told them in AWS_LAMBDA_RUNTIME_API."""
        return f"{HOST}:{self._server.server_port}"

    @property
    def is_ready(self) -> bool:
        """Whether the runtime has loaded the function and asked for an invocation."""
        return self._ready

    def submit(self, invocation: Invocation, deadline_ms: int) -> None:
        """Hand over an invocation.

        Args:
            invocation: The invocation.
            deadline_ms: When it will be ended, in Unix milliseconds.
        """
        self._answer = None
        self._invocations.put((invocation, deadline_ms))

    def answer(self) -> Answer | None:
        """What the runtime has said since the last invocation was submitted, if anything."""
        return self._answer

    def wait(self, seconds: float) -> None:
        """Wait until the runtime is ready or has said something, but no longer than this."""
        with self._changed:
            self._changed.wait(seconds)

    def close(self) -> None:
        """Close the port; a runtime that waits for an invocation gets none."""
        self._invocations.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _next(self) -> tuple[Invocation, int] | None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()
        return self._invocations.get()

    def _take(self, answer: Answer) -> None:
        with self._changed:
            self._answer = answer
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    api: RuntimeApi
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        if self.path != _NEXT:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        request = self.server.api._next()  # one class in two
        if request is None:
            self.close_connection = True
            return
        invocation, deadline_ms = request
        self._reply(
            HTTPStatus.OK,
            invocation.payload,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            },
        )

    def do_POST(self) -> None:
        body = self._body()
        if self.path == _INIT_ERROR or self.path.endswith("/error"):
            answer = Answer(body, is_error=True)
        elif self.path.endswith("/response"):
            answer = Answer(body, is_error=False)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        # The reply first: the answer may be what ends this process's work.
        self._reply(HTTPStatus.ACCEPTED, b'{"status":"OK"}', {})
        self.server.api._take(answer)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reply(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: every invocation would be three lines."""
