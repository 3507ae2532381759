"""How a month's calls to AviationStack are shared out over its days and over the airports."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from dataflow360.airports import AIRPORTS

#: Weight of an airport's share of the calls, by its traffic; every other airport has 1. Lagos has
#: about three times the departures of a small capital, and more of them than one page holds.
PRIORITIES = {"LOS": 3, "ACC": 2, "DSS": 2, "ABJ": 2}


def priority(airport: str) -> int:
    """Weight of an airport's share of the calls, by its IATA code."""
    return PRIORITIES.get(airport, 1)


def due(allowed: int, moment: datetime) -> int:
    """How many of a month's calls may be used by the end of a day, spread evenly.

    Args:
        allowed: Calls of the whole month.
        moment: A time of that day (UTC).
    """
    return allowed * moment.day // _days(moment)


def next_due_day(allowed: int, used: int, moment: datetime) -> int | None:
    """Day of the month on which more calls than are used are due; None when there is none.

    Args:
        allowed: Calls of the whole month.
        used: Calls that are used.
        moment: The present; only its month counts.
    """
    days = range(1, _days(moment) + 1)
    return next((day for day in days if due(allowed, moment.replace(day=day)) > used), None)


def ranking(airports: Sequence[str], calls: Sequence[str]) -> list[str]:
    """In which order airports are called: those first that are farthest behind their share.

    Each call goes where (calls + 1/2) / priority is lowest: the Webster/Sainte-Laguë method of
    apportionment, which spreads the calls of a busy airport evenly over the month. Among equals the
    one that was called longest ago comes first, then the order of ``AIRPORTS``.

    Args:
        airports: IATA codes.
        calls: The airport of each call of the month, in their order.
    """
    counts = Counter(calls)
    last = {airport: number for number, airport in enumerate(calls, start=1)}
    order = {airport: number for number, airport in enumerate(AIRPORTS)}
    return sorted(
        airports,
        key=lambda iata: ((counts[iata] + 0.5) / priority(iata), last.get(iata, 0), order[iata]),
    )


def _days(moment: datetime) -> int:
    return calendar.monthrange(moment.year, moment.month)[1]
