"""What is committed of the contracts: JSON Schemas, DDL and the data dictionary.

``python -m dataflow360 contracts`` writes them; a test fails when one is stale.
"""

from __future__ import annotations

import json

from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import Column, OneOf, Pattern, Range, RecordType
from dataflow360.records.json_schema import json_schema
from dataflow360.stores.store import kinds, store_of

_DDL_HEADER = "-- Generated from the contracts: python -m dataflow360 contracts\n\n"


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
            f"- Store: {store_of(record.store.kind).description(record)}",
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
            f"| `{name}` | {column.dtype} | {column.unit} "
            f"| {'no' if column.nullable else 'yes'} | {_values(column)} | {column.description} |"
            for name, column in record.schema.items()
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
        **{
            f"schemas/{name}": _DDL_HEADER + ";\n\n".join(statements) + ";\n"
            for kind in kinds()
            for name, statements in store_of(kind).ddl().items()
        },
        "data-dictionary.md": data_dictionary(),
    }


def _values(column: Column) -> str:
    match column.rule:
        case OneOf(values):
            return ", ".join(values)
        case Range(minimum, maximum):
            return f"{minimum} to {maximum}"
        case Pattern(regex):
            return f"`{regex}`".replace("|", "\\|")
    return ""
