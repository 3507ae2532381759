"""The JSON Schema of the messages that carry a record type."""

from __future__ import annotations

from typing import Any

import pandera.pandas as pandera
import pyarrow as pa

from dataflow360.records.contract import MOMENT, RecordType, arrow_type

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
            **{name: property_of(column) for name, column in record.schema.columns.items()},
        },
        "required": [record.id_column, *record.columns],
        "additionalProperties": False,
    }


def property_of(column: pandera.Column) -> dict[str, Any]:
    """The schema of a field."""
    dtype = arrow_type(column)
    kind = _JSON_TYPES[dtype]
    schema: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind}
    if dtype == pa.date32():
        schema["format"] = "date"
    if dtype == MOMENT:
        schema["format"] = "date-time"
    for rule in column.checks:
        match rule.statistics:
            case {"allowed_values": values}:
                # JSON Schema's enum holds for null too, whatever the type allows.
                schema["enum"] = [*values, None] if column.nullable else list(values)
            case {"min_value": minimum, **rest} if "max_value" not in rest:
                schema["minimum"] = minimum
            case {"max_value": maximum, "min_value": None}:
                schema["maxLength"] = maximum
            case {"max_value": maximum}:
                schema["maximum"] = maximum
            case {"pattern": pattern}:
                schema["pattern"] = pattern
    schema["description"] = column.description
    if column.metadata["unit"]:
        schema["x-unit"] = column.metadata["unit"]
    return schema
