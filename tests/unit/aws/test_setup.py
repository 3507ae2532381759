"""What AWS answers that no emulator does: roles that are not known yet, steps that cross."""

import boto3
import pytest
import tenacity
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from dataflow360 import names
from dataflow360.aws import function, looking, setup
from dataflow360.aws.arns import Arns
from dataflow360.errors import FatalError, RetriableError

ARNS = Arns("aws", "us-east-1", "123456789012")


@pytest.fixture
def stubbed(monkeypatch):
    """A client of a service that answers as it is told; nobody waits."""
    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda seconds: None)
    stubs = []

    def of(service: str) -> tuple[object, Stubber]:
        client = boto3.client(
            service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
        )
        stubs.append(Stubber(client))
        stubs[-1].activate()
        return client, stubs[-1]

    yield of
    for stub in stubs:
        stub.assert_no_pending_responses()


def summary(shards: int) -> dict:
    return {
        "StreamDescriptionSummary": {
            "StreamName": names.STREAM, "StreamARN": ARNS.stream, "StreamStatus": "ACTIVE",
            "RetentionPeriodHours": 24, "StreamCreationTimestamp": 0, "EnhancedMonitoring": [],
            "OpenShardCount": shards,
        }
    }  # fmt: skip


def description() -> dict:
    stream = summary(1)["StreamDescriptionSummary"] | {"Shards": [], "HasMoreShards": False}
    del stream["OpenShardCount"]
    return {"StreamDescription": stream}


def test_shards_are_at_most_doubled_or_halved_by_one_call(stubbed):
    kinesis, answers = stubbed("kinesis")
    answers.add_response("describe_stream_summary", summary(1))
    for present, target in ((1, 2), (2, 4), (4, 5)):
        answers.add_response("describe_stream", description())
        answers.add_response("describe_stream_summary", summary(present))
        answers.add_response(
            "update_shard_count",
            {},
            {"StreamName": names.STREAM, "TargetShardCount": target, "ScalingType": ANY},
        )
    answers.add_response("describe_stream", description())
    answers.add_response("describe_stream_summary", summary(5))
    assert setup.ensure_stream(kinesis, 5) == "updated"


def test_a_stream_that_does_not_take_its_shards_is_not_told_for_ever(stubbed):
    kinesis, answers = stubbed("kinesis")
    answers.add_response("describe_stream_summary", summary(2))
    answers.add_response("describe_stream", description())
    answers.add_response("describe_stream_summary", summary(2))
    answers.add_response("update_shard_count", {})
    answers.add_response("describe_stream", description())
    answers.add_response("describe_stream_summary", summary(2))
    with pytest.raises(RetriableError, match="has 2 shards although it was told to have 1"):
        setup.ensure_stream(kinesis, 1)


def test_a_stream_that_another_run_makes_meanwhile_is_looked_at_again(stubbed):
    kinesis, answers = stubbed("kinesis")
    answers.add_client_error("describe_stream_summary", "ResourceNotFoundException")
    answers.add_client_error("create_stream", "ResourceInUseException")
    answers.add_response("describe_stream_summary", summary(1))
    answers.add_response("describe_stream", description())
    answers.add_response("describe_stream_summary", summary(1))
    assert setup.ensure_stream(kinesis, 1) == "unchanged"


def test_an_error_of_another_kind_is_raised_at_once(stubbed):
    kinesis, answers = stubbed("kinesis")
    answers.add_client_error("describe_stream_summary", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        setup.ensure_stream(kinesis, 1)


def test_a_table_with_another_key_is_left_alone(stubbed):
    dynamodb, answers = stubbed("dynamodb")
    table = {
        "Table": {
            "TableName": names.STATE_TABLE, "TableStatus": "ACTIVE",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
    }  # fmt: skip
    for _ in range(3):
        answers.add_response("describe_table", table)
    with pytest.raises(FatalError, match="dataflow_mongo exists with another key than ville"):
        setup.ensure_state_table(dynamodb)


def test_a_function_waits_for_a_role_that_lambda_does_not_know_yet(stubbed):
    lambda_, answers = stubbed("lambda")
    answers.add_client_error("get_function_configuration", "ResourceNotFoundException")
    answers.add_client_error(
        "create_function",
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )
    answers.add_client_error("get_function_configuration", "ResourceNotFoundException")
    answers.add_response("create_function", {})
    answers.add_response("get_function", {"Configuration": {"State": "Active"}})
    assert function.ensure_function(lambda_, ARNS, b"zip") == "created"


def test_looking_again_has_an_end(stubbed, monkeypatch):
    monkeypatch.setattr(looking, "_LOOK_AGAIN_SECONDS", 0)
    kinesis, answers = stubbed("kinesis")
    answers.add_client_error("describe_stream_summary", "ResourceInUseException")
    with pytest.raises(ClientError, match="ResourceInUseException"):
        setup.ensure_stream(kinesis, 1)


def test_the_role_may_do_nothing_to_anything_else():
    statements = function.policy(ARNS)["Statement"]
    assert {each["Resource"] for each in statements} == {
        "arn:aws:kinesis:us-east-1:123456789012:stream/weather_stream",
        "arn:aws:dynamodb:us-east-1:123456789012:table/dataflow_mongo",
        "arn:aws:dynamodb:us-east-1:123456789012:table/dataflow_mongo_history",
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/kinesis_to_dynamo:*",
        "arn:aws:sqs:us-east-1:123456789012:kinesis_to_dynamo_failures",
    }
    actions = {action for each in statements for action in each["Action"]}
    assert not any("*" in action or "Delete" in action for action in actions)
