"""A stretch of a shard, as far as Kinesis has it still."""

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from dataflow360.streams.kinesis_reading import read

SHARD = "shardId-000000000000"


@pytest.fixture
def kinesis():
    client = boto3.client(
        "kinesis", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def answer(*numbers: int, behind: int = 0, next_iterator: str | None = "next") -> dict:
    records = [
        {"SequenceNumber": str(number), "Data": b"%d" % number, "PartitionKey": "k"}
        for number in numbers
    ]
    end = {"NextShardIterator": next_iterator} if next_iterator else {}
    return {"Records": records, "MillisBehindLatest": behind, **end}


def numbers(client) -> list[int]:
    return [int(each.place.sequence) for each in read(client, "stream", SHARD, 3, 7)]


def test_reading_ends_with_the_last_record_and_waits_out_empty_answers(kinesis):
    client, stubber = kinesis
    stubber.add_response("get_shard_iterator", {"ShardIterator": "first"})
    for each in (answer(3, 4, behind=9), answer(behind=9), answer(6, 7, 8)):
        stubber.add_response("get_records", each)
    assert numbers(client) == [3, 4, 6, 7]


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ([answer(5, 6, behind=1), answer(9, behind=1)], [5, 6]),
        ([answer(2, 3), answer()], [3]),
        ([answer(4, next_iterator=None)], [4]),
        ([answer()], []),
    ],
    ids=["the-first-have-expired", "the-tip", "a-closed-shard", "nothing"],
)
def test_what_is_left_is_read(kinesis, answers, left):
    client, stubber = kinesis
    stubber.add_response("get_shard_iterator", {"ShardIterator": "first"})
    for each in answers:
        stubber.add_response("get_records", each)
    assert numbers(client) == left


SUMMARY = {
    "StreamName": "stream", "StreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/stream",
    "StreamStatus": "ACTIVE", "RetentionPeriodHours": 24, "StreamCreationTimestamp": 0,
    "EnhancedMonitoring": [], "OpenShardCount": 1,
}  # fmt: skip
OLDEST = {"StreamName": "stream", "ShardId": SHARD, "ShardIteratorType": "TRIM_HORIZON"}


@pytest.mark.parametrize("said", ["InvalidArgumentException", "ResourceNotFoundException"])
def test_after_a_number_that_has_expired_reading_begins_with_the_oldest_that_is_left(kinesis, said):
    client, stubber = kinesis
    stubber.add_client_error("get_shard_iterator", said)
    stubber.add_response("describe_stream_summary", {"StreamDescriptionSummary": SUMMARY})
    stubber.add_response("get_shard_iterator", {"ShardIterator": "first"}, OLDEST)
    stubber.add_response("get_records", answer(6, 8))
    assert numbers(client) == [6]


def test_a_shard_that_is_no_more_has_no_records(kinesis):
    client, stubber = kinesis
    stubber.add_client_error("get_shard_iterator", "ResourceNotFoundException")
    stubber.add_response("describe_stream_summary", {"StreamDescriptionSummary": SUMMARY})
    stubber.add_client_error("get_shard_iterator", "ResourceNotFoundException")
    assert numbers(client) == []


def test_without_its_stream_nothing_is_taken_for_gone(kinesis):
    client, stubber = kinesis
    stubber.add_client_error("get_shard_iterator", "ResourceNotFoundException")
    stubber.add_client_error("describe_stream_summary", "ResourceNotFoundException")
    with pytest.raises(ClientError):
        numbers(client)


def test_a_stream_that_is_busy_is_another_matter(kinesis):
    client, stubber = kinesis
    stubber.add_client_error("get_shard_iterator", "ProvisionedThroughputExceededException")
    with pytest.raises(ClientError):
        numbers(client)
