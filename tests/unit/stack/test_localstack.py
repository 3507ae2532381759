"""LocalStack, as the stack runs it: by itself, on this machine, with nothing of the project's."""

import http.client
import json
import os
import re
import threading
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from stack import clients, supervisor
from stack.environment import connections
from stack.errors import StackError
from stack.localstack.output import Output
from stack.localstack.runtime_api import Answer, Invocation, RuntimeApi
from stack.profiles import Profile
from stack.programs import Program, Service
from stack.servers import localstack
from stack.settings import Settings

INVOCATION = Invocation("id-1", "arn:aws:lambda:x", b'{"n": 1}', "Root=1")


@pytest.fixture
def services(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, Service]:
    """As on a machine that has every program."""
    monkeypatch.setattr("stack.commands.shutil.which", lambda name, **_: f"/usr/bin/{name}")
    return {service.name: service for service in localstack.services(settings)}


@pytest.fixture
def programs(services: dict[str, Service]) -> dict[str, Program]:
    return {program.name: program for service in services.values() for program in service.programs}


def test_the_connection_leads_to_localstack(settings: Settings) -> None:
    assert connections(settings)["DATAFLOW360_AWS"] == {
        "conn_type": "aws",
        "login": "test",
        "password": "test",
        "extra": {"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:4566"},
    }


def test_it_gets_no_secret_of_the_project(settings: Settings, programs: dict[str, Program]) -> None:
    values = [value for program in programs.values() for value in program.environment.values()]
    secrets = [v for name, v in settings.values.items() if name.startswith("DATAFLOW360_SECRET_")]

    assert not [value for value in values for secret in secrets if secret in value]
    assert not [name for name in programs["localstack"].environment if "AIRFLOW" in name]


def test_it_fetches_nothing_and_tells_nobody(programs: dict[str, Program]) -> None:
    environment = programs["localstack"].environment

    assert environment["SKIP_SSL_CERT_DOWNLOAD"] == environment["DISABLE_EVENTS"] == "1"
    assert environment["LAMBDA_RUNTIME_EXECUTOR"] == "process"
    assert environment["PROVIDER_OVERRIDE_DYNAMODB"] == "stack"
    assert environment["PROVIDER_OVERRIDE_KINESIS"] == "stack"


def test_all_that_it_writes_is_below_the_profiles_state(
    settings: Settings, programs: dict[str, Program]
) -> None:
    environment = programs["localstack"].environment
    state = str(settings.profile.state)

    assert environment["PROVIDER_OVERRIDE_S3"] == "stack"
    assert environment["OVERRIDE_IN_DOCKER"] == "0"
    assert environment["FILESYSTEM_ROOT"].startswith(state)


def test_tables_and_streams_are_kept_in_the_profiles_state(
    settings: Settings, programs: dict[str, Program]
) -> None:
    state = str(settings.profile.state)

    assert any(word.startswith(state) for word in programs["dynamodb"].command)
    assert programs["kinesis"].environment["PERSIST_PATH"].startswith(state)
    assert programs["kinesis"].environment["SHOULD_PERSIST_DATA"] == "true"


def test_a_programs_environment_reaches_the_supervisor_whole(tmp_path: Path) -> None:
    program = Program("echo", ("echo",), tmp_path, environment={"A": "one, two", "B": "100%"})

    text = supervisor.configuration(Profile("demo", root=tmp_path), [program])

    assert 'environment = A="one, two",B="100%%"\n' in text


def test_the_entry_points_name_what_there_is(
    settings: Settings, services: dict[str, Service]
) -> None:
    services["localstack"].prepare()

    [file] = settings.profile.state.rglob("entry_points.txt")
    plugins = Path(localstack.__file__).parents[1] / "localstack" / "plugins.py"
    names = re.findall(r"stack\.localstack\.plugins:(\w+)", file.read_text())
    assert len(names) == 4
    assert [
        n for n in names if re.search(rf"^(def|class) {n}\b", plugins.read_text(), re.M)
    ] == names


