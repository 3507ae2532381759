"""The serverless path in an AWS region of the tests' own: set up, torn down, looked at."""

import json
import time
import uuid
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from dataflow360 import names
from dataflow360.aws import function, setup
from dataflow360.aws.arns import Arns
from dataflow360.aws.package import consumer_zip
from dataflow360.aws.request import SetupRequest
from dataflow360.clients import aws as clients
from dataflow360.clients.aws import look_up

#: A region of the tests' own: what they break is nobody else's.
REGION = "eu-west-3"

Item = dict[str, Any]


#: Making a client takes longer than most calls; all tests of a module run in the same region.
client = cache(clients.client)


def forget_clients() -> None:
    client.cache_clear()
    arns.cache_clear()


@cache
def arns() -> Arns:
    return Arns.of(client("sts"))


def set_up(request: SetupRequest | None = None, code: bytes | None = None) -> dict[str, str]:
    """All steps of aws_setup but the canary, and what each has done."""
    request = request or SetupRequest()
    stream = setup.ensure_stream(client("kinesis"), request.shards)
    return {
        "stream": stream,
        "state": setup.ensure_state_table(client("dynamodb")),
        "history": setup.ensure_history_table(client("dynamodb")),
        "queue": setup.ensure_queue(client("sqs")),
        "log_group": setup.ensure_log_group(client("logs")),
        "role": function.ensure_role(client("iam"), arns()),
        "function": function.ensure_function(client("lambda"), arns(), code or consumer_zip()),
        "mapping": function.ensure_mapping(client("lambda"), arns(), request, stream=stream),
    }


def delete(*resources: str) -> None:
    """Delete resources, if they are there, and wait until they are gone."""
    for resource in resources:
        _DELETE[resource]()


def _delete_mapping() -> None:
    if mapping := function.find_mapping(client("lambda"), arns()):
        client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
        wait_until(lambda: function.find_mapping(client("lambda"), arns()) is None)


def _delete_stream() -> None:
    kinesis = client("kinesis")
    # Asked first: kinesis-mock refuses to delete a stream that it does not have, and half a second
    # later still removes the one that has been made meanwhile.
    if look_up(kinesis.describe_stream_summary, StreamName=names.STREAM) is None:
        return
    kinesis.delete_stream(StreamName=names.STREAM, EnforceConsumerDeletion=True)
    kinesis.get_waiter("stream_not_exists").wait(
        StreamName=names.STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def _delete_table(name: str) -> None:
    look_up(client("dynamodb").delete_table, TableName=name)
    client("dynamodb").get_waiter("table_not_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def _delete_queue() -> None:
    if found := look_up(client("sqs").get_queue_url, QueueName=names.FAILURE_QUEUE):
        client("sqs").delete_queue(QueueUrl=found["QueueUrl"])


def _delete_role() -> None:
    role = {"RoleName": arns().role_name}
    look_up(client("iam").delete_role_policy, **role, PolicyName=arns().role_name)
    look_up(client("iam").delete_role, **role)


_DELETE: dict[str, Callable[[], Any]] = {
    "mapping": _delete_mapping,
    "function": lambda: look_up(client("lambda").delete_function, FunctionName=names.FUNCTION),
    "role": _delete_role,
    "log_group": lambda: look_up(client("logs").delete_log_group, logGroupName=names.LOG_GROUP),
    "queue": _delete_queue,
    "state": lambda: _delete_table(names.STATE_TABLE),
    "history": lambda: _delete_table(names.HISTORY_TABLE),
    "stream": _delete_stream,
}


def city() -> str:
    """A city that no other test knows."""
    return f"ville-{uuid.uuid4()}"


def observation(ville: str, timestamp: int = 1731400000, **data: Any) -> dict[str, Any]:
    return {
        "ville": ville, "pays": "Sénégal", "aeroport": "DSS",
        "data": data or {"temp": 30, "pm2_5": 12}, "timestamp": timestamp,
    }  # fmt: skip


def put(*payloads: dict[str, Any] | bytes, key: str = "1") -> list[str]:
    """Put records on the stream in this order, all in one shard; their sequence numbers."""
    entries = [
        {
            "Data": payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
            "PartitionKey": key,
        }
        for payload in payloads
    ]
    answer = client("kinesis").put_records(StreamName=names.STREAM, Records=entries)
    assert answer["FailedRecordCount"] == 0, answer
    return [record["SequenceNumber"] for record in answer["Records"]]


def state(ville: str) -> Item | None:
    found = client("dynamodb").get_item(
        TableName=names.STATE_TABLE, Key={"ville": {"S": ville}}, ConsistentRead=True
    )
    return plain(found["Item"]) if "Item" in found else None


def history(ville: str) -> list[Item]:
    """All observations of a city, the oldest first."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=names.HISTORY_TABLE,
            KeyConditionExpression="ville = :ville",
            ExpressionAttributeValues={":ville": {"S": ville}},
            ConsistentRead=True,
        )
    )
    return [plain(item) for page in pages for item in page["Items"]]


def forget(ville: str) -> None:
    """Delete what both tables hold of a city."""
    dynamodb, key = client("dynamodb"), {"ville": {"S": ville}}
    for item in history(ville):
        moment = {"timestamp": {"N": str(item["timestamp"])}}
        dynamodb.delete_item(TableName=names.HISTORY_TABLE, Key=key | moment)
    dynamodb.delete_item(TableName=names.STATE_TABLE, Key=key)


def plain(item: dict[str, Any]) -> Item:
    deserialise = TypeDeserializer().deserialize
    return {name: deserialise(value) for name, value in item.items()}


def failed() -> list[dict[str, Any]]:
    """What lies in the failure queue; it stays there for a while that is over at once."""
    url = client("sqs").get_queue_url(QueueName=names.FAILURE_QUEUE)["QueueUrl"]
    found: dict[str, dict[str, Any]] = {}
    while (
        messages := client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=2)
        .get("Messages")
    ):
        found |= {each["MessageId"]: json.loads(each["Body"]) for each in messages}
    return list(found.values())


def given_up(number: str) -> bool:
    """Whether a message of the failure queue names a record."""
    ranges = [message["KinesisBatchInfo"] for message in failed()]
    return any(
        int(each["startSequenceNumber"]) <= int(number) <= int(each["endSequenceNumber"])
        for each in ranges
    )


def log_lines() -> Iterable[dict[str, Any]]:
    """The lines that the function itself has written."""
    pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=names.LOG_GROUP)
    for page in pages:
        for event in page["events"]:
            for line in event["message"].splitlines():
                if line.startswith("{"):
                    yield json.loads(line)


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """The first truthy value of a condition."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "this has not come true in time"
        time.sleep(0.2)
    return value
