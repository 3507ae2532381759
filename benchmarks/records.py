"""The benchmark's own record types: the project's under other names, with stores of their own.

Importing this module makes the pipeline of this process find them.
"""

from __future__ import annotations

from pathlib import Path

from dataflow360 import records
from dataflow360.records import RECORD_TYPES

records.__path__.append(str(Path(__file__).parent / "added"))

WEATHER = RECORD_TYPES["benchmarks_donnees_meteo"]
FLIGHTS = RECORD_TYPES["benchmarks_vols"]
BOARDS = RECORD_TYPES["benchmarks_departs"]
