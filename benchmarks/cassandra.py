"""Flights into Cassandra: the driver's ordinary ways against the project's stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import ready
from benchmarks.comparison import Comparison, Job, Target, Variant, Work
from benchmarks.destinations import FLIGHT_ROWS
from benchmarks.names import FLIGHTS_TABLE

#: As in the documentation of ``execute_concurrent``.
_CONCURRENCY = 100


def _prepare(job: Job, rounds: int) -> None:
    from uuid import UUID

    import pyarrow as pa

    from benchmarks import batches
    from benchmarks.records import FLIGHTS
    from dataflow360.records.contract import BATCH_ID, CONTENT_HASH

    batch_ids = batches.land(FLIGHTS, job, rounds)
    rows = pa.concat_tables(batches.landed_rows(job))
    columns = {name: rows[name].to_pylist() for name in FLIGHTS.columns}
    columns |= {name: compute(rows).to_pylist() for name, _, compute in FLIGHTS.store.derived}
    columns[FLIGHTS.id_column] = [UUID(bytes=value) for value in rows["event_id"].to_pylist()]
    columns[CONTENT_HASH] = rows[CONTENT_HASH].to_pylist()
    columns[BATCH_ID] = [batch_ids[0]] * rows.num_rows
    ready.write(job, list(columns), list(columns.values()))


@contextmanager
def _statement(job: Job) -> Iterator[tuple[Any, Any, list[tuple[Any, ...]]]]:
    """The provider's session, a prepared insert and its parameters."""
    from airflow.providers.apache.cassandra.hooks.cassandra import CassandraHook

    names, rows = ready.read(job)
    hook = CassandraHook("dataflow360_cassandra")
    try:
        session = hook.get_conn()
        places = ", ".join("?" * len(names))
        statement = session.prepare(
            f"INSERT INTO {FLIGHTS_TABLE} ({', '.join(names)}) VALUES ({places})"  # noqa: S608
        )
        yield session, statement, rows
    finally:
        hook.shutdown_cluster()


@contextmanager
def _synchronous(job: Job) -> Iterator[Work]:
    with _statement(job) as (session, statement, rows):

        def work() -> None:
            for row in rows:
                session.execute(statement, row)

        yield work


@contextmanager
def _concurrent(job: Job) -> Iterator[Work]:
    from cassandra.concurrent import execute_concurrent_with_args

    with _statement(job) as (session, statement, rows):
        yield lambda: execute_concurrent_with_args(
            session, statement, rows, concurrency=_CONCURRENCY
        )


@contextmanager
def _stage(job: Job) -> Iterator[Work]:
    import dataflow360.stores.cassandra  # noqa: F401  # here, and not within the work
    from benchmarks import batches
    from dataflow360.pipeline import staging

    batch_id = batches.recall(job)
    yield lambda: staging.stage(batch_id)


@contextmanager
def _upsert(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from benchmarks.records import FLIGHTS
    from dataflow360.stores import cassandra

    batch_id, tables = batches.recall(job), batches.landed_rows(job)
    with cassandra.connect() as session:
        store = cassandra.CassandraStore(session, FLIGHTS)

        def work() -> None:
            for rows in tables:
                store.upsert(rows, batch_id, order=1)

        yield work


COMPARISON = Comparison(
    name="cassandra",
    title="Cassandra, flights of 16 airports",
    rows=100_000,
    variants=(
        Variant("one", "prepared inserts, one by one", _synchronous, FLIGHT_ROWS, 3_000),
        Variant("concurrent", "execute_concurrent_with_args", _concurrent, FLIGHT_ROWS),
        Variant("upsert", "ours: the store's upsert alone", _upsert, FLIGHT_ROWS),
        Variant("stage", "ours: the stage step of a landed batch", _stage, FLIGHT_ROWS),
    ),
    targets=(
        Target("stage", "stage", "one", 15),
        Target("upsert", "upsert", "one", 15),
        Target("stage", "stage", "concurrent", 4),
        Target("upsert", "upsert", "concurrent", 4),
    ),
    destinations=(FLIGHT_ROWS,),
    prepare=_prepare,
)
