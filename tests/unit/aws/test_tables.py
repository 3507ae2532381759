"""What the two tables hold, and when an observation is at its end in them."""

from typing import Any

import boto3
import orjson
import pytest
from botocore.stub import Stubber
from tenacity import wait_none

from dataflow360.errors import RetriableError
from dataflow360.stores import dynamodb_tables
from dataflow360.stores.dynamodb_tables import Held, digest, hold, is_same

HOUR = 1731400000
DATA = orjson.dumps(
    {
        "ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS",
        "data": {"temp": 30, "pm2_5": 12.25, "aqi": 2}, "timestamp": HOUR,
    }
)  # fmt: skip
ITEM = {
    "ville": {"S": "Dakar"}, "date": {"S": "2024-11-12T08:26:40+00:00"}, "pays": {"S": "Sénégal"},
    "aeroport": {"S": "DSS"}, "air_quality": {"S": "correcte"}, "timestamp": {"N": str(HOUR)},
    "temp": {"N": "30"}, "pm2_5": {"N": "12.25"}, "aqi": {"N": "2"},
}  # fmt: skip


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "dynamodb", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(dynamodb_tables, "_PAUSE", wait_none())


def test_an_item_is_the_same_when_it_holds_what_the_record_tells():
    assert is_same(ITEM, DATA)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param({"temp": {"N": "30.1"}}, id="another-value"),
        pytest.param({"no2": {"N": "1"}}, id="a-measurement-more"),
        pytest.param({"pays": {"S": "Mali"}}, id="another-country"),
        pytest.param({"aeroport": {"S": "BKO"}}, id="another-airport"),
    ],
)
def test_an_item_that_holds_something_else_is_another(spoil):
    assert not is_same(ITEM | spoil, DATA)
    assert digest(ITEM | spoil) != digest(ITEM)


def test_an_item_that_lacks_a_measurement_is_another():
    less = {name: value for name, value in ITEM.items() if name != "pm2_5"}
    assert not is_same(less, DATA)


def test_a_digest_does_not_depend_on_the_order_of_attributes():
    assert digest(dict(reversed(ITEM.items()))) == digest(ITEM)


@pytest.mark.parametrize(
    ("history", "newest", "is_at_end"),
    [
        ({}, {}, False),
        ({("Dakar", HOUR): ITEM}, {}, False),
        ({("Dakar", HOUR): ITEM}, {"Dakar": HOUR - 1}, False),
        ({("Dakar", HOUR): ITEM}, {"Dakar": HOUR}, True),
        ({("Dakar", HOUR): ITEM}, {"Dakar": HOUR + 3600}, True),
        ({}, {"Dakar": HOUR + 3600}, False),
        ({("Dakar", HOUR - 1): ITEM}, {"Dakar": HOUR}, False),
    ],
)
def test_an_observation_is_at_its_end_in_both_tables(history, newest, is_at_end):
    assert (Held(history, newest).item(("Dakar", HOUR)) is not None) == is_at_end


def wanted(table: str, *keys: dict[str, Any], whole: bool = True) -> dict[str, Any]:
    told = {
        "ProjectionExpression": "ville, #timestamp",
        "ExpressionAttributeNames": {"#timestamp": "timestamp"},
    }
    asked = {"Keys": list(keys), "ConsistentRead": True} | ({} if whole else told)
    return {"RequestItems": {table: asked}}


def key(ville: str, moment: int | None = None) -> dict[str, Any]:
    return {"ville": {"S": ville}} | ({} if moment is None else {"timestamp": {"N": str(moment)}})


def test_keys_that_dynamodb_leaves_out_are_asked_for_again(client):
    history, state = "dataflow_mongo_history", "dataflow_mongo"
    other = ITEM | key("Bamako", HOUR)
    with Stubber(client) as stub:
        stub.add_response(
            "batch_get_item",
            {
                "Responses": {history: [other]},
                "UnprocessedKeys": {history: {"Keys": [key("Dakar", HOUR)]}},
            },
            wanted(history, key("Bamako", HOUR), key("Dakar", HOUR)),
        )
        stub.add_response(
            "batch_get_item",
            {"Responses": {history: [ITEM]}, "UnprocessedKeys": {}},
            wanted(history, key("Dakar", HOUR)),
        )
        stub.add_response(
            "batch_get_item",
            {"Responses": {state: [ITEM]}, "UnprocessedKeys": {}},
            wanted(state, key("Bamako"), key("Dakar"), whole=False),
        )
        held = hold(client, [("Dakar", HOUR), ("Bamako", HOUR), ("Dakar", HOUR)])
        stub.assert_no_pending_responses()
    assert held == Held({("Dakar", HOUR): ITEM, ("Bamako", HOUR): other}, {"Dakar": HOUR})


def test_keys_that_stay_unread_for_a_minute_are_left_to_the_next_try(client, monkeypatch):
    monkeypatch.setattr(dynamodb_tables, "_GIVE_UP_SECONDS", 0.0)
    left = {"dataflow_mongo_history": {"Keys": [key("Dakar", HOUR)]}}
    with Stubber(client) as stub:
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left})
        with pytest.raises(RetriableError, match=r"left 1 of 1 keys of dataflow_mongo_history"):
            hold(client, [("Dakar", HOUR)])


def test_no_observations_ask_nothing(client):
    with Stubber(client):
        assert hold(client, []) == Held({}, {})
