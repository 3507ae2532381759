"""A row of ``mesures_villes`` as a record of the Kinesis stream."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import orjson
import pyarrow as pa

from dataflow360.records.mesures_villes import MEASUREMENTS
from dataflow360.streams.kinesis import Record


def records(rows: pa.Table) -> Iterator[Record]:
    """Each row as the consumer wants it, in the rows' order; the key is the city.

    The same row gives the same bytes each time. A measurement that is missing is left out.
    """
    for row in rows.select(["ville", "pays", "aeroport", "timestamp", *MEASUREMENTS]).to_pylist():
        measured = {name: row[name] for name in MEASUREMENTS if row[name] is not None}
        payload = {
            "ville": row["ville"],
            "pays": row["pays"],
            "aeroport": row["aeroport"],
            "data": measured,
            "timestamp": int(row["timestamp"].replace(tzinfo=UTC).timestamp()),
        }
        yield Record(row["ville"], orjson.dumps(payload))
