"""Parse records again that were refused once: each source's way to do it, by its DAG.

A source gives a function of the batch that refused the records and of their original bytes. It
returns a chunk in which the n-th record has the position n.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
import pyarrow as pa

from dataflow360.errors import FatalError
from dataflow360.pipeline.chunk import Chunk, chunk_of
from dataflow360.pipeline.run import Interval
from dataflow360.records.contract import RecordType


@dataclass(frozen=True, slots=True)
class Origin:
    """What a batch says about how its records are to be read.

    Attributes:
        request: The params that shaped it, as canonical JSON.
        source_key: Its data interval or file.
    """

    request: str
    source_key: str

    @property
    def interval(self) -> Interval:
        """The batch's data interval.

        Raises:
            FatalError: It is not of an interval.
        """
        interval = Interval.of_key(self.source_key)
        if interval is None:
            raise FatalError(
                f"The batch of {self.source_key} is not of a data interval; its records cannot be "
                "replayed."
            )
        return interval


Reparse = Callable[[Origin, list[bytes]], Chunk]


def reparser_of(dag_id: str) -> Reparse:
    """How the records of a DAG are parsed again.

    Raises:
        FatalError: Records of this DAG cannot be parsed again.
    """
    if dag_id not in _REPARSERS:
        raise FatalError(
            f"Records of the DAG {dag_id} cannot be replayed: replay/reparsing.py knows no "
            "parser for them."
        )
    return _REPARSERS[dag_id]()


def json_rows(record: RecordType, raws: list[bytes]) -> Chunk:
    """Parse rows that are kept as JSON objects with just the contract's columns."""
    return chunk_of(record.arrow_schema, [(raw, _row(record, raw)) for raw in raws])


def _row(record: RecordType, raw: bytes) -> dict[str, Any] | str:
    """A row, or why the bytes are none."""
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
            return f"{column.name} {value!r} is not of type {column.type}"
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


def _aviationstack() -> Reparse:
    from dataflow360.sources.aviationstack import fetching

    return lambda origin, raws: fetching.reparse(origin.source_key, raws)


def _csv_files() -> Reparse:
    from dataflow360.sources import csv_files

    return lambda origin, raws: csv_files.reparse(origin.request, raws, range(1, len(raws) + 1))


def _openweather() -> Reparse:
    from dataflow360.sources.openweather import airports as openweather

    return lambda origin, raws: openweather.reparse(origin.request, raws)


def _openweather_to_kinesis() -> Reparse:
    from dataflow360.sources.openweather import cities as city_measurements

    return lambda _, raws: city_measurements.reparse(raws)


def _lambda_failures() -> Reparse:
    from dataflow360.aws import stream_records

    return lambda _, raws: stream_records.reparse(raws)


def _scrape_departures() -> Reparse:
    from dataflow360.sources.flightstats import page as departures_page

    return lambda origin, raws: departures_page.reparse(raws, origin.interval)


def _scrape_weather() -> Reparse:
    from dataflow360.sources.visualcrossing import page as weather_page

    return lambda origin, raws: weather_page.reparse(raws, origin.interval)


def _synthetic_flights() -> Reparse:
    from dataflow360.records.vols import VOLS

    return lambda _, raws: json_rows(VOLS, raws)


def _synthetic_weather() -> Reparse:
    from dataflow360.records.donnees_meteo import DONNEES_METEO

    return lambda _, raws: json_rows(DONNEES_METEO, raws)


_REPARSERS: dict[str, Callable[[], Reparse]] = {
    "aviationstack": _aviationstack,
    "csv_files": _csv_files,
    "lambda_failures": _lambda_failures,
    "openweather": _openweather,
    "openweather_to_kinesis": _openweather_to_kinesis,
    "scrape_departures": _scrape_departures,
    "scrape_weather": _scrape_weather,
    "synthetic_flights": _synthetic_flights,
    "synthetic_weather": _synthetic_weather,
}
