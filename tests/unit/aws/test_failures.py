"""What becomes of each record that Lambda has given up."""

import json

import pytest
from boto3.dynamodb.types import TypeSerializer

from dataflow360.aws import failures
from dataflow360.aws.failure_queue import GivenUp
from dataflow360.aws.failures import judge, loss_of
from dataflow360.stores import dynamodb_tables
from dataflow360.streams import lambda_consumer
from dataflow360.streams.kinesis import Place
from dataflow360.streams.kinesis_reading import Found

SHARD = "shardId-000000000000"
DAKAR = {
    "ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS",
    "data": {"temp": 30.5, "pm2_5": 12, "date": 3, "no": None}, "timestamp": 1731400000,
}  # fmt: skip
LATER = {**DAKAR, "timestamp": 1731403600}


def found(payload: object, number: int = 1) -> Found:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Found(Place(SHARD, str(number)), data)


def item(payload: dict) -> dynamodb_tables.Item:
    made = lambda_consumer.item_of(lambda_consumer.read(found(payload).data))
    return {name: TypeSerializer().serialize(value) for name, value in made.items()}


@pytest.fixture
def held(monkeypatch):
    """Let the tables hold some observations; the state of Dakar is of the given moment."""

    def hold(*payloads: dict, newest: int = 0) -> None:
        history = {(each["ville"], each["timestamp"]): item(each) for each in payloads}

        def look(_client: object, keys: list[dynamodb_tables.Key]) -> dynamodb_tables.Held:
            assert set(keys) <= {("Dakar", 1731400000), ("Dakar", 1731403600)}
            return dynamodb_tables.Held(history, {"Dakar": newest})

        monkeypatch.setattr(failures.dynamodb_tables, "hold", look)

    return hold


def test_what_both_tables_hold_was_stored(held):
    held(DAKAR, newest=1731403600)
    assert judge(None, [found(DAKAR)]) == [None]


def test_what_no_table_holds_is_to_be_replayed(held):
    held(DAKAR, newest=1731400000)
    assert judge(None, [found(DAKAR), found(LATER)]) == [
        None,
        "it is good, but Lambda has given it up and the tables do not hold it",
    ]


def test_what_is_not_its_citys_state_yet_is_not_stored(held):
    held(DAKAR, newest=1731300000)
    assert judge(None, [found(DAKAR)]) == [
        "it is in the history, but Lambda has given it up before it was its city's state"
    ]


@pytest.mark.parametrize(
    "change", [{"temp": 31}, {"temp": 30.5, "pm2_5": 12, "date": 3, "aqi": 1}, {}]
)
def test_another_version_in_the_tables_is_not_taken_for_it(held, change):
    held({**DAKAR, "data": change}, newest=1731400000)
    assert judge(None, [found(DAKAR)]) == [
        "Lambda has given it up, and the tables hold another version of it"
    ]


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (b"{", "it is not JSON: "),
        (bytes(range(256)), "it is not JSON: "),
        ({**DAKAR, "ville": 3}, "ville is 3, not a text"),
        ({name: value for name, value in DAKAR.items() if name != "ville"}, "ville is missing"),
    ],
)
def test_what_the_consumer_refuses_has_its_reason(held, poison, reason):
    held()
    (said,) = judge(None, [found(poison)])
    assert said is not None
    assert said.startswith(reason)


@pytest.mark.parametrize(
    ("numbers", "left"),
    [
        ([], "none is"),
        ([4, 5], "only 4 to 5 are"),
        ([3, 4], "only 3 to 4 are"),
    ],
)
def test_records_that_have_expired_are_named(numbers, left):
    said = loss_of(GivenUp(SHARD, 3, 5), [found(DAKAR, number) for number in numbers])
    assert said == (
        f"of the records 3 to 5 of {SHARD}, which Lambda has given up, {left} on weather_stream "
        "any more: the others have expired"
    )


def test_of_a_whole_stretch_nothing_is_lost():
    # Numbers of a shard have gaps.
    assert loss_of(GivenUp(SHARD, 3, 5), [found(DAKAR, 3), found(DAKAR, 5)]) is None


def test_bytes_that_come_again_are_one_record():
    tally = failures.Tally()
    assert [tally.is_first(raw) for raw in (b"a", b"b", b"a")] == [True, True, False]
    assert (tally.read, tally.refused, tally.repeated) == (3, 2, 1)