def test_the_client_asks_localstack_and_never_the_callers_account(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = installed_aws(tmp_path, "aws-cli/2.9.19 Python/3.11.2")
    monkeypatch.setenv("PATH", str(aws.parent), prepend=os.pathsep)

    client = clients.aws_client(settings, ["kinesis", "list-streams"])

    assert client.command == (
        *(str(aws), "--endpoint-url", "http://127.0.0.1:4566"),
        *("kinesis", "list-streams"),
    )
    assert client.environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert "test" not in client.command


def test_an_older_client_is_passed_over(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = installed_aws(tmp_path, "aws-cli/1.44.44 Python/3.13.0")
    monkeypatch.setenv("PATH", str(aws.parent), prepend=os.pathsep)
    monkeypatch.setattr(clients, "_DEBIANS_AWS", str(tmp_path / "none"))

    with pytest.raises(StackError, match="install awscli"):
        clients.aws_client(settings, [])


def installed_aws(directory: Path, version: str) -> Path:
    program = directory / "aws"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    return program


def test_the_callers_aws_account_does_not_reach_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    from stack.environment import inherited_environment

    monkeypatch.setenv("AWS_PROFILE", "production")

    assert "AWS_PROFILE" not in inherited_environment()


@pytest.mark.enable_socket
def test_something_else_on_the_port_is_not_taken_for_the_server() -> None:
    with RuntimeApi() as other, pytest.raises(StackError, match="status 404"):
        localstack._probe(f"http://{other.address}/health", 200, "")  # type: ignore[arg-type]


# ---- the Lambda Runtime API


@dataclass
class Runtime:
    """What a function's runtime does with the API."""

    api: RuntimeApi

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Message, bytes]:
        with closing(http.client.HTTPConnection(self.api.address, timeout=10)) as connection:
            connection.request(method, f"/2018-06-01/runtime/{path}", body)
            response = connection.getresponse()
            return response.status, response.headers, response.read()


@pytest.mark.enable_socket
def test_a_runtime_gets_the_invocation_and_its_deadline() -> None:
    with RuntimeApi() as api:
        api.submit(INVOCATION, deadline_ms=1_700_000_000_000)
        _, headers, body = Runtime(api).ask("GET", "invocation/next")

        assert api.is_ready
        assert body == b'{"n": 1}'
        assert headers["Lambda-Runtime-Aws-Request-Id"] == "id-1"
        assert headers["Lambda-Runtime-Deadline-Ms"] == "1700000000000"
        assert headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:aws:lambda:x"


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("path", "is_error"),
    [
        ("invocation/id-1/response", False),
        ("invocation/id-1/error", True),
        ("init/error", True),
    ],
)
def test_what_the_runtime_says_is_the_answer(path: str, is_error: bool) -> None:
    with RuntimeApi() as api:
        assert Runtime(api).ask("POST", path, b'{"said": 1}')[0] == 202
        api.wait(0.01)

        assert api.answer() == Answer(b'{"said": 1}', is_error)


@pytest.mark.enable_socket
def test_an_answer_is_not_taken_for_that_of_the_next_invocation() -> None:
    with RuntimeApi() as api:
        Runtime(api).ask("POST", "invocation/id-1/response", b"1")
        api.submit(INVOCATION, deadline_ms=1)

        assert api.answer() is None


@pytest.mark.enable_socket
def test_a_runtime_that_waits_is_let_go_when_the_api_closes() -> None:
    api = RuntimeApi()
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(http.client.HTTPException):
            Runtime(api).ask("GET", "invocation/next")
        ended.set()

    threading.Thread(target=wait).start()
    while not api.is_ready:
        api.wait(0.01)
    api.close()

    assert ended.wait(5)


# ---- what a function prints


def test_output_larger_than_a_pipe_is_kept_whole() -> None:
    reader, writer = os.pipe()
    output = Output(reader)
    line = "é" * 99 + "\n"

    with os.fdopen(writer, "w") as stream:
        stream.write(line * 2_000)
    text = ""
    while len(text) < 200_000:
        text += output.take()

    assert text == line * 2_000


def test_output_is_taken_once() -> None:
    reader, writer = os.pipe()
    output = Output(reader)
    os.write(writer, b"one\n")

    assert output.take() == "one\n"
    assert output.take() == ""
    os.close(writer)


def test_the_answer_of_a_failure_is_json() -> None:
    from stack.localstack import function

    failure = function._timed_out(INVOCATION, 3)

    assert json.loads(failure.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id-1 Error: Task timed out after 3.00 seconds",
    }
