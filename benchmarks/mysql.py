"""Weather rows into MySQL: the provider's hook and bare LOAD DATA against the project's stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks import ready
from benchmarks.comparison import Comparison, Job, Target, Variant, Work
from benchmarks.destinations import WEATHER_ROWS
from benchmarks.names import WEATHER_TABLE

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

_ROWS_AT_ONCE = 1_000


def _csv(job: Job) -> Path:
    return job.folder / "rows.csv"


def _prepare(job: Job, rounds: int) -> None:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    from benchmarks import batches
    from benchmarks.records import WEATHER

    batch_ids = batches.land(WEATHER, job, rounds)
    stored = _as_stored(pa.concat_tables(batches.landed_rows(job)), batch_ids[0])
    ready.write(job, stored.column_names, [column.to_pylist() for column in stored.columns])
    options = pacsv.WriteOptions(
        include_header=False, quoting_style="all_valid", null_string="NULL"
    )
    pacsv.write_csv(stored, _csv(job), options)


def _as_stored(rows: pa.Table, batch_id: str) -> pa.Table:
    """The rows with exactly the columns of the table."""
    import pyarrow as pa

    from benchmarks.records import WEATHER
    from dataflow360.records.contract import BATCH_ID, CONTENT_HASH
    from dataflow360.records.identity import uuid_strings

    columns = {name: rows[name] for name in WEATHER.columns}
    columns[WEATHER.id_column] = uuid_strings(rows["event_id"])
    columns[CONTENT_HASH] = rows[CONTENT_HASH]
    columns[BATCH_ID] = pa.repeat(batch_id, rows.num_rows)
    return pa.table(columns)


@contextmanager
def _hook(job: Job, *, executemany: bool) -> Iterator[Work]:
    from airflow.providers.mysql.hooks.mysql import MySqlHook

    names, rows = ready.read(job)
    hook: Any = MySqlHook("dataflow360_mysql")
    # Never commit_every=0 with executemany: the hook then inserts nothing at all.
    yield lambda: hook.insert_rows(
        WEATHER_TABLE,
        rows,
        target_fields=names,
        commit_every=_ROWS_AT_ONCE,
        replace=True,
        executemany=executemany,
    )


@contextmanager
def _hook_by_row(job: Job) -> Iterator[Work]:
    with _hook(job, executemany=False) as work:
        yield work


@contextmanager
def _hook_in_bulk(job: Job) -> Iterator[Work]:
    with _hook(job, executemany=True) as work:
        yield work


@contextmanager
def _load_data(job: Job) -> Iterator[Work]:
    from airflow.providers.mysql.hooks.mysql import MySqlHook

    statement = (
        f"LOAD DATA LOCAL INFILE '{_csv(job)}' REPLACE INTO TABLE {WEATHER_TABLE} "
        "CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY ''"
    )
    connection: Any = MySqlHook("dataflow360_mysql", local_infile=True).get_conn()
    try:
        connection.autocommit(True)
        yield lambda: connection.cursor().execute(statement)
    finally:
        connection.close()


@contextmanager
def _stage(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from dataflow360.pipeline import staging

    batch_id = batches.recall(job)
    yield lambda: staging.stage(batch_id)


@contextmanager
def _upsert(job: Job) -> Iterator[Work]:
    from benchmarks import batches
    from benchmarks.records import WEATHER
    from dataflow360.stores import mysql

    batch_id, tables = batches.recall(job), batches.landed_rows(job)
    with mysql.connect() as connection:
        store = mysql.MySQLStore(connection, WEATHER)

        def work() -> None:
            for rows in tables:
                store.upsert(rows, batch_id, order=1)

        yield work


COMPARISON = Comparison(
    name="mysql",
    title="MySQL, weather",
    rows=200_000,
    variants=(
        Variant("row", "MySqlHook.insert_rows, row by row", _hook_by_row, WEATHER_ROWS, 5_000),
        Variant("bulk", "MySqlHook.insert_rows, executemany", _hook_in_bulk, WEATHER_ROWS),
        Variant("load", "bare LOAD DATA of a ready-made CSV", _load_data, WEATHER_ROWS),
        Variant("upsert", "ours: the store's upsert alone", _upsert, WEATHER_ROWS),
        Variant("stage", "ours: the stage step of a landed batch", _stage, WEATHER_ROWS),
    ),
    targets=(
        Target("stage", "stage", "bulk", 3),
        Target("upsert", "upsert", "bulk", 3),
        Target("stage", "stage", "load", 0.7),
        Target("upsert", "upsert", "load", 0.7),
    ),
    destinations=(WEATHER_ROWS,),
    prepare=_prepare,
)
