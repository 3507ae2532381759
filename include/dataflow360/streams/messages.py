"""How a version of an event looks on a topic: CloudEvents 1.0 in binary mode.

See the Kafka protocol binding of CloudEvents 1.0.2, section 3.2: attributes are headers with the
prefix ``ce_``, the value is the event's data.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records.contract import RecordType
from dataflow360.records.identity import uuid_strings
from dataflow360.records.json_text import json_objects

EVENT_ID_HEADER = "ce_id"
BATCH_ID_HEADER = "batch_id"

#: Messages that are made at once: enough for columnar work to pay.
_ROWS_AT_ONCE = 10_000

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
    for start in range(0, rows.num_rows, _ROWS_AT_ONCE):
        part = rows.slice(start, _ROWS_AT_ONCE)
        ids = uuid_strings(part["event_id"])
        columns = (part[record.entity], ids, record.event_time(part), _values(record, part, ids))
        texts = (pc.cast(column, pa.binary()).to_pylist() for column in columns)
        for key, event_id, time, value in zip(*texts, strict=True):
            # CloudEvents' time is optional: some records carry no date.
            timed: Headers = [("ce_time", time)] if time else []
            yield key, value, [(EVENT_ID_HEADER, event_id), *timed, *fixed]


def _values(record: RecordType, rows: pa.Table, ids: pa.Array) -> pa.Array:
    return json_objects({record.id_column: ids, **{name: rows[name] for name in record.columns}})
