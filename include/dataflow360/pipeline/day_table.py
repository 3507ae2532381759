"""A table in the landing zone, partitioned by day: what its store holds, for those who read files.

``<record type>/<day column>=<day>/<record type>.parquet`` is Hive's layout, which pandas, pyarrow,
DuckDB and Spark read as one table; the day is in the folder's name and not in the file.
"""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from dataflow360.clients import mysql
from dataflow360.pipeline import landing, registry
from dataflow360.pipeline.zone import landing_zone
from dataflow360.records.contract import RecordType

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
            path = PurePath(record.name, f"{column}={day}", f"{record.name}.parquet")
            with registry.lock(connection, f"{record.name}.{day}"):
                rows = _rows(connection, record, column, day)
                landing.write_tables(landing_zone() / path, rows.schema, [rows])
            log.info("%s is in the landing zone", path)
            written.append(str(path))
    return written


def dataset(record: RecordType) -> ds.Dataset:
    """The table as it is read, wherever the landing zone is; the day is a column of it.

    Raises:
        FileNotFoundError: No day was written yet.
    """
    day = record.arrow_schema.field(record.natural_key[0])
    place = landing_zone() / record.name
    files, file_system = (str(place), None) if isinstance(place, Path) else place.file_system()
    return ds.dataset(
        files,
        schema=record.arrow_schema,
        filesystem=file_system,
        partitioning=ds.partitioning(pa.schema([day]), flavor="hive"),
    )


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
