"""Records go on the stream in full batches, and those that are refused go again."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from tenacity import wait_none

from dataflow360.errors import FatalError, RetriableError
from dataflow360.streams import kinesis
from dataflow360.streams.kinesis import (
    MOST_BYTES,
    MOST_RECORD_BYTES,
    MOST_RECORDS,
    Place,
    Record,
    full_batches,
)

STREAM = "weather_stream"
THROTTLED = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream weather_stream.",
}


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "kinesis", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(kinesis, "_PAUSE", wait_none())


def records(count: int) -> list[Record]:
    return [Record(f"ville-{number}", b'{"number": %d}' % number) for number in range(count)]


def entries(some: list[Record]) -> dict[str, Any]:
    wanted = [{"Data": record.data, "PartitionKey": record.key} for record in some]
    return {"StreamName": STREAM, "Records": wanted}


def answer(results: list[int | dict[str, str]]) -> dict[str, Any]:
    """What Kinesis answers: a number for a record that it has taken, or an error."""
    told = [
        each
        if isinstance(each, dict)
        else {"ShardId": "shardId-000000000000", "SequenceNumber": str(each)}
        for each in results
    ]
    failed = sum("ErrorCode" in each for each in told)
    return {"Records": told, **({"FailedRecordCount": failed} if failed else {})}


def test_many_records_are_few_calls(client):
    some = records(1_200)
    with Stubber(client) as stub:
        for start in (0, 500, 1_000):
            part = some[start : start + 500]
            taken = answer(list(range(start, start + len(part))))
            stub.add_response("put_records", taken, entries(part))
        places = kinesis.put(client, STREAM, some)
        stub.assert_no_pending_responses()
    assert places == [Place("shardId-000000000000", str(number)) for number in range(1_200)]


def test_only_the_refused_are_put_again_and_places_keep_the_order(client):
    some = records(4)
    with Stubber(client) as stub:
        stub.add_response("put_records", answer([10, THROTTLED, 11, THROTTLED]), entries(some))
        stub.add_response("put_records", answer([THROTTLED, 12]), entries([some[1], some[3]]))
        stub.add_response("put_records", answer([13]), entries([some[1]]))
        places = kinesis.put(client, STREAM, some)
        stub.assert_no_pending_responses()
    assert [place.sequence for place in places] == ["10", "13", "11", "12"]


def test_a_stream_that_refuses_for_a_minute_is_left_to_the_next_try(client, monkeypatch):
    monkeypatch.setattr(kinesis, "_GIVE_UP_SECONDS", 0.0)
    failure = {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure"}
    with Stubber(client) as stub:
        stub.add_response("put_records", answer([THROTTLED, 1, failure, THROTTLED]))
        with pytest.raises(RetriableError) as caught:
            kinesis.put(client, STREAM, records(4))
    assert str(caught.value).startswith(
        "The stream weather_stream has refused 3 of 4 records for 0 s "
        "(2 x ProvisionedThroughputExceededException, 1 x InternalFailure); this task tries again"
    )


def test_nothing_to_put_calls_nobody(client):
    with Stubber(client):
        assert kinesis.put(client, STREAM, []) == []


def test_a_record_that_no_stream_takes_is_named(client):
    too_large = Record("Dakar", b"x" * (MOST_RECORD_BYTES - 4))
    assert too_large.size == MOST_RECORD_BYTES + 1
    with Stubber(client), pytest.raises(FatalError, match=r"key 'Dakar' has 1,048,577 bytes"):
        kinesis.put(client, STREAM, [too_large])


@given(st.lists(st.integers(1, MOST_RECORD_BYTES - 5), max_size=40), st.integers(0, 600))
def test_batches_are_as_full_as_the_limits_allow(sizes, small):
    some = [Record("Dakar", b"x" * size) for size in sizes] + records(small)
    batches = list(full_batches(some))
    assert [record for batch in batches for record in batch] == some
    held = [sum(record.size for record in batch) for batch in batches]
    assert all(0 < len(batch) <= MOST_RECORDS for batch in batches)
    assert all(size <= MOST_BYTES for size in held)
    for batch, size, following in zip(batches, held, batches[1:], strict=False):
        assert len(batch) == MOST_RECORDS or size + following[0].size > MOST_BYTES
