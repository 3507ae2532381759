"""A table in the landing zone, partitioned by day: what its store holds, for those who read files.

``<record type>/<day column>=<day>/<record type>.parquet`` is Hive's layout, which pandas, pyarrow,
DuckDB and Spark read as one table; the day is in the folder's name and not in the file.
"""

from __future__ import annotations

import logging
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.pipeline import landing, registry
from dataflow360.records.contract import RecordType
from dataflow360.settings import settings
from dataflow360.stores import mysql

log = logging.getLogger(__name__)


def write(batch_id: str) -> list[str]:
    """Write the days that a batch of a MySQL record type tells of, each file replaced as a whole.

    The day is the first column of the natural key. A day is written from the table as it is now,
    so that whoever comes last leaves what the table holds, whichever batch that was.

    Returns:
        The files, relative to the landing zone.

    Raises:
        RetriableError: Another run has held the day's lock for too long.
    """
    with mysql.connect() as connection:
        batch = registry.get(connection, batch_id)
        record = batch.record
        column = record.natural_key[0]
        days = {
            day
            for rows in landing.valid_rows(batch.folder)
            for day in pc.unique(rows[column]).to_pylist()
        }
        written = []
        for day in sorted(days):
            path = Path(record.name, f"{column}={day}", f"{record.name}.parquet")
            with registry.lock(connection, f"{record.name}.{day}"):
                _replace(settings().landing / path, _rows(connection, record, column, day))
            log.info("%s is in the landing zone", path)
            written.append(str(path))
    return written


def _rows(connection: Any, record: RecordType, column: str, day: date) -> pa.Table:
    names = [name for name in record.columns if name != column]
    rows = mysql.fetch(
        connection,
        f"SELECT {', '.join(names)} FROM {record.store.name} WHERE {column} = %s"
        f" ORDER BY {', '.join(record.natural_key)}",
        (day,),
    )
    schema = pa.schema([record.arrow_schema.field(name) for name in names])
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)


def _replace(path: Path, rows: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid.uuid4().hex}.parquet")
    landing.write_tables(aside, rows.schema, [rows])
    aside.rename(path)
