"""What the Lambda function makes of each record, and of DynamoDB's answers."""

import base64
import json
from decimal import Decimal
from types import SimpleNamespace

import boto3
import lambda_consumer
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from hypothesis import assume, example, given
from hypothesis import strategies as st
from lambda_consumer import RefusedError, UnprocessedError, item_of, lambda_handler, read

DAKAR = {
    "ville": "Dakar",
    "pays": "Sénégal",
    "aeroport": "DSS",
    "data": {"temp": 30, "pm2_5": 12},
    "timestamp": 1731400000,
}
CONTEXT = SimpleNamespace(aws_request_id="8e6b0f7a-0000-4000-8000-000000000001")
STATE, HISTORY = "dataflow_mongo", "dataflow_mongo_history"


def encoded(payload: bytes | str) -> str:
    return base64.b64encode(payload if isinstance(payload, bytes) else payload.encode()).decode()


def record(number: int, payload: object) -> dict:
    data = payload if isinstance(payload, bytes | str) else json.dumps(payload)
    return {"kinesis": {"sequenceNumber": str(number), "data": encoded(data)}}


def event(*payloads: object) -> dict:
    return {"Records": [record(number, each) for number, each in enumerate(payloads, start=1)]}


def item(**changes: object) -> dict:
    return item_of(read(encoded(json.dumps(DAKAR | changes))))


def reason(payload: object) -> str:
    text = payload if isinstance(payload, bytes | str) else json.dumps(payload)
    with pytest.raises(RefusedError) as refused:
        read(encoded(text))
    return str(refused.value)


# --- The item ---


def test_the_seeds_own_sample_becomes_an_item():
    assert item() == {
        "ville": "Dakar",
        "date": "2024-11-12T08:26:40+00:00",
        "pays": "Sénégal",
        "aeroport": "DSS",
        "timestamp": 1731400000,
        "temp": 30,
        "pm2_5": 12,
    }


@pytest.mark.parametrize("data", [json.dumps(DAKAR), f"\n {json.dumps(DAKAR)}"])
def test_data_that_are_decoded_already_are_the_same(data):
    assert read(data) == read(encoded(data)) == DAKAR


@pytest.mark.parametrize(
    ("index", "words"),
    [(1, "bonne"), (2, "correcte"), (3, "moyenne"), (4, "mauvaise"), (5, "très mauvaise")],
)
def test_the_quality_of_the_air_is_in_words_and_as_a_number(index, words):
    found = item(data={"aqi": index})
    assert (found["air_quality"], found["aqi"]) == (words, index)


@pytest.mark.parametrize("data", [{}, {"aqi": None}, {"temp": 30}])
def test_without_an_index_the_quality_of_the_air_is_left_out(data):
    assert "air_quality" not in item(data=data)


def test_what_was_not_measured_is_left_out():
    assert "visibility" not in item(data={"temp": 30, "visibility": None})


def test_numbers_keep_the_digits_that_they_came_with():
    found = item_of(read(encoded(json.dumps(DAKAR).replace("30", "12.640"))))
    assert str(found["temp"]) == "12.640"
    assert isinstance(found["temp"], Decimal)


def test_a_measurement_never_hides_what_the_item_is():
    data = {"ville": 1, "timestamp": 2, "air_quality": 3, "data_ville": 4, "date": 5}
    assert item(data=data) == item(data={}) | {
        "data_ville": 1,
        "data_timestamp": 2,
        "data_air_quality": 3,
        "data_data_ville": 4,
        "data_date": 5,
    }


