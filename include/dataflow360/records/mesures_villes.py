"""The contract of ``mesures_villes``: weather and air of one city at one moment.

Its rows go through the Kinesis stream, not through a topic of Kafka. The measurements keep the
names and units of OpenWeather (metric).
"""

from __future__ import annotations

import pyarrow as pa

from dataflow360 import names
from dataflow360.records import contract
from dataflow360.records.contract import Column, DynamoDBTable, RecordType

#: Columns that say which city and which moment a row is about; all others are measurements.
IDENTITY = ("ville", "pays", "aeroport", "timestamp")

_AIR_UNIT = "µg/m³"


def _event_time(table: pa.Table) -> pa.Array:
    return contract.rfc3339(table["timestamp"])


def _concentration(substance: str, maximum: float) -> Column:
    return contract.number(f"Concentration of {substance}.", _AIR_UNIT, 0, maximum, nullable=True)


MESURES_VILLES = RecordType(
    name="mesures_villes",
    version=1,
    description=(
        "Weather and air of a West African city at one moment; of the past, the air alone is known."
    ),
    schema={
        "ville": contract.city("City."),
        "pays": contract.country("Country."),
        "aeroport": contract.airport("IATA code of the city's airport."),
        "timestamp": contract.moment("When it was observed (UTC), as the source says."),
        "temp": contract.number("Air temperature.", "°C", -10, 55, nullable=True),
        "feels_like": contract.number(
            "Temperature as people feel it.", "°C", -30, 80, nullable=True
        ),
        "pressure": contract.number(
            "Air pressure at sea level.", "hPa", 870, 1085, nullable=True
        ),
        "humidity": contract.integer("Relative humidity.", "%", 0, 100, nullable=True),
        "visibility": contract.integer(
            "Visibility; 10,000 m is the highest value reported.", "m", 0, 10_000, nullable=True
        ),
        "wind_speed": contract.number("Wind speed.", "m/s", 0, 114, nullable=True),
        "wind_deg": contract.integer(
            "Direction the wind comes from.", "°", 0, 360, nullable=True
        ),
        "clouds": contract.integer("Cloud cover.", "%", 0, 100, nullable=True),
        "aqi": contract.integer(
            "OpenWeather's index of air quality, from 1 (good) to 5 (very poor).", "", 1, 5,
            bits=8,
        ),
        "co": _concentration("carbon monoxide", 100_000),
        "no": _concentration("nitrogen monoxide", 10_000),
        "no2": _concentration("nitrogen dioxide", 10_000),
        "o3": _concentration("ozone", 10_000),
        "so2": _concentration("sulphur dioxide", 10_000),
        "pm2_5": _concentration("particles up to 2.5 µm", 20_000),
        "pm10": _concentration("particles up to 10 µm", 20_000),
        "nh3": _concentration("ammonia", 10_000),
    },
    natural_key=("ville", "timestamp"),
    id_column="id_mesure",
    entity="ville",
    event_time=_event_time,
    store=DynamoDBTable(
        stream=names.STREAM, table=names.STATE_TABLE, history=names.HISTORY_TABLE
    ),
    topics=(),
)  # fmt: skip
MEASUREMENTS = tuple(name for name in MESURES_VILLES.columns if name not in IDENTITY)
