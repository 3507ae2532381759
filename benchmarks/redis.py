"""Departure boards into Redis: ready-made SETs against the project's store, which makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import ready
from benchmarks.comparison import Comparison, Job, Target, Variant, Work
from benchmarks.destinations import BOARD_LINES, SINGLE_LINES, redis_keys
from benchmarks.names import BOARDS_PREFIX

_INTERVAL = "19500101T000000Z-19500102T000000Z"


def _prepare(job: Job, rounds: int) -> None:
    """Land the batches, and keep every SET that the project's own store sends for the first."""
    from benchmarks import batches
    from benchmarks.records import BOARDS
    from dataflow360.stores import redis

    batch_ids = batches.land(BOARDS, job, rounds)
    with redis.connect() as client:
        _write(client, batches.landed_rows(job), batch_ids[0])
        keys = sorted(
            key for prefix in ("", "written:", "versions:") for key in redis_keys(client, prefix)
        )
        values = client.mget(keys)
        with client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.ttl(key)
            seconds = pipeline.execute()
    BOARD_LINES.empty()
    ready.write(job, ["key", "value", "seconds"], [keys, values, seconds])


def _write(client: Any, tables: list[Any], batch_id: str) -> None:
    """What the stage step has the store do with a batch whose lines are all new."""
    from benchmarks.records import BOARDS
    from dataflow360.stores import redis

    store = redis.RedisStore(client, BOARDS)
    for rows in tables:
        store.upsert(rows, batch_id, order=1)
    store.finish_batch(tables, _INTERVAL, order=1)


@contextmanager
def _ready(job: Job) -> Iterator[tuple[Any, list[tuple[Any, ...]]]]:
    """The provider's client, and keys, values and times to live."""
    from airflow.providers.redis.hooks.redis import RedisHook

    _, sets = ready.read(job)
    client: Any = RedisHook("dataflow360_redis").get_conn()
    try:
        client.ping()
        yield client, sets
    finally:
        client.close()


@contextmanager
def _line_by_line(job: Job) -> Iterator[Work]:
    import pyarrow as pa
    from airflow.providers.redis.hooks.redis import RedisHook

    from benchmarks import batches
    from benchmarks.records import BOARDS
    from dataflow360.records.identity import uuid_strings
    from dataflow360.records.json_text import json_objects

    rows = pa.concat_tables(batches.landed_rows(job))
    lines = json_objects({name: rows[name] for name in BOARDS.columns}).to_pylist()
    keys = [f"line:{BOARDS_PREFIX}:{each}" for each in uuid_strings(rows["event_id"]).to_pylist()]
    seconds = BOARDS.store.board_hours * 3_600
    client: Any = RedisHook("dataflow360_redis").get_conn()

    def work() -> None:
        for key, line in zip(keys, lines, strict=True):
            client.set(key, line, ex=seconds)

    try:
        client.ping()
        yield work
    finally:
        client.close()


@contextmanager
def _one_by_one(job: Job) -> Iterator[Work]:
    with _ready(job) as (client, sets):

        def work() -> None:
            for key, value, seconds in sets:
                client.set(key, value, ex=seconds)

        yield work


@contextmanager
def _pipeline(job: Job) -> Iterator[Work]:
    with _ready(job) as (client, sets):

        def work() -> None:
            with client.pipeline() as pipeline:
                for key, value, seconds in sets:
                    pipeline.set(key, value, ex=seconds)
                pipeline.execute()

        yield work


@contextmanager
def _upsert(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.stores import redis

    batch_id, tables = batches.recall(job), batches.landed_rows(job)
    with redis.connect() as client:
        client.ping()
        yield lambda: _write(client, tables, batch_id)


@contextmanager
def _stage(job: Job) -> Iterator[Work]:
    import dataflow360.stores.redis  # noqa: F401  # here, and not within the work
    from benchmarks import batches
    from dataflow360.pipeline import staging

    batch_id = batches.recall(job)
    yield lambda: staging.stage(batch_id)


COMPARISON = Comparison(
    name="redis",
    title="Redis, departure boards of 25 lines",
    rows=50_000,
    variants=(
        Variant("line", "a SET for each line, one by one", _line_by_line, SINGLE_LINES, 10_000),
        Variant("one", "our keys as ready-made SETs, one by one", _one_by_one, BOARD_LINES),
        Variant("pipeline", "our keys as ready-made SETs, one pipeline", _pipeline, BOARD_LINES),
        Variant("upsert", "ours: the store's upsert and boards", _upsert, BOARD_LINES),
        Variant("stage", "ours: the stage step of a landed batch", _stage, BOARD_LINES),
    ),
    targets=(
        Target("upsert", "upsert", "line", 10),
        Target("stage", "stage", "line", 10),
        Target("upsert", "upsert", "pipeline", 0.8),
        Target("stage", "stage", "pipeline", 0.8),
    ),
    destinations=(BOARD_LINES, SINGLE_LINES),
    prepare=_prepare,
)
