"""How a version of an event looks on a topic: CloudEvents 1.0 in binary mode.

See the Kafka protocol binding of CloudEvents 1.0.2, section 3.2: attributes are headers with the
prefix ``ce_``, the value is the event's data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records.contract import RecordType
from dataflow360.records.identity import uuid_strings

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
        columns = (part[record.entity], ids, record.event_time(part), _json(record, part, ids))
        texts = (pc.cast(column, pa.binary()).to_pylist() for column in columns)
        for key, event_id, time, value in zip(*texts, strict=True):
            yield key, value, [(EVENT_ID_HEADER, event_id), ("ce_time", time), *fixed]


def _json(record: RecordType, rows: pa.Table, ids: pa.Array) -> pa.Array:
    """Each row as a JSON object, put together from columns of JSON texts."""
    pieces: list[Any] = [f'{{"{record.id_column}":"', ids, '"']
    for name in record.columns:
        pieces += [f',"{name}":', _json_texts(rows[name])]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _json_texts(column: pa.ChunkedArray) -> pa.Array:
    """Each value as JSON; a distinct one is written once, as there are few beside the rows."""
    encoded = column.combine_chunks().dictionary_encode()
    texts = [orjson.dumps(value).decode() for value in encoded.dictionary.to_pylist()]
    return pc.fill_null(pa.array(texts, pa.string()).take(encoded.indices), "null")
