"""The contracts: each record type is declared once, in a module of its own."""

from __future__ import annotations

from dataflow360.records.contract import RecordType
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.vols import VOLS

RECORD_TYPES: dict[str, RecordType] = {record.name: record for record in (VOLS, DONNEES_METEO)}
