"""The JSON Schema of the messages that carry a record type."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dataflow360.records.contract import MOMENT, Column, OneOf, Pattern, Range, RecordType

_JSON_TYPES = {
    pa.int8(): "integer",
    pa.int16(): "integer",
    pa.int32(): "integer",
    pa.float64(): "number",
    pa.bool_(): "boolean",
    pa.date32(): "string",
    MOMENT: "string",
    pa.string(): "string",
}


def json_schema(record: RecordType) -> dict[str, Any]:
    """JSON Schema (2020-12) of the messages that carry a record type."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": record.schema_id,
        "title": record.name,
        "description": record.description,
        "type": "object",
        "properties": {
            record.id_column: {
                "type": "string",
                "format": "uuid",
                "description": f"Event id: UUIDv5 of {', '.join(record.natural_key)}.",
            },
            **{name: _property(column) for name, column in record.schema.items()},
        },
        "required": [record.id_column, *record.columns],
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    kind = _JSON_TYPES[column.dtype]
    schema: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind}
    if column.dtype == pa.date32():
        schema["format"] = "date"
    if column.dtype == MOMENT:
        schema["format"] = "date-time"
    match column.rule:
        case OneOf(values):
            # JSON Schema's enum holds for null too, whatever the type allows.
            schema["enum"] = [*values, None] if column.nullable else list(values)
        case Range(minimum, maximum):
            schema |= {"minimum": minimum, "maximum": maximum}
        case Pattern(regex):
            schema |= {"pattern": regex, "maxLength": column.max_length}
    schema["description"] = column.description
    if column.unit:
        schema["x-unit"] = column.unit
    return schema
