"""How a version of an event looks on a topic: CloudEvents 1.0 in binary mode.

See the Kafka protocol binding of CloudEvents 1.0.2, section 3.2: attributes are headers with the
prefix ``ce_``, the value is the event's data.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pyarrow as pa

from dataflow360.records.contract import RecordType
from dataflow360.records.identity import uuid_strings

EVENT_ID_HEADER = "ce_id"
BATCH_ID_HEADER = "batch_id"

Headers = list[tuple[str, str | bytes | None]]


def messages(
    record: RecordType, rows: pa.Table, *, dag_id: str, batch_id: str
) -> Iterator[tuple[bytes, bytes, Headers]]:
    """Key, value and headers of each row of a delta.

    The key is the entity, so that order holds per airport; the value is JSON that obeys the
    record type's JSON Schema.
    """
    fixed: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_source", f"/dataflow360/{dag_id}".encode()),
        ("ce_type", f"dataflow360.{record.name}".encode()),
        ("ce_dataschema", record.schema_id.encode()),
        ("content-type", b"application/json"),
        (BATCH_ID_HEADER, batch_id.encode()),
    ]
    ids = uuid_strings(rows["event_id"]).to_pylist()
    times = record.event_time(rows).to_pylist()
    names = (record.id_column, *record.columns)
    columns = [rows[name].to_pylist() for name in record.columns]
    keys = columns[record.columns.index(record.entity)]
    dumps = orjson.dumps
    for key, time, values in zip(keys, times, zip(ids, *columns, strict=True), strict=True):
        headers = [(EVENT_ID_HEADER, values[0].encode()), ("ce_time", time.encode()), *fixed]
        yield key.encode(), dumps(dict(zip(names, values, strict=True))), headers
