"""The contract of ``meteo_villes``: the weather in a city in one hour, as a web page has it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records import contract
from dataflow360.records.contract import RecordType, RedisBoards


def _event_time(table: pa.Table) -> pa.Array:
    date = pc.cast(table["date_observation"], pa.string())
    hour = pc.utf8_lpad(pc.cast(table["heure_observation"], pa.string()), 2, "0")
    return pc.binary_join_element_wise(date, "T", hour, ":00:00Z", "")


METEO_VILLES = RecordType(
    name="meteo_villes",
    version=1,
    description="Weather in the city of a West African airport in one hour (UTC).",
    schema={
        "ville": contract.city("City."),
        "pays": contract.country("Country."),
        "aeroport": contract.airport("IATA code of the city's airport."),
        "date_observation": contract.day("Date of the observation (UTC)."),
        "heure_observation": contract.integer("Hour of the observation (UTC).", "h", 0, 23, bits=8),
        "temperature": contract.number("Air temperature at 2 m.", "°C", -10, 55),
        "humidite": contract.number("Relative humidity at 2 m.", "%", 0, 100),
        "pression": contract.number("Air pressure at sea level.", "hPa", 870, 1085, nullable=True),
        "vitesse_vent": contract.number("Wind speed at 10 m.", "km/h", 0, 410),
        "direction_vent": contract.number(
            "Direction the wind comes from; none in a calm.", "°", 0, 360, nullable=True
        ),
        "precipitations": contract.number("Rain in the hour.", "mm", 0, 310, nullable=True),
        "nebulosite": contract.number("Cloud cover.", "%", 0, 100, nullable=True),
        "conditions_meteo": contract.text("The weather in words.", 100),
    },
    natural_key=("aeroport", "date_observation", "heure_observation"),
    id_column="id_observation",
    entity="aeroport",
    event_time=_event_time,
    store=RedisBoards(prefix="meteo", place="ville", day="date_observation", board_hours=72),
    topics=("meteo_villes",),
)
