"""Parse synthetic rows again, from the JSON that quarantine keeps of them."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

import orjson
import pyarrow as pa

from dataflow360.records.contract import RecordType
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.sentences import misfit
from dataflow360.records.vols import VOLS
from dataflow360.sources.source import by_record


def row_of(record: RecordType, raw: bytes) -> dict[str, Any] | str:
    """A row that is kept as a JSON object with just the contract's columns, or why it is none."""
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return f"the record is not JSON: {error}"
    if not isinstance(row, dict):
        return "the record is not a JSON object"
    if row.keys() != set(record.columns):
        missing, unknown = set(record.columns) - row.keys(), row.keys() - set(record.columns)
        return f"the record lacks the fields {sorted(missing)} and has in excess {sorted(unknown)}"
    for column in record.arrow_schema:
        value = row[column.name]
        try:
            row[column.name] = _typed(value, column.type)
        except (ValueError, TypeError):
            return misfit(column.name, value, column.type)
    return row


def _typed(value: Any, dtype: pa.DataType) -> Any:
    """A value of JSON as the column has it; what JSON has as such stays."""
    if value is None:
        return None
    if isinstance(value, bool) != pa.types.is_boolean(dtype):
        raise TypeError
    if pa.types.is_date32(dtype):
        return date.fromisoformat(value)
    if pa.types.is_timestamp(dtype):
        return datetime.fromisoformat(value)
    return value


parse_flights = by_record(VOLS.name, partial(row_of, VOLS))
parse_weather = by_record(DONNEES_METEO.name, partial(row_of, DONNEES_METEO))
