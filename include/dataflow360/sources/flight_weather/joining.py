"""Join departures with the weather of their hour.

Departures come from the batches that the departure boards were landed in, weather from its table.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.airports import AIRPORTS
from dataflow360.clients import mysql
from dataflow360.errors import SkippableError
from dataflow360.pipeline import landing, registry
from dataflow360.pipeline.chunk import Chunk
from dataflow360.pipeline.request import DerivedRequest
from dataflow360.pipeline.run import Run, day_interval
from dataflow360.records.contract import MOMENT
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.json_text import json_objects
from dataflow360.records.meteo_aeroports import METEO_AEROPORTS, OPENWEATHER
from dataflow360.records.vols_meteo import VOLS_METEO
from dataflow360.sources.flightstats import FLIGHTSTATS

#: A board of one day may show departures of the next, and local days begin before UTC's or after.
_MARGIN = timedelta(days=1)
_WEATHER = (
    "temperature", "humidite", "pression", "vitesse_vent", "direction_vent", "conditions",
    "nuages", "provenance",
)  # fmt: skip


def fetch(request: DerivedRequest, run: Run) -> Iterator[Chunk]:
    """Each departure of the run's day, with its weather; local days of the airports are meant.

    Raises:
        SkippableError: No departure of the day is known.
    """
    day = run.interval.start.date()
    departures = _departures(day)
    if not departures.num_rows:
        raise SkippableError(
            f"No departures of {day} are known yet; run scrape_departures first, which starts this "
            "DAG when it is done."
        )
    table = join(departures, _weather(day))
    texts = json_objects({name: table[name] for name in table.column_names})
    yield Chunk(
        table=table,
        positions=np.arange(1, table.num_rows + 1),
        raw=lambda row: texts[row].as_py().encode(),
    )


def _departures(day: date) -> pa.Table:
    """The departures of a local day, each in its latest version."""
    around = day_interval(day)
    start, end = (f"{moment:%Y%m%d}" for moment in (around.start - _MARGIN, around.end + _MARGIN))
    with mysql.connect() as connection:
        batches = registry.published_between(connection, FLIGHTSTATS.dag_id, start, end)
    schema = landing.row_schema(DEPARTS_AEROPORTS)
    tables = [table for batch in batches for table in landing.valid_rows(batch.folder)]
    rows = pa.concat_tables([schema.empty_table(), *tables])
    rows = rows.filter(pc.equal(rows["Date_Depart"], pa.scalar(day)))
    latest = {event_id: row for row, event_id in enumerate(rows[landing.EVENT_ID].to_pylist())}
    return rows.take(pa.array(sorted(latest.values()), pa.int64()))


def _weather(day: date) -> pa.Table:
    """The observations that departures of a local day can have."""
    columns = [name for name in METEO_AEROPORTS.columns if name not in {"pays", "ville"}]
    interval = day_interval(day)
    with mysql.connect() as connection:
        rows = mysql.fetch(
            connection,
            f"SELECT {', '.join(columns)} FROM meteo_db.meteo_aeroports"
            " WHERE timestamp >= %s AND timestamp < %s",
            (interval.start - _MARGIN, interval.end + _MARGIN),
        )
    schema = pa.schema([METEO_AEROPORTS.arrow_schema.field(name) for name in columns])
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows], schema)


def join(departures: pa.Table, weather: pa.Table) -> pa.Table:
    """Join departures with the weather at their airport in the hour of departure.

    Of several observations in that hour one by OpenWeather comes before one of an archive, then
    the latest. A departure without any keeps its row, with empty weather.

    Args:
        departures: Rows of ``departs_aeroports``.
        weather: Rows of ``meteo_aeroports``; ``pays`` and ``ville`` are not needed.

    Returns:
        Rows of ``vols_meteo``.
    """
    flights = departures.select(DEPARTS_AEROPORTS.columns).to_pandas(types_mapper=pd.ArrowDtype)
    moments = pd.to_datetime(
        pd.Series(DEPARTS_AEROPORTS.event_time(departures).to_pylist()), utc=True
    )
    flights["depart_utc"] = moments.dt.tz_localize(None)
    flights["hour"] = flights["depart_utc"].dt.floor("h")
    observed = weather.to_pandas(types_mapper=pd.ArrowDtype).rename(
        columns={"timestamp": "observation", "aeroport": "Aeroport"}
    )
    observed["hour"] = pd.to_datetime(observed["observation"]).dt.floor("h")
    observed["preferred"] = observed["provenance"] == OPENWEATHER
    observed = observed.sort_values(["preferred", "observation"], kind="stable")
    observed = observed.drop_duplicates(["Aeroport", "hour"], keep="last")
    for frame in (flights, observed):
        frame["hour"] = frame["hour"].astype("datetime64[s]")
        frame["Aeroport"] = frame["Aeroport"].astype(str)
    joined = flights.merge(observed, how="left", on=["Aeroport", "hour"], validate="many_to_one")
    table = pa.table(
        {
            "aeroport": joined["Aeroport"],
            "ville": [AIRPORTS[iata].city for iata in joined["Aeroport"]],
            "vol": joined["Vol"],
            "compagnie": joined["Compagnie"],
            "destination": joined["Destination"],
            "date_depart": joined["Date_Depart"],
            "heure_depart": joined["Heure_Depart"],
            "depart_utc": pa.array(joined["depart_utc"].astype("datetime64[ms]"), MOMENT),
            "observation": joined["observation"],
            **{name: joined[name] for name in _WEATHER},
        }
    )
    return table.cast(VOLS_METEO.arrow_schema)
