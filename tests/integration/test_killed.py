"""kill -9 at any point of any step: after the retry nothing is lost and nothing there twice."""

from collections.abc import Iterator
from datetime import date

import pytest

from dataflow360.clients import mysql
from dataflow360.pipeline import chunk, extraction, publishing, reconciling, registry, staging
from dataflow360.pipeline.run import Run
from tests.integration.killing import Point, run_and_kill, small_chunks
from tests.integration.support import (
    FLIGHTS,
    WEATHER,
    Flow,
    ends,
    finish,
    ids_since,
    new_run,
    stored,
)

ROWS = 16  # of which 224 are valid: nine chunks, three transactions
FLOWS = {flow.dag_id: flow for flow in (FLIGHTS, WEATHER)}

EXTRACT = [
    Point("extract", "pipeline.landing:_write_parquet", "after"),
    Point("extract", "pipeline.landing:place"),
    Point("extract", "pipeline.landing:place", "after"),
    Point("extract", "pipeline.registry:register", "after"),
    Point("extract", "pipeline.quarantine:keep"),
    Point("extract", "pipeline.quarantine:keep", "after"),
]
STAGE = [
    Point("stage", "pipeline.landing:write_tables", "after"),
    Point("stage", "pipeline.registry:decide_delta", "after"),
    Point("stage", "pipeline.registry:mark"),
    Point("stage", "pipeline.registry:mark", "after"),
]
STAGE_MYSQL = [
    Point("stage", "stores.mysql:MySQLStore.upsert"),
    Point("stage", "stores.mysql:execute", "after", call=2),
    Point("stage", "stores.mysql:MySQLStore.upsert", "before", call=2),
    Point("stage", "stores.mysql:MySQLStore.upsert", "after", call=3),
]
STAGE_CASSANDRA = [
    Point("stage", "stores.cassandra:CassandraStore.upsert"),
    Point("stage", "stores.cassandra:CassandraStore._batch", "after", call=4),
    Point("stage", "stores.cassandra:CassandraStore.upsert", "before", call=2),
    Point("stage", "stores.cassandra:CassandraStore.upsert", "after", call=3),
]
PUBLISH = [
    Point("publish", "streams.kafka:transactional_producer", "after"),
    Point("publish", "pipeline.publishing:_produce", "after", call=50),
    Point("publish", "pipeline.publishing:Part.to_json", "after"),
    Point("publish", "streams.kafka:transaction", "inside"),
    Point("publish", "pipeline.publishing:_send", "after"),
    Point("publish", "streams.kafka:transaction", "inside", call=2),
    Point("publish", "pipeline.publishing:_send", "after", call=3),
    Point("publish", "pipeline.registry:mark", "after"),
]
RECONCILE = [
    Point("reconcile", "pipeline.reconciling:_count_published", "after"),
    Point("reconcile", "pipeline.ledger:enter", "after"),
]
CASES = [
    *((WEATHER, point) for point in (*EXTRACT, *STAGE, *STAGE_MYSQL, *PUBLISH, *RECONCILE)),
    *((FLIGHTS, point) for point in STAGE_CASSANDRA),
]


def step(name: str, dag_id: str, batch_id: str, run: Run) -> str:
    """One step, as its task does it."""
    flow = FLOWS[dag_id]
    match name:
        case "extract":
            wanted = flow.extraction(run.interval, rows=ROWS, bad_share=0.125)
            return extraction.extract(wanted, run, refetch=False)
        case "stage":
            return staging.stage(batch_id)
        case "publish":
            return publishing.publish(batch_id)
        case _:
            reconciling.reconcile(batch_id, run)
            return batch_id


@pytest.fixture(autouse=True)
def _chunks_of_few_rows() -> Iterator[None]:
    defaults = chunk.regroup.__defaults__
    small_chunks()
    yield
    chunk.regroup.__defaults__ = defaults


@pytest.mark.parametrize(
    ("flow", "point"), [pytest.param(flow, point, id=str(point)) for flow, point in CASES]
)
def test_after_the_retry_nothing_is_lost_and_nothing_is_there_twice(
    flow: Flow, point: Point, day: date, connection: object
) -> None:
    run, start = new_run(flow, day), ends(flow.topic)
    batch_id = ""
    for name in ("extract", "stage", "publish", "reconcile"):
        if name == point.step:
            run_and_kill(point, step, name, flow.dag_id, batch_id, run)
        batch_id = step(name, flow.dag_id, batch_id, run)

    bad = ROWS * 16 // 8
    batch = registry.get(connection, batch_id)
    assert (batch.rows_valid, batch.rows_quarantined) == (ROWS * 16 - bad, bad)
    at_rest = stored(flow, day)
    assert len(at_rest) == batch.rows_valid
    assert ids_since(flow.topic, start) == dict.fromkeys(at_rest, 1)
    kept = mysql.fetch(
        connection,
        "SELECT COUNT(*) FROM dataflow360.quarantine WHERE batch_id = %s",
        (batch_id,),
    )
    assert kept == [(bad,)]


def test_another_batch_between_the_kill_and_the_retry(day: date) -> None:
    """The events of a batch that was killed mid-write belong to it, whoever comes in between."""
    start = ends(FLIGHTS.topic)
    run = new_run(FLIGHTS, day)
    batch_id = step("extract", FLIGHTS.dag_id, "", run)
    point = Point("stage", "stores.cassandra:CassandraStore.upsert", "before", call=2)
    run_and_kill(point, step, "stage", FLIGHTS.dag_id, batch_id, run)

    other = new_run(FLIGHTS, day)
    wanted = FLIGHTS.extraction(other.interval, rows=ROWS)
    account = finish(extraction.extract(wanted, other, refetch=False), other)
    bad = ROWS * 16 // 8
    assert (account["rows_new"], account["rows_unchanged"]) == (bad, ROWS * 16 - bad)

    finish(batch_id, run)
    assert ids_since(FLIGHTS.topic, start) == dict.fromkeys(FLIGHTS.ids(day, rows=ROWS), 1)