# --- What is refused, and why ---


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        pytest.param("{", "it is not JSON", id="cut-off"),
        pytest.param("", "it is not JSON", id="empty"),
        pytest.param("<html>", "it is not JSON", id="html"),
        pytest.param(b"\xff\xfe\x00", "it is not JSON", id="no-text"),
        pytest.param("[" * 100_000, "it is not JSON", id="bottomless"),
        pytest.param("[1, 2]", "not an object", id="a-list"),
        pytest.param("null", "not an object", id="null"),
        pytest.param({}, "aeroport, data, pays, timestamp, ville is missing", id="nothing"),
        pytest.param(DAKAR | {"humeur": 1}, "'humeur' is not a field", id="unknown-field"),
        pytest.param(DAKAR | {"ville": ""}, "ville is '', not a text", id="no-city"),
        pytest.param(DAKAR | {"ville": " "}, "ville is ' ', not a text", id="blank-city"),
        pytest.param(DAKAR | {"ville": None}, "ville is None", id="null-city"),
        pytest.param(DAKAR | {"ville": "é" * 1025}, "longer than 2048", id="endless-city"),
        pytest.param(DAKAR | {"ville": "\ud800"}, "half a character", id="half-a-character"),
        pytest.param(DAKAR | {"pays": 221}, "pays is 221", id="country-as-a-number"),
        pytest.param(DAKAR | {"aeroport": ["DSS"]}, "aeroport is ['DSS']", id="airports"),
        pytest.param(DAKAR | {"timestamp": "1731400000"}, "timestamp is '1731", id="text-time"),
        pytest.param(DAKAR | {"timestamp": 1731400000.5}, "timestamp is 17314", id="half-second"),
        pytest.param(DAKAR | {"timestamp": True}, "timestamp is True", id="true-time"),
        pytest.param(DAKAR | {"timestamp": -1}, "timestamp is -1", id="before-1970"),
        pytest.param(DAKAR | {"timestamp": 1731400000000}, "timestamp is 1731", id="milliseconds"),
        pytest.param(DAKAR | {"data": [30]}, "data is [30], not an object", id="list-of-data"),
        pytest.param(DAKAR | {"data": None}, "data is None, not an object", id="no-data"),
        pytest.param(DAKAR | {"data": {"temp": "30"}}, "data.temp is '30'", id="text-number"),
        pytest.param(DAKAR | {"data": {"temp": True}}, "data.temp is True", id="truth-value"),
        pytest.param(DAKAR | {"data": {"main": {"temp": 30}}}, "data.main is {'temp'", id="nested"),
        pytest.param(DAKAR | {"data": {"": 30}}, "name of a measurement is ''", id="no-name"),
        pytest.param(DAKAR | {"data": {"temp": float("nan")}}, "NaN is not a number", id="nan"),
        pytest.param(DAKAR | {"data": {"t": float("-inf")}}, "-Infinity is not", id="infinity"),
        pytest.param(
            DAKAR | {"data": {"temp": 10**50 + 1}}, "beyond the numbers", id="many-digits"
        ),
        pytest.param(DAKAR | {"data": {"aqi": 6}}, "data.aqi is 6, not 1 to 5", id="aqi-6"),
        pytest.param(DAKAR | {"data": {"aqi": 2.5}}, "data.aqi is 2.5", id="aqi-between"),
    ],
)
def test_what_can_never_be_stored_is_refused_with_the_reason(payload, why):
    assert why in reason(payload)


@pytest.mark.parametrize("number", ["1e126", "-1e-131", "1e400", "1e99999999999999999999"])
def test_a_number_beyond_dynamodbs_is_refused(number):
    assert reason(json.dumps(DAKAR).replace("30", number))


@pytest.mark.parametrize("number", ["9.9e125", "1e-130", "0", "-0.0", "1" * 38])
def test_a_number_within_dynamodbs_is_not(number):
    assert read(json.dumps(DAKAR).replace("30", number))["data"]["temp"] == Decimal(number)


def test_a_record_of_a_mebibyte_is_refused_before_dynamodb_refuses_its_whole_batch():
    data = {f"mesure_{number}": number for number in range(60_000)}
    payload = json.dumps(DAKAR | {"data": data})
    assert "bytes" in reason(payload + " " * (2**20 - len(payload)))


def test_neither_json_nor_base64_is_refused():
    with pytest.raises(RefusedError, match="neither JSON nor base64"):
        read("Dakar!")


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@example(b'{"ville": NaN}')
def test_no_bytes_crash_it(payload):
    with pytest.raises(RefusedError):
        read(encoded(payload))


measurements = st.dictionaries(
    st.text(min_size=1, max_size=12) | st.sampled_from(["ville", "date", "data_ville"]),
    st.none() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False),
)


@given(measurements)
def test_all_that_is_read_fits_into_a_table(data):
    text = json.dumps(DAKAR | {"data": data})
    try:
        observation = read(text)
    except RefusedError as refused:
        # Doubles reach further than DynamoDB's numbers, and a name may be blank.
        assume("beyond the numbers of DynamoDB" not in str(refused))
        assume("the name of a measurement is" not in str(refused))
        raise
    found = item_of(observation)
    lambda_consumer._serialised(found)
    assert len(found) == 5 + sum(value is not None for value in data.values())


# --- Writing, and DynamoDB's bad days: the real one has them too seldom to be tested ---


@pytest.fixture
def dynamodb(monkeypatch):
    """A client of DynamoDB that answers as it is told."""
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
    )
    monkeypatch.setattr(lambda_consumer, "dynamodb", lambda: client)
    monkeypatch.setattr(lambda_consumer, "_PAUSE", 0)
    monkeypatch.setattr(lambda_consumer, "_WRITERS", 1)  # the stub wants calls in their order
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def put(*observations: dict) -> list[dict]:
    return [
        {"PutRequest": {"Item": lambda_consumer._serialised(item_of(read(json.dumps(each))))}}
        for each in observations
    ]


