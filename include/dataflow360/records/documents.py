"""What is committed of the contracts: JSON Schemas, DDL and the data dictionary.

``python -m dataflow360 contracts`` writes them; a test fails when one is stale.
"""

from __future__ import annotations

import json
from typing import Any

import pandera.pandas as pandera
import pyarrow as pa

from dataflow360.records import RECORD_TYPES, ddl
from dataflow360.records.contract import (
    MOMENT,
    DynamoDBTable,
    RecordType,
    RedisBoards,
    arrow_type,
)

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
_DDL_HEADER = "-- Generated from the contracts: python -m dataflow360 contracts\n\n"


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
            **{name: _property(column) for name, column in record.schema.columns.items()},
        },
        "required": [record.id_column, *record.columns],
        "additionalProperties": False,
    }


def data_dictionary() -> str:
    """The data dictionary, a Markdown page."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from the contracts by `python -m dataflow360 contracts`; do not edit.",
        "",
        "Each stored row also carries `content_hash` (64-bit hash of its values) and `batch_id` "
        "(the batch that last wrote it).",
    ]
    for record in RECORD_TYPES.values():
        lines += [
            "",
            f"## {record.name}",
            "",
            record.description,
            "",
            f"- Store: {_store(record)}",
            *_topics(record),
            f"- Natural key: {', '.join(f'`{column}`' for column in record.natural_key)}",
            f"- Event id: `{record.id_column}`, UUIDv5 of record type and natural key",
            f"- Message key: `{record.entity}`",
            *_schema(record),
            "",
            "| Field | Type | Unit | Required | Values | Description |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| `{name}` | {arrow_type(column)} | {column.metadata['unit'] or ''} "
            f"| {'no' if column.nullable else 'yes'} | {_values(column)} | {column.description} |"
            for name, column in record.schema.columns.items()
        ]
    return "\n".join(lines) + "\n"


def _topics(record: RecordType) -> list[str]:
    if not record.topics:
        return []
    return [f"- Topics: {', '.join(f'`{topic}`' for topic in record.topics)}"]


def _schema(record: RecordType) -> list[str]:
    if not record.topics:
        return []
    return [f"- JSON Schema: [`schemas/{record.name}.json`](schemas/{record.name}.json)"]


def _store(record: RecordType) -> str:
    match record.store:
        case DynamoDBTable() as tables:
            return (
                f"`{tables.table}` (DynamoDB), the latest row of each `{record.entity}`, and "
                f"`{tables.history}`, every row; filled from the Kinesis stream `{tables.stream}`"
            )
        case RedisBoards() as boards:
            return (
                f"`{boards.prefix}:<{boards.place}>` (Redis), a JSON array of the rows of the "
                f"latest board, kept for {boards.board_hours} hours"
            )
        case table:
            return f"`{table.name}` ({type(table).__name__.removesuffix('Table')})"


def generated() -> dict[str, str]:
    """Every committed document by its path below ``docs/``."""
    return {
        **{
            f"schemas/{record.name}.json": json.dumps(
                json_schema(record), ensure_ascii=False, indent=2
            )
            + "\n"
            for record in RECORD_TYPES.values()
            if record.topics
        },
        "schemas/mysql.sql": _DDL_HEADER + ";\n\n".join(ddl.mysql()) + ";\n",
        "schemas/cassandra.cql": _DDL_HEADER + ";\n\n".join(ddl.cassandra(1)) + ";\n",
        "data-dictionary.md": data_dictionary(),
    }


def _property(column: pandera.Column) -> dict[str, Any]:
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


def _values(column: pandera.Column) -> str:
    schema = _property(column)
    if "enum" in schema:
        return ", ".join(value for value in schema["enum"] if value is not None)
    if "minimum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    if "pattern" in schema:
        return f"`{schema['pattern']}`".replace("|", "\\|")
    return ""
