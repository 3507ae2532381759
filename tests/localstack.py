"""Functions and streams of a test's own on LocalStack."""

import io
import json
import os
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from textwrap import dedent
from typing import Any

import boto3
import pytest
from botocore.config import Config

ROLE = "arn:aws:iam::000000000000:role/test"


@cache
def client(api: str) -> Any:
    connection = json.loads(os.environ["AIRFLOW_CONN_DATAFLOW360_AWS"])
    return boto3.client(
        api,
        endpoint_url=connection["extra"]["endpoint_url"],
        region_name=connection["extra"]["region_name"],
        aws_access_key_id=connection["login"],
        aws_secret_access_key=connection["password"],
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=8),
    )


def eventually[T](look: Callable[[], T], what: str, seconds: float = 30) -> T:
    """What a look finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.1)
    return found


@dataclass(frozen=True)
class Called:
    """What came back from a function."""

    error: str | None
    answer: Any


@dataclass(frozen=True)
class Function:
    name: str

    def __call__(self, event: Any = None) -> Called:
        response = client("lambda").invoke(
            FunctionName=self.name, Payload=json.dumps(event or {}).encode()
        )
        return Called(response.get("FunctionError"), json.loads(response["Payload"].read()))

    def log(self, until: str) -> list[str]:
        """The lines of the function's log group, as soon as one has a text in it."""
        return eventually(lambda: self._log(until), f"'{until}' in the log of {self.name}")

    def _log(self, until: str) -> list[str]:
        logs = client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{self.name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        lines = [event["message"].rstrip("\n") for event in events]
        return lines if any(until in line for line in lines) else []


@pytest.fixture
def function() -> Iterator[Callable[..., Function]]:
    """Makes functions out of the text of a handler; they are deleted in the end."""
    made: list[str] = []

    def make(
        code: str,
        *,
        timeout: int = 10,
        memory: int = 128,
        runtime: str = "python3.13",
        **variables: str,
    ) -> Function:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("code.py", "")  # a module of the standard library has this name
            file.writestr("function.py", dedent(code))
        name = f"test-{uuid.uuid4().hex[:12]}"
        client("lambda").create_function(
            FunctionName=name,
            Runtime=runtime,
            Role=ROLE,
            Handler="function.handler",
            Code={"ZipFile": archive.getvalue()},
            Timeout=timeout,
            MemorySize=memory,
            Environment={"Variables": variables},
        )
        made.append(name)
        client("lambda").get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1}
        )
        return Function(name)

    yield make
    aws = client("lambda")
    for name in made:
        with suppress(aws.exceptions.ResourceNotFoundException):  # a test deleted it
            aws.delete_function(FunctionName=name)


@pytest.fixture
def stream() -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    yield name
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def put(stream: str, *values: Any) -> list[str]:
    """Put values on a stream; their sequence numbers."""
    response = client("kinesis").put_records(
        StreamName=stream,
        Records=[{"Data": json.dumps(v).encode(), "PartitionKey": "k"} for v in values],
    )
    assert response["FailedRecordCount"] == 0
    return [record["SequenceNumber"] for record in response["Records"]]
