"""What is left of the months' calls."""

from __future__ import annotations

from datetime import datetime

from dataflow360.clients import quota
from dataflow360.clients.mysql import fetch
from dataflow360.names import CONTROL_DATABASE
from dataflow360.page.models.overview import MonthlyQuota
from dataflow360.page.mysql import session
from dataflow360.settings import settings

_MOST_SOURCES = 50


def monthly_quotas(now: datetime) -> list[MonthlyQuota]:
    """This month's calls of each API that allows only so many; one that made none has them all.

    Args:
        now: The moment whose month is asked for.
    """
    period = quota.period_of(now)
    # Before the month's first call there is no row of it.
    allowed = {"aviationstack": settings().aviationstack_monthly_calls}
    with session() as connection:
        allowed |= dict(
            fetch(
                connection,
                f"SELECT source, allowed FROM {CONTROL_DATABASE}.quotas WHERE period = %s"
                " ORDER BY source LIMIT %s",
                (period, _MOST_SOURCES),
            )
        )
        return [
            _left(source, quota.MonthlyQuota(connection, source, calls, lambda: now).month(period))
            for source, calls in sorted(allowed.items())
        ]


def _left(source: str, month: quota.Month) -> MonthlyQuota:
    left = 0 if month.closed_reason else max(0, month.allowed - month.used)
    return MonthlyQuota(
        source=source,
        period=month.period,
        allowed=month.allowed,
        used=month.used,
        left=left,
        renews_on=quota.renewal_of(month.period),
        closed_reason=month.closed_reason,
    )
