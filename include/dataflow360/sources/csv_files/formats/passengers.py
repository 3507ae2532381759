"""Passengers by month, as the open data portal of San Francisco's airport has them."""

from __future__ import annotations

from datetime import date

from dataflow360.records.trafic_passagers import TRAFIC_PASSAGERS
from dataflow360.sources.csv_files.format import Cleaning, Format


def _first_of_month(period: str) -> str | None:
    """``200507`` as ``2005-07-01``."""
    if len(period) != len("YYYYMM") or not (period.isascii() and period.isdigit()):
        return None
    try:
        return date(int(period[:4]), int(period[4:]), 1).isoformat()
    except ValueError:
        return None


PASSENGERS = Format(
    name="trafic_passagers",
    record=TRAFIC_PASSAGERS,
    topic="trafic_passagers",
    header=TRAFIC_PASSAGERS.columns,
    cleaning={"ActivityPeriod": Cleaning(_first_of_month, "a month as in 200507")},
)
