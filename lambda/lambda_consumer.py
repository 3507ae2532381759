"""Bring weather observations from the Kinesis stream into DynamoDB.

A record of the stream is one observation of a city, as JSON::

    {"ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS",
     "data": {"temp": 30, "pm2_5": 12}, "timestamp": 1731400000}

It becomes an item of two tables: the history, which keeps every observation, and the state, which
keeps the latest of each city. What holds, whatever is delivered twice, late or in disorder:

* writing the same observation again changes nothing, so a batch may be delivered any number of
  times;
* an older observation never replaces a newer state; of two about the same moment, the one that
  comes later in the stream is a correction and wins, in both tables;
* a record that can never be stored is reported by its sequence number, with the reason in the
  log, after all others of its batch have been stored: it is what ends up in the failure queue;
* whatever may work later (throttling, time-outs, a server's fault) is raised, and Lambda delivers
  the whole batch again.

It needs what the Python runtime of Lambda has: the standard library and boto3.
"""

import base64
import json
import os
import random
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from functools import cache
from itertools import batched
from typing import Any

import boto3
from boto3.dynamodb.types import DYNAMODB_CONTEXT, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

STATE_TABLE = os.environ.get("STATE_TABLE", "dataflow_mongo")
HISTORY_TABLE = os.environ.get("HISTORY_TABLE", "dataflow_mongo_history")

#: OpenWeather's index of air quality, 1 to 5, in words.
AIR_QUALITY = ("bonne", "correcte", "moyenne", "mauvaise", "très mauvaise")

_FIELDS = frozenset({"ville", "pays", "aeroport", "data", "timestamp"})
#: The item's own names; a measurement that is called the same gets a prefix.
_OWN_NAMES = frozenset({"ville", "date", "pays", "aeroport", "air_quality", "timestamp"})
_PREFIX = "data_"
_LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
#: DynamoDB's limits are 400 KiB an item, names included, and 2,048 bytes a key. An item is
#: smaller than its JSON, but for the few fields that are added to it.
_MOST_BYTES = 400_000
_MOST_KEY_BYTES = 2_048
#: Powers of ten that DynamoDB's numbers may have.
_SMALLEST, _LARGEST = -130, 125

#: BatchWriteItem takes 25 items.
_BATCH = 25
_WRITERS = 16
_ATTEMPTS = 8
_PAUSE = 0.05  # seconds, doubled each time

type Item = dict[str, Any]


class RefusedError(Exception):
    """A record that can never be stored; the message is the reason."""


