"""Fares of flights; the first column of the file is an index without a name."""

from __future__ import annotations

from dataflow360.records.tarifs_vols import TARIFS_VOLS
from dataflow360.sources.csv_files.format import Format

FARES = Format(
    name="tarifs_vols",
    record=TARIFS_VOLS,
    topic="tarifs_vols",
    header=("", *TARIFS_VOLS.columns),
)
