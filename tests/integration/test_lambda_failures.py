"""What Lambda gives up ends in quarantine, before it leaves the queue; mended, on the stream."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataflow360 import names
from dataflow360.aws import failure_queue, failures
from dataflow360.aws.failure_queue import GivenUp
from dataflow360.clients import mysql
from dataflow360.pipeline import quarantine
from dataflow360.pipeline.run import Interval, Run
from dataflow360.records.mesures_villes import MESURES_VILLES
from dataflow360.replay import replaying
from dataflow360.replay.request import ReplayRequest
from dataflow360.streams import kinesis_reading
from dataflow360.streams.kinesis import Place
from tests.integration.killing import Point, run_and_kill
from tests.integration.serverless import (
    city,
    client,
    delete,
    history,
    observation,
    put,
    set_up,
    state,
    wait_until,
)

SHARD = "shardId-000000000000"
QUARTER = timedelta(minutes=15)
#: Numbers that no record has had for a long time.
EXPIRED = 49545115243490985018280067714973144582180062593244200961


@pytest.fixture(autouse=True)
def _path(serverless: None) -> None:
    """An empty failure queue."""
    failures.drain(new_run())


def new_run() -> Run:
    start = datetime(2026, 11, 1, tzinfo=UTC) + random.randrange(100_000) * QUARTER
    interval = Interval(start, start + QUARTER)
    return Run(names.FAILURES_DAG, f"test__{uuid.uuid4()}", -1, interval)


def stretch(first: str, last: str, shard: str = SHARD) -> str:
    """A message as Lambda writes it about records of the stream."""
    return json.dumps(
        {
            "requestContext": {"requestId": str(uuid.uuid4()), "condition": "RetriesExhausted"},
            "KinesisBatchInfo": {
                "shardId": shard, "startSequenceNumber": first, "endSequenceNumber": last,
            },
        }
    )  # fmt: skip


def send(body: str) -> None:
    url = client("sqs").get_queue_url(QueueName=names.FAILURE_QUEUE)["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody=body)


def queue() -> list[GivenUp]:
    return failure_queue.peek(client("sqs"))


def is_named(number: str) -> bool:
    """Whether a message of the queue names a record."""
    return any(Place(SHARD, number) in stretch for stretch in queue())


def kept(connection: Any, raw: bytes) -> tuple[str, str] | None:
    """Reason and state of bytes in quarantine; None when they are not there."""
    rows = mysql.fetch(
        connection,
        "SELECT raw, reasons, state FROM dataflow360.quarantine WHERE quarantine_id = %s",
        (quarantine.quarantine_id(names.FAILURES_DAG, MESURES_VILLES.name, raw),),
    )
    if not rows:
        return None
    assert bytes(rows[0][0]) == raw
    return str(rows[0][1]), str(rows[0][2])


def count_kept(connection: Any, ville: str) -> int:
    """How many records of a city are in quarantine."""
    query = "SELECT COUNT(*) FROM dataflow360.quarantine WHERE dag_id = %s AND raw LIKE %s"
    return int(mysql.fetch(connection, query, (names.FAILURES_DAG, f"%{ville}%"))[0][0])


def ledger(connection: Any, run: Run) -> dict[str, Any]:
    columns = ("state", "reason", "rows_read", "rows_quarantined", "rows_duplicate", "rows_stored")
    query = f"SELECT {', '.join(columns)} FROM dataflow360.runs WHERE run_id = %s"
    (row,) = mysql.fetch(connection, query, (run.run_id,))
    return dict(zip(columns, row, strict=True))


def without_city() -> bytes:
    poison = observation("", int(random.randrange(2**31)))
    del poison["ville"]
    return json.dumps(poison).encode()


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (b'{"ville": "Dakar", "n": %d' % random.randrange(2**31), "it is not JSON: "),
        (without_city(), "ville is missing"),
        (bytes(range(128, 256)) + random.randbytes(8), "it is not JSON: "),
    ],
    ids=["no-json", "no-city", "bytes"],
)
def test_poison_ends_in_quarantine_and_the_good_records_around_it_in_the_tables(
    connection: Any, poison: bytes, reason: str
) -> None:
    before, behind, later = city(), city(), city()
    _, number, _ = put(observation(before), poison, observation(behind))
    wait_until(lambda: is_named(number), 90)
    run = new_run()
    assert failures.drain(run) == 1
    said, state_of_it = kept(connection, poison) or ("", "")
    assert said.startswith(reason)
    assert said.endswith(f"(record {number} of {SHARD})")
    assert state_of_it == "open"
    assert queue() == []
    # Behind the poison Lambda has given up what was stored as well.
    assert ledger(connection, run) == {
        "state": "reconciled", "reason": None, "rows_read": 2, "rows_quarantined": 1,
        "rows_duplicate": 0, "rows_stored": 1,
    }  # fmt: skip
    for good in (before, behind):
        assert len(history(good)) == 1
        assert kept(connection, json.dumps(observation(good)).encode()) is None
    put(observation(later))
    wait_until(lambda: state(later))


def test_an_empty_queue_is_said_in_the_ledger(connection: Any) -> None:
    run = new_run()
    assert failures.drain(run) == 0
    assert ledger(connection, run)["state"] == "skipped"
    assert ledger(connection, run)["reason"].endswith("is empty: Lambda has given up nothing.")


def test_records_that_are_all_stored_leave_nothing_but_a_sentence(connection: Any) -> None:
    ville = city()
    (number,) = put(observation(ville))
    wait_until(lambda: state(ville))
    send(stretch(number, number))
    run = new_run()
    assert failures.drain(run) == 0
    assert count_kept(connection, ville) == 0
    assert (
        "given up 1 records by 1 messages, and the tables hold all"
        in (ledger(connection, run)["reason"])
    )
    assert queue() == []


def test_a_message_twice_adds_nothing(connection: Any) -> None:
    ville = city()
    number = lost(observation(ville))
    message = stretch(number, number)
    send(message)
    send(message)
    run = new_run()
    assert failures.drain(run) == 1
    account = ledger(connection, run)
    assert (account["rows_quarantined"], account["rows_duplicate"]) == (1, 1)
    assert count_kept(connection, ville) == 1
    send(message)
    assert failures.drain(new_run()) == 1
    assert count_kept(connection, ville) == 1


def lost(payload: dict[str, Any]) -> str:
    """Put a good record and take it out of the tables again; its number."""
    ville = payload["ville"]
    (number,) = put(payload)
    wait_until(lambda: state(ville))
    forget(ville, payload["timestamp"])
    return number


def forget(ville: str, timestamp: int) -> None:
    dynamodb, key = client("dynamodb"), {"ville": {"S": ville}}
    dynamodb.delete_item(TableName=names.STATE_TABLE, Key=key)
    dynamodb.delete_item(
        TableName=names.HISTORY_TABLE, Key=key | {"timestamp": {"N": str(timestamp)}}
    )


@pytest.mark.parametrize("shard", [SHARD, "shardId-000000000077"], ids=["record", "shard"])
def test_expired_records_are_named_by_their_numbers(connection: Any, shard: str) -> None:
    message = stretch(str(EXPIRED), str(EXPIRED + 9), shard)
    send(message)
    assert failures.drain(new_run()) == 1
    assert kept(connection, message.encode()) == (
        f"of the records {EXPIRED} to {EXPIRED + 9} of {shard}, which Lambda has given up, none "
        f"is on {names.STREAM} any more: the others have expired",
        "open",
    )
    assert queue() == []


def test_what_is_left_of_a_stretch_is_read_and_the_rest_is_named(connection: Any) -> None:
    ville = city()
    number = lost(observation(ville))
    earlier = str(int(number) - 1)
    message = stretch(earlier, number)
    send(message)
    assert failures.drain(new_run()) == 2
    said, _ = kept(connection, message.encode()) or ("", "")
    assert f"only {number} to {number} are on {names.STREAM}" in said
    good, _ = kept(connection, json.dumps(observation(ville)).encode()) or ("", "")
    assert good.startswith("it is good, but Lambda has given it up")


def test_a_message_that_names_nothing_is_kept_whole(connection: Any) -> None:
    message = f"hello {uuid.uuid4()}"
    send(message)
    assert failures.drain(new_run()) == 1
    said, _ = kept(connection, message.encode()) or ("", "")
    assert said == f"it is a message of {names.FAILURE_QUEUE} that names no record"


def drain_with_short_hold(run: Run) -> int:
    failure_queue._HIDDEN_SECONDS = 3
    return failures.drain(run)


@pytest.mark.parametrize(
    "point",
    [
        Point("drain", "pipeline.quarantine:keep"),
        Point("drain", "pipeline.quarantine:keep", "after"),
        Point("drain", "aws.failure_queue:Hold.delete"),
    ],
    ids=str,
)
def test_whoever_is_killed_the_record_is_in_quarantine_once_and_then_out_of_the_queue(
    connection: Any, point: Point
) -> None:
    ville = city()
    number = lost(observation(ville))
    send(stretch(number, number))
    run = new_run()
    run_and_kill(point, drain_with_short_hold, run)
    wait_until(lambda: is_named(number), 30)
    assert failures.drain(run) == 1
    assert count_kept(connection, ville) == 1
    assert kept(connection, json.dumps(observation(ville)).encode()) is not None
    assert queue() == []


def test_a_mended_record_goes_back_on_the_stream_and_is_replayed(connection: Any) -> None:
    moment = 1_600_000_000 + random.randrange(10**8)
    good = observation("Dakar", moment, temp=30.5, aqi=2, pm2_5=12.0)
    number = lost_of_many(good)
    send(stretch(number, number))
    failures.drain(new_run())
    raw = json.dumps(good).encode()
    assert (kept(connection, raw) or ("", ""))[1] == "open"

    own = quarantine.quarantine_id(names.FAILURES_DAG, MESURES_VILLES.name, raw)
    request = ReplayRequest.checked({"ids": [own], "dry_run": False})
    run = Run("replay_quarantine", f"test__{uuid.uuid4()}", -1, new_run().interval)
    (group,) = replaying.select(request, run, "test", print).groups
    assert replaying.replay(group, run) == 1
    assert (kept(connection, raw) or ("", ""))[1] == "replayed"
    (item,) = [each for each in history("Dakar") if each["timestamp"] == moment]
    assert (item["temp"], item["air_quality"]) == (30.5, "correcte")
    assert ledger(connection, run)["rows_stored"] == 1

    # The same message once more: the record is stored by now.
    send(stretch(number, number))
    assert failures.drain(new_run()) == 0
    assert (kept(connection, raw) or ("", ""))[1] == "replayed"


def lost_of_many(payload: dict[str, Any]) -> str:
    """As ``lost``, for a city of which there are other records, too."""
    ville, moment = payload["ville"], payload["timestamp"]
    (number,) = put(payload)
    wait_until(lambda: any(each["timestamp"] == moment for each in history(ville)))
    dynamodb, key = client("dynamodb"), {"ville": {"S": ville}}
    dynamodb.delete_item(TableName=names.HISTORY_TABLE, Key=key | {"timestamp": {"N": str(moment)}})
    return number


def test_a_replayed_record_never_replaces_another_version(connection: Any) -> None:
    moment = 1_600_000_000 + random.randrange(10**8)
    good = observation("Dakar", moment, temp=30.5, aqi=2)
    number = lost_of_many(good)
    send(stretch(number, number))
    failures.drain(new_run())
    put(observation("Dakar", moment, temp=31.5, aqi=3))
    wait_until(lambda: any(each["timestamp"] == moment for each in history("Dakar")))

    raw = json.dumps(good).encode()
    own = quarantine.quarantine_id(names.FAILURES_DAG, MESURES_VILLES.name, raw)
    request = ReplayRequest.checked({"ids": [own], "dry_run": False})
    run = Run("replay_quarantine", f"test__{uuid.uuid4()}", -1, new_run().interval)
    assert replaying.select(request, run, "test", print).groups == []
    assert kept(connection, raw) == ("the store holds another version of this event", "open")


def test_a_stretch_is_read_from_its_first_to_its_last_record() -> None:
    numbers = put(*(observation(city()) for _ in range(5)))
    found = kinesis_reading.read(
        client("kinesis"), names.STREAM, SHARD, int(numbers[1]), int(numbers[3])
    )
    assert [each.place.sequence for each in found] == numbers[1:4]


def test_without_a_queue_the_dag_that_makes_it_is_named() -> None:
    from dataflow360.errors import RetriableError
    from dataflow360.stores.failures import readable_failures

    delete("queue")
    try:
        with pytest.raises(RetriableError, match="the DAG aws_setup makes it"), readable_failures():
            failures.drain(new_run())
    finally:
        set_up()
