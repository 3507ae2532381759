"""What Lambda has given up, by the messages that it leaves."""

import json

import pytest

from dataflow360.aws.failure_queue import GivenUp
from dataflow360.streams.kinesis import Place

FIRST = "49545115243490985018280067714973144582180062593244200961"
LAST = "49545115243490985018280067714973144582180062593244200970"
#: From Lambda's documentation.
MESSAGE = {
    "requestContext": {
        "requestId": "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
        "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 1,
    },
    "responseContext": {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
    },
    "version": "1.0",
    "timestamp": "2019-11-14T00:38:06.021Z",
    "KinesisBatchInfo": {
        "shardId": "shardId-000000000001",
        "startSequenceNumber": FIRST,
        "endSequenceNumber": LAST,
        "approximateArrivalOfFirstRecord": "2019-11-14T00:38:04.835Z",
        "approximateArrivalOfLastRecord": "2019-11-14T00:38:05.580Z",
        "batchSize": 500,
        "streamArn": "arn:aws:kinesis:us-east-2:123456789012:stream/mystream",
    },
}  # fmt: skip
SHARD = "shardId-000000000001"


@pytest.mark.parametrize(
    ("place", "is_in"),
    [
        (Place(SHARD, FIRST), True),
        (Place(SHARD, LAST), True),
        (Place(SHARD, str(int(FIRST) + 5)), True),
        (Place(SHARD, str(int(FIRST) - 1)), False),
        (Place(SHARD, str(int(LAST) + 1)), False),
        (Place("shardId-000000000000", FIRST), False),
        # As text it would lie between the two.
        (Place(SHARD, FIRST[:-1]), False),
    ],
)
def test_a_message_names_a_stretch_of_a_shard(place, is_in):
    stretch = GivenUp.of(json.dumps(MESSAGE))
    assert stretch is not None
    assert (place in stretch) == is_in


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "[]", "{}", "not JSON", '{"KinesisBatchInfo": null}',
        json.dumps({"KinesisBatchInfo": {"shardId": SHARD, "startSequenceNumber": FIRST}}),
        json.dumps({"KinesisBatchInfo": MESSAGE["KinesisBatchInfo"] | {"endSequenceNumber": "?"}}),
    ],
)  # fmt: skip
def test_another_message_names_nothing(body):
    assert GivenUp.of(body) is None
