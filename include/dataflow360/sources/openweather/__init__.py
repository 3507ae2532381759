"""The weather and the air of OpenWeather; for past hours, the weather of Open-Meteo."""

from __future__ import annotations

from dataflow360 import names
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import Output, Site, Source, lazily

OPENWEATHER = Site("openweather", "https://api.openweathermap.org", "OPENWEATHER_API_KEY")
OPEN_METEO = Site(
    "openmeteo",
    "https://archive-api.open-meteo.com",
    further_hosts={"recent_host": "https://api.open-meteo.com"},
)

AIRPORTS = Source(
    dag_id="openweather",
    request=AirportsRequest,
    outputs=(Output("meteo_aeroports", "meteo_db.meteo_aeroports", "meteo_aeroports"),),
    sites=(OPENWEATHER, OPEN_METEO),
    title=lazily("openweather.airports:title"),
    fetch=lazily("openweather.airports:fetch"),
    parse=lazily("openweather.airports:parse"),
)
CITIES = Source(
    dag_id=names.STREAM_DAG,
    request=AirportsRequest,
    outputs=(Output("mesures_villes", f"dynamodb.{names.STATE_TABLE}", names.STREAM),),
    sites=(OPENWEATHER,),
    title=lazily("openweather.cities:title"),
    fetch=lazily("openweather.cities:fetch"),
    parse=lazily("openweather.cities:parse"),
)
