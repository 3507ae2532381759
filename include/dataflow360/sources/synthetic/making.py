"""Draw synthetic flights and weather.

Any day of any year gives the same rows each time; asking for more rows adds some and changes
none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import numpy as np
import orjson
import pyarrow as pa
from faker import Faker

from dataflow360.faker_providers import FlightProvider, WeatherProvider, damage
from dataflow360.pipeline.chunk import Chunk
from dataflow360.pipeline.run import Run
from dataflow360.records.donnees_meteo import SYNTHETIC
from dataflow360.sources.synthetic import FlightsRequest, SyntheticRequest, WeatherRequest


def flights(request: FlightsRequest, run: Run) -> Iterator[Chunk]:
    """The flights of a day, a chunk for each airport."""
    fake = Faker("fr_FR")
    fake.add_provider(FlightProvider)
    day = run.interval.start.date()
    return _chunks(request, day, lambda airport: fake.flights(airport, day, rows=request.rows))


def weather(request: WeatherRequest, run: Run) -> Iterator[Chunk]:
    """The weather of a day, a chunk for each airport."""
    fake = Faker("fr_FR")
    fake.add_provider(WeatherProvider)
    day = run.interval.start.date()

    def draw(airport: str) -> pa.Table:
        table = fake.weather(airport, day, rows=request.rows)
        return table.append_column("provenance", pa.repeat(SYNTHETIC, table.num_rows))

    return _chunks(request, day, draw)


def _chunks(
    request: SyntheticRequest, day: date, draw: Callable[[str], pa.Table]
) -> Iterator[Chunk]:
    for airport in request.airports:
        table = damage(draw(airport), request.bad_share, rng_key=f"{airport}|{day}")
        yield Chunk(table, np.arange(1, table.num_rows + 1), partial(_original, table))


def _original(table: pa.Table, row: int) -> bytes:
    """The original bytes of a made row: its JSON."""
    return orjson.dumps(table.slice(row, 1).to_pylist()[0])
