"""A store that is down or slow says so in its part, within its time, and holds up no other."""

import asyncio
import threading
import time

import pytest
from cassandra.cluster import NoHostAvailable
from confluent_kafka import KafkaError, KafkaException
from MySQLdb import OperationalError

from dataflow360.errors import FatalError
from dataflow360.page.limits import Found, Store
from dataflow360.page.models.common import Count, Part


def ask(store, *questions):
    async def all_at_once():
        return await asyncio.gather(*(store.ask(key, question) for key, question in questions))

    return asyncio.run(all_at_once())


def fail(error):
    def question():
        raise error

    return question


def test_an_answer_is_a_part_of_the_page():
    (found,) = ask(Store("MySQL", 5), ("count", lambda: Count(value=3)))
    assert found.part(Part[Count]).model_dump() == {
        "available": True,
        "reason": None,
        "data": {"value": 3, "more": False},
    }


def test_a_store_that_does_not_answer_is_given_up_in_time():
    stopped = threading.Event()
    begin = time.monotonic()
    store = Store("Cassandra", 0.1)

    async def once():
        found = await store.ask("hangs", lambda: stopped.wait(10))
        elapsed = time.monotonic() - begin
        stopped.set()
        return found, elapsed

    found, elapsed = asyncio.run(once())
    assert elapsed < 2
    assert found.data is None
    assert found.reason == (
        "Cassandra has not answered within 0.1 s; see whether it is up, and this page asks again."
    )


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ConnectionRefusedError("Connection refused\nTraceback"), "Connection refused"),
        (RuntimeError("half-way \x1b[2J."), "half-way \\x1b[2J"),
        (RuntimeError(), "RuntimeError"),
        (OperationalError(2002, "Can't connect to server"), "Can't connect to server"),
        (KafkaException(KafkaError(KafkaError._TRANSPORT, "down")), "down"),
        (
            NoHostAvailable(
                "no host", {"a": OSError(111, "refused"), "b": OSError(111, "refused")}
            ),
            "refused",
        ),
    ],
)
def test_a_store_that_fails_says_why_in_one_sentence(error, cause, caplog):
    (found,) = ask(Store("Redis", 5), ("fails", fail(error)))
    assert found.availability.model_dump() == {
        "available": False,
        "reason": f"Redis could not be asked: {cause}; see whether it is up, and the API "
        "server's log.",
    }
    assert "The page could not ask Redis" in caplog.text


def test_one_question_is_asked_once_for_all_who_wait():
    asked = []

    def question():
        asked.append(1)
        time.sleep(0.05)
        return len(asked)

    store = Store("Kafka", 5)
    found = ask(store, *[("same", question)] * 5)
    assert [each.data for each in found] == [1] * 5


def test_another_question_is_asked_of_the_same_store():
    found = ask(Store("MySQL", 5), (("board", "DSS"), lambda: 1), (("board", "LOS"), lambda: 2))
    assert [each.data for each in found] == [1, 2]


def test_an_answer_serves_for_some_time_and_is_then_asked_for_again():
    asked = []

    async def in_turn(store):
        for pause in (0, 0, 0.15):
            await asyncio.sleep(pause)
            await store.ask("same", lambda: asked.append(1))
        return len(asked)

    assert asyncio.run(in_turn(Store("MySQL", 5, kept_seconds=0.1))) == 2


def test_whoever_goes_away_takes_no_answer_from_the_others():
    async def one_leaves():
        store = Store("MySQL", 5)
        leaving = asyncio.ensure_future(store.ask("same", lambda: time.sleep(0.1) or "here"))
        staying = asyncio.ensure_future(store.ask("same", lambda: "asked twice"))
        await asyncio.sleep(0.02)
        leaving.cancel()
        return await staying

    assert asyncio.run(one_leaves()).data == "here"


def test_a_sentence_of_our_own_is_said_as_it_stands():
    def ask():
        raise FatalError("There is no table yet; run the DAG aws_setup.")

    found = asyncio.run(Store("DynamoDB", 5).ask("same", ask))
    assert found == Found(None, "There is no table yet; run the DAG aws_setup.")


def test_what_is_made_of_an_answer_keeps_the_reason_why_there_is_none():
    assert Found(2).map(str) == Found("2")
    assert Found(None, "away").map(str) == Found(None, "away")
