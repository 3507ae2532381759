"""Departure boards of the benchmark's own, of places of which there are thousands."""

from dataclasses import replace

from benchmarks.names import BOARDS_PREFIX
from dataflow360.records import contract
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS

BENCHMARKS_DEPARTS = replace(
    DEPARTS_AEROPORTS,
    name="benchmarks_departs",
    schema={**DEPARTS_AEROPORTS.schema, "Aeroport": contract.text("A made place.", 8)},
    store=replace(DEPARTS_AEROPORTS.store, prefix=BOARDS_PREFIX),
)
