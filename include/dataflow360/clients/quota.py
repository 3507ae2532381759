"""The ledger of an API's monthly quota, in MySQL: durable, and shared by all runs and workers.

A call is entered before it is made. A call whose process is killed thus counts as used, and
however many take at once, no month is ever overdrawn. The month is that of the clock, as the API
counts; it dates no data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dataflow360.clients.mysql import execute, fetch
from dataflow360.errors import SkippableError
from dataflow360.names import CONTROL_DATABASE as DATABASE

_OUTCOME_CHARACTERS = 500
_DAYS_PAST_ANY_MONTH = 32


class QuotaSpentError(SkippableError):
    """No call is left in this month; the message says when the quota renews."""


@dataclass(frozen=True, slots=True)
class Month:
    """What the ledger says of a month.

    Attributes:
        period: The month, as in ``2026-11``.
        allowed: Calls that it has.
        used: Calls that were taken.
        closed_reason: Why no more of them may be used, if so.
    """

    period: str
    allowed: int
    used: int
    closed_reason: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was taken.

    Attributes:
        period: The month that it counts in.
        number: Its number in the month, from 1.
        subject: What was asked for.
        run_id: The run that took it.
        called_at: When (UTC).
        outcome: What became of it; None while that is not known, or when its process was killed.
    """

    period: str
    number: int
    subject: str
    run_id: str
    called_at: datetime
    outcome: str | None = None


def period_of(moment: datetime) -> str:
    """The month that a moment lies in, as in ``2026-11``."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def renewal_of(period: str) -> date:
    """The day on which the quota of a month, as in ``2026-11``, renews: the first of the next."""
    first = date.fromisoformat(f"{period}-01")
    return (first + timedelta(days=_DAYS_PAST_ANY_MONTH)).replace(day=1)


class MonthlyQuota:
    """The calls to one API, month by month."""

    def __init__(
        self, connection: Any, source: str, allowed: int, now: Callable[[], datetime]
    ) -> None:
        """Keep account in an open MySQL session that commits each statement.

        Args:
            connection: The session, which stays the caller's.
            source: Name of the API; who gives the same name shares its quota.
            allowed: Calls a month.
            now: The clock.
        """
        self._connection = connection
        self._source = source
        self._allowed = allowed
        self._now = now

    def month(self, period: str) -> Month:
        """The account of a month, empty when no call was taken in it."""
        found = fetch(
            self._connection,
            f"SELECT used, closed_reason FROM {DATABASE}.quotas WHERE source = %s AND period = %s",
            (self._source, period),
        )
        used, reason = found[0] if found else (0, None)
        return Month(period, self._allowed, int(used), reason)

    def calls(self, period: str) -> list[Call]:
        """The calls of a month, in their order."""
        return self._select("period = %s", period)

    def calls_of(self, run_id: str) -> list[Call]:
        """The calls of a run, in their order."""
        return self._select("run_id = %s", run_id)

    def take(self, subject: str, run_id: str) -> Call:
        """Take the right to one call, in one transaction.

        Args:
            subject: What the call asks for.
            run_id: The run that makes it.

        Raises:
            QuotaSpentError: The month has no call left.
        """
        now = self._now().astimezone(UTC)
        period = period_of(now)
        # On its own, so that the transaction only ever waits for the one row.
        execute(
            self._connection,
            f"INSERT IGNORE INTO {DATABASE}.quotas (source, period, allowed, used)"
            " VALUES (%s, %s, %s, 0)",
            (self._source, period, self._allowed),
        )
        self._connection.begin()
        try:
            call = self._enter(period, subject, run_id, now)
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()
        if call is None:
            raise self.spent(period)
        return call

    def _enter(self, period: str, subject: str, run_id: str, now: datetime) -> Call | None:
        taken = execute(
            self._connection,
            f"UPDATE {DATABASE}.quotas SET used = used + 1, allowed = %s WHERE source = %s"
            " AND period = %s AND used < %s AND closed_at IS NULL",
            (self._allowed, self._source, period, self._allowed),
        )
        if not taken:
            return None
        call = Call(
            period, self.month(period).used, subject, run_id, now.replace(tzinfo=None)
        )  # the session holds the row: what it reads is its own number
        execute(
            self._connection,
            f"INSERT INTO {DATABASE}.quota_calls (source, period, number, subject, run_id,"
            " called_at) VALUES (%s, %s, %s, %s, %s, %s)",
            (self._source, period, call.number, subject, run_id, call.called_at),
        )
        return call

    def note(self, call: Call, outcome: str) -> None:
        """Enter what became of a call."""
        execute(
            self._connection,
            f"UPDATE {DATABASE}.quota_calls SET outcome = %s"
            " WHERE source = %s AND period = %s AND number = %s",
            (outcome[:_OUTCOME_CHARACTERS], self._source, call.period, call.number),
        )

    def close(self, period: str, reason: str) -> None:
        """Let no one take a call in a month any more; the first reason stands."""
        execute(
            self._connection,
            f"UPDATE {DATABASE}.quotas SET closed_at = %s, closed_reason = %s"
            " WHERE source = %s AND period = %s AND closed_at IS NULL",
            (
                self._now().astimezone(UTC).replace(tzinfo=None),
                reason[:_OUTCOME_CHARACTERS],
                self._source,
                period,
            ),
        )

    def spent(self, period: str) -> QuotaSpentError:
        """Why a month has no call left, and when there are some again, in one sentence."""
        month = self.month(period)
        renewed = renewal_of(period)
        if month.closed_reason:
            return QuotaSpentError(
                f"{self._source} gives no more calls in {period} ({month.closed_reason}); "
                f"the quota renews on {renewed}."
            )
        return QuotaSpentError(
            f"All {month.allowed} calls to {self._source} of {period} are used; "
            f"the quota renews on {renewed}."
        )

    def _select(self, condition: str, value: str) -> list[Call]:
        found = fetch(
            self._connection,
            "SELECT period, number, subject, run_id, called_at, outcome"
            f" FROM {DATABASE}.quota_calls WHERE source = %s AND {condition}"
            " ORDER BY period, number",
            (self._source, value),
        )
        return [Call(*row) for row in found]
