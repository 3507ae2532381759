"""The benchmark's own record types: the project's under other names, with tables of their own.

Importing this module makes the pipeline of this process know them.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.names import FLIGHTS_TABLE, WEATHER_TABLE
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import CassandraTable, MySQLTable
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.vols import VOLS

assert isinstance(VOLS.store, CassandraTable)  # noqa: S101  # for mypy

WEATHER_STORE = MySQLTable(*WEATHER_TABLE.split("."))
FLIGHTS_STORE = replace(VOLS.store, table=FLIGHTS_TABLE.partition(".")[2])
WEATHER = replace(DONNEES_METEO, name="benchmarks_donnees_meteo", store=WEATHER_STORE)
FLIGHTS = replace(VOLS, name="benchmarks_vols", store=FLIGHTS_STORE)

RECORD_TYPES.update({record.name: record for record in (WEATHER, FLIGHTS)})
