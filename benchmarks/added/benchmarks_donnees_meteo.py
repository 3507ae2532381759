"""Weather observations in a table of the benchmark's own."""

from dataclasses import replace

from benchmarks.names import WEATHER_TABLE
from dataflow360.records.contract import MySQLTable
from dataflow360.records.donnees_meteo import DONNEES_METEO

BENCHMARKS_DONNEES_METEO = replace(
    DONNEES_METEO,
    name="benchmarks_donnees_meteo",
    store=MySQLTable(*WEATHER_TABLE.split(".")),
)
