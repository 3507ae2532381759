"""Weather observations by hour, in the project's own columns."""

from __future__ import annotations

from dataflow360.airports import AIRPORTS, by_city
from dataflow360.records.donnees_meteo import DONNEES_METEO, FILE
from dataflow360.sources.csv_files.format import Cleaning, Format


def _iata(place: str) -> str:
    """The airport of a city; what is no city of ours is left to the contract."""
    if place not in AIRPORTS and (found := by_city(place)):
        return found.iata
    return place


WEATHER = Format(
    name="donnees_meteo",
    record=DONNEES_METEO,
    topic="meteo_historique",
    header=DONNEES_METEO.columns[:14],
    cleaning={"aeroport": Cleaning(_iata, "an airport or its city")},
    constants={"provenance": FILE},
)
