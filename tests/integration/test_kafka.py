"""Exactly once against what Kafka itself can do: open transactions, fencing, lost messages."""

import threading
import time
from collections.abc import Callable
from datetime import date

import pytest
from confluent_kafka import KafkaException

from dataflow360.errors import RetriableError
from dataflow360.pipeline import extraction, publishing, registry, staging
from dataflow360.records.topics import LEDGER_TOPIC
from dataflow360.stores.failures import readable_failures
from dataflow360.streams import kafka
from tests.integration.support import WEATHER, ends, finish, ids_since, new_run

ROWS = 6


def staged_batch(day: date) -> tuple[str, object]:
    run = new_run(WEATHER, day)
    wanted = WEATHER.extraction(run.interval, rows=ROWS)
    return staging.stage(extraction.extract(wanted, run, refetch=False)), run


def test_a_committed_record_behind_an_open_transaction_is_found(
    day: date, connection: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the batch, whose register row does not know that it was committed, went out twice."""
    start = ends(WEATHER.topic)
    other = kafka.transactional_producer(f"test-open-{day}")
    other.begin_transaction()
    other.produce(LEDGER_TOPIC, b"{}", b"open/0")
    other.flush()
    batch_id, run = staged_batch(day)
    with monkeypatch.context() as patched:
        # The other transaction opens just after this publisher has looked into the ledger.
        patched.setattr(publishing, "committed_parts", lambda _: {})
        publishing.publish(batch_id)
    forget_publication(connection, batch_id)

    closing = threading.Timer(3, other.abort_transaction)
    closing.start()
    began = time.monotonic()
    finish(batch_id, run)
    closing.join()
    assert time.monotonic() - began > 2, "it did not wait for the open transaction"
    assert ids_since(WEATHER.topic, start) == dict.fromkeys(WEATHER.ids(day, rows=ROWS), 1)


def test_a_batch_whose_register_row_was_not_updated_is_not_sent_again(
    day: date, connection: object
) -> None:
    start = ends(WEATHER.topic)
    batch_id, run = staged_batch(day)
    publishing.publish(batch_id)
    forget_publication(connection, batch_id)
    finish(batch_id, run)
    assert registry.get(connection, batch_id).published
    assert ids_since(WEATHER.topic, start) == dict.fromkeys(WEATHER.ids(day, rows=ROWS), 1)


def test_a_zombie_is_fenced_and_its_retry_finds_what_was_done(
    day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher that stands still while another one of its batch comes and goes."""
    start = ends(WEATHER.topic)
    batch_id, run = staged_batch(day)
    send = publishing._send

    def overtaken(producer: object, *args: object) -> None:
        monkeypatch.setattr(publishing, "_send", send)
        # What another process does that has taken over after this one lost its lock.
        second = kafka.transactional_producer(batch_id)
        publishing._send(second, *args)
        send(producer, *args)

    monkeypatch.setattr(publishing, "_send", overtaken)
    with pytest.raises(RetriableError, match="has taken over"), readable_failures():
        publishing.publish(batch_id)
    finish(batch_id, run)
    assert ids_since(WEATHER.topic, start) == dict.fromkeys(WEATHER.ids(day, rows=ROWS), 1)


def test_a_message_that_is_not_acknowledged_fails_the_task_and_none_is_visible(
    day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ends(WEATHER.topic)
    batch_id, run = staged_batch(day)
    produce = publishing._produce
    monkeypatch.setattr(publishing, "_produce", losing_one(produce))
    with pytest.raises(RetriableError, match=r"Kafka acknowledged 95 of 96 messages"):
        publishing.publish(batch_id)
    assert not ids_since(WEATHER.topic, start)
    monkeypatch.setattr(publishing, "_produce", produce)
    finish(batch_id, run)
    assert ids_since(WEATHER.topic, start) == dict.fromkeys(WEATHER.ids(day, rows=ROWS), 1)


def test_the_projects_user_may_not_write_elsewhere() -> None:
    producer = kafka.transactional_producer("test-rights")
    with pytest.raises(KafkaException), kafka.transaction(producer):
        producer.produce("__consumer_offsets", b"x")


def forget_publication(connection: object, batch_id: str) -> None:
    """The register as it is when a process dies between its commit and the note of it."""
    publishing.mysql.execute(
        connection,
        "UPDATE dataflow360.batches SET published_at = NULL WHERE batch_id = %s",
        (batch_id,),
    )


def losing_one(produce: Callable[..., None]) -> Callable[..., None]:
    """Produce every message but the tenth."""
    count = 0

    def losing(*args: object) -> None:
        nonlocal count
        count += 1
        if count != 10:
            produce(*args)

    return losing
