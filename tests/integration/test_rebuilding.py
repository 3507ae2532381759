"""What a store has lost comes back from the landing zone, and nothing is published by it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dataflow360.clients import cassandra, mysql
from dataflow360.errors import FatalError
from dataflow360.pipeline import registry
from dataflow360.pipeline.rebuilding import rebuild_rows, rebuild_topics
from tests.integration.support import (
    FLIGHTS,
    WEATHER,
    Flow,
    ends,
    ids_since,
    new_run,
    run_all,
    stored,
)

both = pytest.mark.parametrize("flow", [FLIGHTS, WEATHER], ids=lambda flow: flow.dag_id)


@pytest.fixture
def began() -> datetime:
    """The moment before the test's own batches."""
    return datetime.now(UTC) - timedelta(milliseconds=1)


def lose(flow: Flow, day: date, connection) -> None:
    """Remove a day from the store. In Cassandra by truncation of all: a tombstone would be newer
    than what is written again."""
    if flow is WEATHER:
        mysql.execute(
            connection,
            f"DELETE FROM {flow.record.store.name} WHERE date_observation = %s",
            (day,),
        )
    else:
        with cassandra.connect() as session:
            session.execute(f"TRUNCATE {flow.record.store.name}")


@both
def test_lost_rows_come_back_in_their_last_version(flow: Flow, day: date, connection, began):
    run_all(flow, day, rows=4)
    run_all(flow, day, rows=8, refetch=True)
    run = new_run(flow, day)
    account = run_all(flow, day, run=run, rows=8)
    before, start = stored(flow, day), ends(flow.topic)
    lose(flow, day, connection)
    assert not stored(flow, day)

    assert rebuild_rows(flow.record, began) == 2

    assert stored(flow, day) == before
    assert run_all(flow, day, run=run, rows=8) == account  # counted again in store and topic
    assert not ids_since(flow.topic, start)


@both
def test_rebuilding_what_is_there_changes_nothing(flow: Flow, day: date, began):
    run_all(flow, day, rows=4)
    before = stored(flow, day)

    assert rebuild_rows(flow.record, began) == rebuild_rows(flow.record, began) == 1

    assert stored(flow, day) == before


def test_without_a_delta_nothing_is_begun(day: date, connection, began):
    run_all(WEATHER, day, rows=4)
    run_all(WEATHER, day, rows=8, refetch=True)
    batches = registry.decided(connection, "record_type", WEATHER.record.name, began)
    delta = Path(str(batches[1].delta))
    aside = delta.rename(delta.with_suffix(".aside"))
    try:
        with pytest.raises(FatalError, match=rf"1 of 2 deltas .* {delta}; put them back"):
            rebuild_rows(WEATHER.record, began)
        assert not registry.unstaged(connection, WEATHER.record.name)
    finally:
        aside.rename(delta)


def test_a_kafka_that_holds_messages_is_not_filled_again(day: date):
    run_all(FLIGHTS, day, rows=4)
    start = ends(FLIGHTS.topic)

    with pytest.raises(FatalError, match=r"still holds messages on dataflow360\.batches, "):
        rebuild_topics([FLIGHTS.topic])

    assert ends(FLIGHTS.topic) == start


def test_what_was_cut_off_is_completed_and_not_sent_twice(day: date, connection, began):
    run_all(FLIGHTS, day, rows=4)
    (batch,) = registry.decided(connection, "topic", FLIGHTS.topic, began)
    registry.unmark(connection, batch.batch_id, "published")
    start = ends(FLIGHTS.topic)

    assert rebuild_topics([FLIGHTS.topic]) == {FLIGHTS.topic: 1}

    assert ends(FLIGHTS.topic) == start
    assert registry.get(connection, batch.batch_id).published
