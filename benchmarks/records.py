"""The benchmark's own record types: the project's under other names, with stores of their own.

Importing this module makes the pipeline of this process know them.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.names import BOARDS_PREFIX, FLIGHTS_TABLE, WEATHER_TABLE
from dataflow360.records import RECORD_TYPES, contract
from dataflow360.records.contract import MySQLTable
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.vols import VOLS

WEATHER_STORE = MySQLTable(*WEATHER_TABLE.split("."))
FLIGHTS_STORE = replace(VOLS.store, table=FLIGHTS_TABLE.partition(".")[2])
WEATHER = replace(DONNEES_METEO, name="benchmarks_donnees_meteo", store=WEATHER_STORE)
FLIGHTS = replace(VOLS, name="benchmarks_vols", store=FLIGHTS_STORE)
BOARDS_STORE = replace(DEPARTS_AEROPORTS.store, prefix=BOARDS_PREFIX)
#: Departures of places that are no airports: there are not thousands of those.
BOARDS = replace(
    DEPARTS_AEROPORTS,
    name="benchmarks_departs",
    schema={**DEPARTS_AEROPORTS.schema, "Aeroport": contract.text("A made place.", 8)},
    store=BOARDS_STORE,
)

RECORD_TYPES.update({record.name: record for record in (WEATHER, FLIGHTS, BOARDS)})