class UnprocessedError(Exception):
    """DynamoDB has left items unwritten, however often it was asked: deliver the batch again."""


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Store a batch of records.

    Args:
        event: What Lambda hands over from Kinesis: ``Records``, each with its
            ``kinesis.sequenceNumber`` and, in base64, ``kinesis.data``.
        context: Lambda's context; its ``aws_request_id`` is in every line of the log.

    Returns:
        The sequence numbers of the records that can never be stored, as Lambda's
        ``ReportBatchItemFailures`` has them. Lambda delivers everything from the first of them on
        again, which changes nothing, and gives them up after the mapping's last attempt.

    Raises:
        botocore.exceptions.ClientError: DynamoDB is throttling, ill or does not permit the write.
        botocore.exceptions.BotoCoreError: DynamoDB does not answer.
        UnprocessedError: DynamoDB did not take all items in time.
    """
    request_id = context.aws_request_id
    items: list[Item] = []
    failures: list[dict[str, str]] = []
    for record in event["Records"]:
        number = record["kinesis"]["sequenceNumber"]
        try:
            items.append(item_of(read(record["kinesis"]["data"])))
        except RefusedError as refusal:
            failures.append({"itemIdentifier": number})
            _log("ERROR", "record refused", request_id, sequenceNumber=number, reason=str(refusal))
    dynamodb()  # made here: threads that make clients at once get in each other's way
    # The history comes first: what is the state is in the history.
    kept = _write_history(items)
    newer = _write_states(items)
    _log(
        "INFO",
        "batch stored",
        request_id,
        records=len(event["Records"]),
        refused=len(failures),
        history=kept,
        states=newer,
    )
    return {"batchItemFailures": failures}


# --- Reading: pure functions, from bytes to items ------------------------------------------------


def read(data: str) -> dict[str, Any]:
    """The observation in a record's data, checked.

    Args:
        data: JSON, or JSON in base64.

    Returns:
        The observation; its numbers are ``int`` or ``Decimal``.

    Raises:
        RefusedError: The data are no observation.
    """
    raw = _decoded(data)
    if len(raw) > _MOST_BYTES:
        raise RefusedError(f"it has {len(raw)} bytes, and an item of DynamoDB {_MOST_BYTES}")
    try:
        observation = json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, DecimalException, RecursionError) as error:
        raise RefusedError(f"it is not JSON: {error}") from error
    if not isinstance(observation, dict):
        raise RefusedError("it is JSON, but not an object")
    if missing := sorted(_FIELDS - observation.keys()):
        raise RefusedError(f"{', '.join(missing)} is missing")
    if unknown := sorted(observation.keys() - _FIELDS):
        raise RefusedError(f"{', '.join(map(repr, unknown))} is not a field of an observation")
    for name in ("ville", "pays", "aeroport"):
        _check_text(name, observation[name])
    if len(observation["ville"].encode()) > _MOST_KEY_BYTES:
        raise RefusedError(f"ville is longer than {_MOST_KEY_BYTES} bytes")
    _check_timestamp(observation["timestamp"])
    _check_measurements(observation["data"])
    return observation


def item_of(observation: Mapping[str, Any]) -> Item:
    """The item that an observation becomes.

    Args:
        observation: As :func:`read` returns it.

    Returns:
        ville, date (ISO 8601, UTC), pays, aeroport, timestamp (unix seconds), air_quality (in
        words, when the index is known) and each measurement that has a value.
    """
    measurements = {name: value for name, value in observation["data"].items() if value is not None}
    item: Item = {
        "ville": observation["ville"],
        "date": datetime.fromtimestamp(observation["timestamp"], UTC).isoformat(),
        "pays": observation["pays"],
        "aeroport": observation["aeroport"],
        "timestamp": observation["timestamp"],
    }
    if "aqi" in measurements:
        item["air_quality"] = AIR_QUALITY[int(measurements["aqi"]) - 1]
    for measurement, value in measurements.items():
        name = measurement
        while name in item or name in _OWN_NAMES:
            name = _PREFIX + name
        item[name] = value
    return item


def _decoded(data: str) -> bytes:
    try:
        # No text in base64 begins with a brace.
        if data.lstrip().startswith("{"):
            return data.encode()
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise RefusedError(f"it is neither JSON nor base64: {error}") from error


def _refuse_constant(name: str) -> None:
    raise RefusedError(f"{name} is not a number of JSON")


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(f"{name} is {_shown(value)}, not a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RefusedError(f"{name} has half a character: {error.reason}") from error


def _check_timestamp(value: object) -> None:
    # A truth value is an int to Python.
    if type(value) is not int or not 0 <= value <= _LAST_SECOND:
        raise RefusedError(f"timestamp is {_shown(value)}, not whole seconds since 1970")


def _check_measurements(data: object) -> None:
    if not isinstance(data, dict):
        raise RefusedError(f"data is {_shown(data)}, not an object")
    for name, value in data.items():
        _check_text("the name of a measurement", name)
        if value is None:
            continue
        if type(value) not in {int, Decimal}:
            raise RefusedError(f"data.{name} is {_shown(value)}, not a number")
        _check_number(name, value)
    index = data.get("aqi")
    if index is not None and index not in range(1, len(AIR_QUALITY) + 1):
        raise RefusedError(f"data.aqi is {_shown(index)}, not 1 to {len(AIR_QUALITY)}")


def _check_number(name: str, value: int | Decimal) -> None:
    """DynamoDB keeps 38 digits, and powers of ten within limits."""
    try:
        number = DYNAMODB_CONTEXT.create_decimal(value)
        fits = not number or _SMALLEST <= number.adjusted() <= _LARGEST
    except DecimalException:
        fits = False
    if not fits:
        raise RefusedError(f"data.{name} is {_shown(value)}, beyond the numbers of DynamoDB")


def _shown(value: object) -> str:
    """A value for a message, cut short."""
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 50 else f"{text[:50]}…"  # noqa: PLR2004


# --- Writing -------------------------------------------------------------------------------------


@cache
def dynamodb() -> Any:
    """The client of DynamoDB, one for all batches that this process serves."""
    # Short time-outs and few attempts: the function's own time is limited, and Lambda tries again.
    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=_WRITERS,
    )
    return boto3.client("dynamodb", config=config)


def _write_history(items: Iterable[Item]) -> int:
    """Put every observation into the history; returns how many there are.

    One call must not name a key twice: the later one is kept.
    """
    distinct = {(item["ville"], item["timestamp"]): item for item in items}
    with ThreadPoolExecutor(_WRITERS) as writers:
        for _ in writers.map(_write_batch, batched(distinct.values(), _BATCH, strict=False)):
            pass
    return len(distinct)


def _write_batch(items: Iterable[Item]) -> None:
    """Put up to 25 items, asking again for those that DynamoDB leaves out when it is busy."""
    requests = [{"PutRequest": {"Item": _serialised(item)}} for item in items]
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311
        answer = dynamodb().batch_write_item(RequestItems={HISTORY_TABLE: requests})
        requests = answer.get("UnprocessedItems", {}).get(HISTORY_TABLE, [])
        if not requests:
            return
    raise UnprocessedError(
        f"DynamoDB has left {len(requests)} items of {HISTORY_TABLE} unwritten after {_ATTEMPTS} "
        "attempts; Lambda delivers the batch again."
    )


def _write_states(items: Iterable[Item]) -> int:
    """Make the newest observation of each city its state; returns how many states have changed.

    BatchWriteItem knows no conditions, so each city is a call of its own, several at once.
    """
    newest: dict[str, Item] = {}
    for item in items:
        known = newest.get(item["ville"])
        if known is None or known["timestamp"] <= item["timestamp"]:
            newest[item["ville"]] = item
    with ThreadPoolExecutor(_WRITERS) as writers:
        return sum(writers.map(_write_state, newest.values()))


def _write_state(item: Item) -> bool:
    """Put one item unless the table has a newer one; returns whether it was put."""
    try:
        dynamodb().put_item(
            TableName=STATE_TABLE,
            Item=_serialised(item),
            ConditionExpression="attribute_not_exists(ville) OR #timestamp <= :timestamp",
            ExpressionAttributeNames={"#timestamp": "timestamp"},
            ExpressionAttributeValues={":timestamp": {"N": str(item["timestamp"])}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _serialised(item: Item) -> dict[str, Any]:
    serialise = TypeSerializer().serialize
    return {name: serialise(value) for name, value in item.items()}


def _log(level: str, message: str, request_id: str, **details: object) -> None:
    """Write one line of JSON to the function's log."""
    line = {"level": level, "message": message, "requestId": request_id, **details}
    print(json.dumps(line, ensure_ascii=False))