def takes_history(stub: Stubber, *observations: dict, leaves: tuple[dict, ...] = ()) -> None:
    left = {HISTORY: put(*leaves)} if leaves else {}
    expected = {"RequestItems": {HISTORY: put(*observations)}}
    stub.add_response("batch_write_item", {"UnprocessedItems": left}, expected)


def takes_state(stub: Stubber, observation: dict) -> None:
    expected = {
        "TableName": STATE,
        "Item": put(observation)[0]["PutRequest"]["Item"],
        "ConditionExpression": ANY,
        "ExpressionAttributeNames": ANY,
        "ExpressionAttributeValues": {":timestamp": {"N": str(observation["timestamp"])}},
    }
    stub.add_response("put_item", {}, expected)


def test_a_batch_is_one_call_for_the_history_and_one_for_each_citys_newest(dynamodb):
    older, newer = DAKAR | {"timestamp": 1731396400}, DAKAR
    takes_history(dynamodb, newer, older)
    takes_state(dynamodb, newer)
    assert lambda_handler(event(newer, older), CONTEXT) == {"batchItemFailures": []}


def test_of_two_about_the_same_moment_the_later_one_counts(dynamodb):
    corrected = DAKAR | {"data": {"temp": 31}}
    takes_history(dynamodb, corrected)
    takes_state(dynamodb, corrected)
    lambda_handler(event(DAKAR, corrected), CONTEXT)


def test_only_the_poison_is_reported_and_all_others_are_stored(dynamodb):
    later = DAKAR | {"timestamp": 1731403600}
    takes_history(dynamodb, DAKAR, later)
    takes_state(dynamodb, later)
    answer = lambda_handler(event(DAKAR, "{", later, {"pays": "Mali"}), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "4"}]}


def test_a_batch_of_nothing_but_poison_writes_nothing(dynamodb):
    assert len(lambda_handler(event("{", "}"), CONTEXT)["batchItemFailures"]) == 2


def test_items_that_dynamodb_leaves_out_are_sent_again_and_no_others(dynamodb):
    hours = [DAKAR | {"timestamp": 1731400000 + 3600 * hour} for hour in range(3)]
    takes_history(dynamodb, *hours, leaves=(hours[1],))
    takes_history(dynamodb, hours[1])
    takes_state(dynamodb, hours[2])
    assert lambda_handler(event(*hours), CONTEXT) == {"batchItemFailures": []}


def test_items_that_are_left_out_for_ever_let_the_batch_come_again(dynamodb):
    for _ in range(8):
        takes_history(dynamodb, DAKAR, leaves=(DAKAR,))
    with pytest.raises(UnprocessedError, match="1 items of dataflow_mongo_history"):
        lambda_handler(event(DAKAR), CONTEXT)


def test_a_newer_state_stays(dynamodb):
    takes_history(dynamodb, DAKAR)
    dynamodb.add_client_error("put_item", "ConditionalCheckFailedException")
    assert lambda_handler(event(DAKAR), CONTEXT) == {"batchItemFailures": []}


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
@pytest.mark.parametrize("call", ["batch_write_item", "put_item"])
def test_what_may_work_later_is_raised(dynamodb, call, code):
    if call == "put_item":
        takes_history(dynamodb, DAKAR)
    dynamodb.add_client_error(call, code)
    with pytest.raises(ClientError, match=code):
        lambda_handler(event("{", DAKAR), CONTEXT)


def test_twenty_five_items_are_one_call(dynamodb):
    hours = [DAKAR | {"timestamp": 1731400000 + 3600 * hour} for hour in range(26)]
    takes_history(dynamodb, *hours[:25])
    takes_history(dynamodb, hours[25])
    takes_state(dynamodb, hours[25])
    lambda_handler(event(*hours), CONTEXT)


def test_the_log_is_lines_of_json_with_the_request_id(dynamodb, capsys):
    takes_history(dynamodb, DAKAR)
    takes_state(dynamodb, DAKAR)
    lambda_handler(event("{", DAKAR), CONTEXT)
    refused, stored = map(json.loads, capsys.readouterr().out.splitlines())
    assert {refused["requestId"], stored["requestId"]} == {CONTEXT.aws_request_id}
    assert (refused["level"], refused["sequenceNumber"]) == ("ERROR", "1")
    assert refused["reason"].startswith("it is not JSON")
    assert stored == {
        "level": "INFO", "message": "batch stored", "requestId": CONTEXT.aws_request_id,
        "records": 2, "refused": 1, "history": 1, "states": 1,
    }  # fmt: skip
