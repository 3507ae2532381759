"""Synthetic flights and weather, drawn by the project's Faker providers.

Any day of any year gives the same rows each time; asking for more rows adds some and changes
none. This module is imported while DAG files are parsed: it imports heavy modules on use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from dataflow360.airports import AIRPORTS
from dataflow360.pipeline.request import Day, Request
from dataflow360.sources.places import Airports

if TYPE_CHECKING:
    import pyarrow as pa

    from dataflow360.pipeline.chunk import Chunk
    from dataflow360.pipeline.extraction import Extraction
    from dataflow360.pipeline.run import Interval, Run
    from dataflow360.records.contract import RecordType


class SyntheticRequest(Request):
    """The params that both synthetic sources have."""

    airports: Airports = Field(
        default=tuple(AIRPORTS), title="Airports", description="IATA codes of the airports."
    )
    bad_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Share of bad rows",
        description="Share of rows that are damaged on purpose, to see quarantine at work.",
    )
    day: Day = Field(
        default=None,
        title="Day",
        description="Day to make instead of that of the run's data interval (YYYY-MM-DD).",
    )


class FlightsRequest(SyntheticRequest):
    """The params of ``synthetic_flights``."""

    rows: int = Field(
        default=48,
        ge=1,
        le=5000,
        title="Flights",
        description="Departures of each airport on a day.",
    )


class WeatherRequest(SyntheticRequest):
    """The params of ``synthetic_weather``."""

    rows: int = Field(
        default=24,
        ge=1,
        le=24,
        title="Observations",
        description="Observations of each airport on a day, spread over its 24 hours.",
    )


def flights(request: FlightsRequest, run: Run) -> Extraction:
    """What ``synthetic_flights`` fetches: the flights of a day, a chunk for each airport."""
    from faker import Faker

    from dataflow360.faker_providers import FlightProvider
    from dataflow360.records.vols import VOLS

    fake = Faker("fr_FR")
    fake.add_provider(FlightProvider)
    day = run.interval.start.date()

    def draw(airport: str) -> pa.Table:
        return fake.flights(airport, day, rows=request.rows)

    return _extraction(VOLS, "vols_synthetiques", request, run.interval, draw)


def weather(request: WeatherRequest, run: Run) -> Extraction:
    """What ``synthetic_weather`` fetches: the weather of a day, a chunk for each airport."""
    import pyarrow as pa
    from faker import Faker

    from dataflow360.faker_providers import WeatherProvider
    from dataflow360.records.donnees_meteo import DONNEES_METEO, SYNTHETIC

    fake = Faker("fr_FR")
    fake.add_provider(WeatherProvider)
    day = run.interval.start.date()

    def draw(airport: str) -> pa.Table:
        table = fake.weather(airport, day, rows=request.rows)
        return table.append_column("provenance", pa.repeat(SYNTHETIC, table.num_rows))

    return _extraction(DONNEES_METEO, "meteo_synthetique", request, run.interval, draw)


def _extraction(
    record: RecordType,
    topic: str,
    request: SyntheticRequest,
    interval: Interval,
    draw: Callable[[str], pa.Table],
) -> Extraction:
    from dataflow360.pipeline.extraction import Extraction

    day = interval.start.date()
    return Extraction(
        record=record,
        topic=topic,
        source_key=interval.key,
        source_name=f"synthetic {record.name} of {day}",
        request=request.content,
        fetch=lambda: _chunks(request, day, draw),
    )


def _chunks(
    request: SyntheticRequest, day: date, draw: Callable[[str], pa.Table]
) -> Iterator[Chunk]:
    import numpy as np

    from dataflow360.faker_providers import damage
    from dataflow360.pipeline.chunk import Chunk

    start = 1
    for airport in request.airports:
        table = damage(draw(airport), request.bad_share, rng_key=f"{airport}|{day}")
        positions = np.arange(start, start + table.num_rows)
        start += table.num_rows
        yield Chunk(table, positions, _Originals(table))


class _Originals:
    """The original bytes of a made row: its JSON."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __call__(self, row: int) -> bytes:
        import orjson

        return orjson.dumps(self._table.slice(row, 1).to_pylist()[0])
