"""A server of AWS that is killed: what is in streams and tables is still there when it is back."""

import time

import botocore.exceptions
import psutil

from stack import processes, supervisor
from stack.profiles import Profile
from tests.localstack import client, eventually, function, put, stream

__all__ = ["function", "stream"]


def kill(profile: Profile, program: str) -> list[int]:
    """kill -9 a program of the stack and wait until it answers again; what it had started."""
    (pid,) = [state.pid for state in supervisor.states(profile) if state.name == program]
    children = [process.pid for process in psutil.Process(pid).children(recursive=True)]
    psutil.Process(pid).kill()
    eventually(lambda: not psutil.pid_exists(pid), f"end of {program}")
    eventually(answers, f"answer of {program}", seconds=60)
    return children


def answers() -> bool:
    try:
        client("kinesis").list_streams()
        client("dynamodb").list_tables()
        client("lambda").list_functions()
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
        return False
    return True


def records(stream: str) -> list[bytes]:
    kinesis = client("kinesis")
    # For a moment after its start the server says of each stream that it is being made.
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    found = kinesis.get_records(ShardIterator=iterator["ShardIterator"])
    return [record["Data"] for record in found["Records"]]


def test_localstack_forgets_functions_and_keeps_streams(
    profile: Profile, function, stream: str
) -> None:
    tell = function("import os\n\ndef handler(event, context):\n    return os.getpid()")
    pid = tell().answer
    put(stream, 1, 2, 3)

    children = kill(profile, "localstack")

    assert pid in children
    left = {process.pid for process in processes.of_profile(profile, "localstack")}
    assert not left & set(children)
    assert records(stream) == [b"1", b"2", b"3"]
    assert tell.name not in {
        each["FunctionName"] for each in client("lambda").list_functions()["Functions"]
    }


def test_kinesis_has_what_it_was_given_more_than_a_second_before(
    profile: Profile, stream: str
) -> None:
    put(stream, 1, 2, 3)
    time.sleep(2)

    kill(profile, "kinesis")

    assert records(stream) == [b"1", b"2", b"3"]


def test_dynamodb_has_what_it_was_given(profile: Profile, stream: str) -> None:
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName=stream,  # a name that nobody else has
        KeySchema=[{"AttributeName": "ville", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "ville", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName=stream, Item={"ville": {"S": "Dakar"}})

    kill(profile, "dynamodb")

    assert dynamodb.scan(TableName=stream)["Items"] == [{"ville": {"S": "Dakar"}}]
    dynamodb.delete_table(TableName=stream)
