"""Flights in a table of the benchmark's own."""

from dataclasses import replace

from benchmarks.names import FLIGHTS_TABLE
from dataflow360.records.vols import VOLS

BENCHMARKS_VOLS = replace(
    VOLS,
    name="benchmarks_vols",
    store=replace(VOLS.store, table=FLIGHTS_TABLE.partition(".")[2]),
)
