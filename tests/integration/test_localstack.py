"""LocalStack's functions as processes: what a real Lambda function may rely on, they may too."""

import base64
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from stack import processes
from stack.profiles import Profile
from tests.localstack import Called, Function, client, eventually, function, put, stream

__all__ = ["function", "stream"]


def test_a_function_gets_its_event_and_its_answer_comes_back(function: Any) -> None:
    echo = function("def handler(event, context):\n    return {'got': event}")

    assert echo({"ville": "Thiès"}) == Called(None, {"got": {"ville": "Thiès"}})


def test_a_function_has_the_environment_of_the_real_one(function: Any) -> None:
    tell = function(
        """
        import os

        def handler(event, context):
            return {
                **os.environ,
                "remaining": context.get_remaining_time_in_millis(),
                "arn": context.invoked_function_arn,
                "cwd": os.getcwd(),
            }
        """,
        timeout=7,
        memory=256,
        TABLE="dataflow_mongo",
    )

    told = tell().answer

    assert told["AWS_LAMBDA_FUNCTION_NAME"] == tell.name
    assert told["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert told["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{tell.name}"
    assert told["AWS_REGION"] == told["AWS_DEFAULT_REGION"] == "us-east-1"
    assert told["AWS_ENDPOINT_URL"] == client("lambda").meta.endpoint_url
    assert told["TABLE"] == "dataflow_mongo"
    assert told["AWS_ACCESS_KEY_ID"]
    assert told["cwd"] == told["LAMBDA_TASK_ROOT"]
    assert 6_000 < told["remaining"] <= 7_000
    assert told["arn"].endswith(f":function:{tell.name}")
    assert not [name for name in told if name.startswith(("AIRFLOW", "DATAFLOW360", "STACK_DY"))]


def test_a_function_reaches_the_apis_with_no_more_than_its_environment(function: Any) -> None:
    ask = function(
        """
        import boto3

        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Account"]
        """
    )

    assert ask() == Called(None, "000000000000")


def test_what_it_prints_and_logs_is_in_its_log_group(function: Any) -> None:
    speak = function(
        """
        import logging
        import sys

        def handler(event, context):
            print("printed", event["n"])
            print("to stderr", file=sys.stderr)
            logging.getLogger().error("logged")
        """
    )

    speak({"n": 1})
    lines = speak.log(until="REPORT")

    assert lines[0].startswith("START RequestId: ")
    assert "printed 1" in lines
    assert "to stderr" in lines
    assert [line for line in lines if line.startswith("[ERROR]") and line.endswith("logged")]
    assert lines[-1].startswith("REPORT RequestId: ")
    assert "Init Duration" in lines[-1]


def test_an_exception_is_the_answer_and_in_the_log(function: Any) -> None:
    fail = function("def handler(event, context):\n    raise ValueError('no such city')")

    called = fail()

    assert called.error == "Unhandled"
    assert called.answer["errorType"] == "ValueError"
    assert called.answer["errorMessage"] == "no such city"
    assert "function.py" in called.answer["stackTrace"][0]
    assert [line for line in fail.log(until="REPORT") if "[ERROR] ValueError" in line]


def test_a_function_that_cannot_be_loaded_says_why_each_time(function: Any) -> None:
    broken = function("import no_such_module\n\ndef handler(event, context): ...")

    for called in (broken(), broken()):
        assert called.error == "Unhandled"
        assert called.answer["errorType"] == "Runtime.ImportModuleError"
        assert "no_such_module" in called.answer["errorMessage"]
    assert [line for line in broken.log(until="REPORT") if "no_such_module" in line]


def test_one_process_serves_many_invocations(function: Any) -> None:
    count = function(
        """
        import os

        calls = 0

        def handler(event, context):
            global calls
            calls += 1
            return [os.getpid(), calls]
        """
    )

    [first_pid, *first], [second_pid, *second] = count().answer, count().answer

    assert first_pid == second_pid
    assert (first, second) == ([1], [2])


def test_invocations_at_once_have_a_process_each(function: Any) -> None:
    slow = function(
        """
        import os
        import time

        def handler(event, context):
            time.sleep(1)
            return os.getpid()
        """
    )

    with ThreadPoolExecutor() as pool:
        answers = [called.answer for called in pool.map(slow, [{}] * 3)]

    assert len(set(answers)) == 3


def test_a_function_that_takes_too_long_is_killed_and_the_next_call_works(function: Any) -> None:
    sleep = function(
        """
        import os
        import time

        def handler(event, context):
            print("begun", flush=True)
            time.sleep(event["seconds"])
            return os.getpid()
        """,
        timeout=1,
    )
    pid = sleep({"seconds": 0}).answer

    called = sleep({"seconds": 60})

    assert called.error == "Unhandled"
    assert called.answer["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert not psutil.pid_exists(pid)
    assert sleep({"seconds": 0}).error is None
    lines = sleep.log(until="Task timed out")
    assert lines.count("begun") >= 2


def test_a_function_that_dies_fails_its_call_and_the_next_one_works(function: Any) -> None:
    die = function(
        """
        import os

        def handler(event, context):
            if event.get("signal"):
                os.kill(os.getpid(), event["signal"])
            if event.get("exit") is not None:
                os._exit(event["exit"])
            return "alive"
        """
    )

    killed, exited = die({"signal": signal.SIGKILL}), die({"exit": 3})

    assert killed.error == exited.error == "Unhandled"
    assert killed.answer["errorType"] == exited.answer["errorType"] == "Runtime.ExitError"
    assert killed.answer["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert exited.answer["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert die() == Called(None, "alive")


def test_a_process_killed_between_two_calls_is_replaced(function: Any) -> None:
    tell = function("import os\n\ndef handler(event, context):\n    return os.getpid()")
    pid = tell().answer

    process = psutil.Process(pid)
    process.kill()
    eventually(lambda: has_ended(process), "end of the process")
    called = tell()

    assert called.error is None
    assert called.answer != pid


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone, or waits for its parent to notice."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_function_may_not_take_more_memory_than_it_has(function: Any) -> None:
    grow = function(
        """
        import time

        def handler(event, context):
            kept = b"x" * event["MiB"] * 2**20
            time.sleep(0.5)
            return len(kept)
        """,
        memory=128,
    )

    assert grow({"MiB": 200}).answer["errorType"] == "Runtime.ExitError"
    assert grow({"MiB": 10}).error is None


def test_a_functions_temporary_files_are_its_own_and_go_with_it(function: Any) -> None:
    write = function(
        """
        import tempfile
        from pathlib import Path

        def handler(event, context):
            path = Path(tempfile.gettempdir())
            before = [file.name for file in path.iterdir()]
            (path / "kept").write_text("x")
            return [str(path), before]
        """
    )

    path, before = write().answer
    again, after = write().answer
    client("lambda").delete_function(FunctionName=write.name)

    assert (before, after) == ([], ["kept"])
    assert path == again
    eventually(lambda: not Path(path).exists(), "end of the function's files")


def test_another_runtime_is_refused_with_the_reason(function: Any) -> None:
    other = function("exports.handler = () => 1", runtime="nodejs20.x")

    called = other()

    assert called.error == "Unhandled"
    assert called.answer["errorType"] == "Runtime.InvalidRuntime"
    assert "nodejs20.x" in called.answer["errorMessage"]


def test_every_server_listens_on_the_loopback_interface_only() -> None:
    profile = Profile(Path(os.environ["AIRFLOW_HOME"]).parent.name)
    listening = {
        connection.laddr[:2]
        for program in ("dynamodb", "kinesis", "localstack")
        for process in processes.of_profile(profile, program)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }

    assert len(listening) >= 4
    assert {address.removeprefix("::ffff:") for address, _ in listening} == {"127.0.0.1"}


# ---- stream, mapping, on-failure queue


@pytest.fixture
def queue() -> Iterator[str]:
    url = client("sqs").create_queue(QueueName=f"test-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    yield url
    client("sqs").delete_queue(QueueUrl=url)


@pytest.fixture
def mapping(stream: str, queue: str) -> Iterator[Callable[[Function], None]]:
    """Maps the stream to a function: batches of 10, one retry, then the queue."""
    made: list[str] = []

    def make(function: Function) -> None:
        arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        created = client("lambda").create_event_source_mapping(
            EventSourceArn=f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}",
            FunctionName=function.name,
            BatchSize=10,
            StartingPosition="TRIM_HORIZON",
            MaximumRetryAttempts=1,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": arn["Attributes"]["QueueArn"]}},
        )
        made.append(created["UUID"])

    yield make
    for uuid_ in made:
        client("lambda").delete_event_source_mapping(UUID=uuid_)


CONSUMER = """
import base64
import json
import os

def handler(event, context):
    failures = []
    for record in event["Records"]:
        value = json.loads(base64.b64decode(record["kinesis"]["data"]))
        if value == "poison":
            failures.append({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
            continue
        if value == "kill once" and not os.path.exists(os.environ["MARK"]):
            open(os.environ["MARK"], "w").close()
            os.kill(os.getpid(), 9)
        print("value", value)
    return {"batchItemFailures": failures}
"""


def test_a_poison_record_goes_to_the_queue_and_blocks_no_shard(
    function: Any, stream: str, queue: str, mapping: Any
) -> None:
    consume = function(CONSUMER)
    numbers = put(stream, 1, 2, "poison", 3)
    mapping(consume)
    put(stream, 4)

    lines = consume.log(until="value 4")
    message = eventually(
        lambda: client("sqs").receive_message(QueueUrl=queue).get("Messages"), "message"
    )

    assert {"value 1", "value 2", "value 3", "value 4"} <= set(lines)
    body = json.loads(message[0]["Body"])
    assert body["KinesisBatchInfo"]["startSequenceNumber"] == numbers[2]
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_batch_whose_process_is_killed_is_given_again(
    function: Any, stream: str, mapping: Any, tmp_path: Path
) -> None:
    consume = function(CONSUMER, MARK=str(tmp_path / "mark"))
    put(stream, 1, "kill once", 2)
    mapping(consume)

    lines = consume.log(until="value 2")

    assert "value kill once" in lines
    assert [line for line in lines if line.endswith("Runtime exited with error: signal: killed")]


def test_a_record_of_a_mebibyte_reaches_the_function(
    function: Any, stream: str, mapping: Any
) -> None:
    measure = function(
        """
        import base64

        def handler(event, context):
            for record in event["Records"]:
                print("bytes", len(base64.b64decode(record["kinesis"]["data"])))
        """
    )
    data = base64.b64encode(os.urandom(786_000))
    client("kinesis").put_record(StreamName=stream, Data=data, PartitionKey="k")
    mapping(measure)

    assert measure.log(until=f"bytes {len(data)}")


# ---- DynamoDB


def test_dynamodb_is_the_real_engine(stream: str) -> None:
    dynamodb = client("dynamodb")
    table = {
        "TableName": stream,  # a name that nobody else has
        "KeySchema": [{"AttributeName": "ville", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "ville", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    dynamodb.create_table(**table)
    dynamodb.get_waiter("table_exists").wait(TableName=stream, WaiterConfig={"Delay": 1})
    newer = {"ville": {"S": "Dakar"}, "timestamp": {"N": "2"}}
    older = {"ville": {"S": "Dakar"}, "timestamp": {"N": "1"}}
    condition = {
        "ConditionExpression": "attribute_not_exists(ville) OR #t < :t",
        "ExpressionAttributeNames": {"#t": "timestamp"},
    }

    dynamodb.put_item(
        TableName=stream, Item=newer, **condition, ExpressionAttributeValues={":t": {"N": "2"}}
    )
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(
            TableName=stream, Item=older, **condition, ExpressionAttributeValues={":t": {"N": "1"}}
        )

    assert dynamodb.scan(TableName=stream)["Items"] == [newer]
    description = dynamodb.describe_table(TableName=stream)["Table"]
    assert description["TableArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{stream}"
    dynamodb.delete_table(TableName=stream)
