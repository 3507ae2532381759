"""What ``aviationstack`` fetches: the departures of the airports whose turn it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dataflow360.clients import mysql, redis
from dataflow360.clients.quota import Call, MonthlyQuota, QuotaSpentError, period_of
from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import DataFlowError, RetriableError, SkippableError
from dataflow360.pipeline.chunk import Missing
from dataflow360.pipeline.run import Interval, Run
from dataflow360.settings import settings
from dataflow360.sources.aviationstack import AviationstackRequest, plan
from dataflow360.sources.aviationstack.api import API, GeneralFaultError, RateLimitError
from dataflow360.sources.aviationstack.calls import NotCalledError, RationedCalls

log = logging.getLogger(__name__)

#: Name of the source in the quota's ledger and in the keys of raw answers.
SOURCE = "aviationstack"
#: How long after its end an interval still counts as the present.
PRESENT = timedelta(hours=36)
#: Two airports in a row that cannot be had are an outage: the others are left to the next try.
_FAILURES_OF_AN_OUTAGE = 2


@dataclass(frozen=True, slots=True)
class Share:
    """What a run may call for; the same in each of its tries.

    Attributes:
        pages: How many pages.
        airports: The airports, in the order in which they are called.
        calls: The calls of the run's earlier tries.
    """

    pages: int
    airports: list[str]
    calls: list[Call]


def share_of(
    quota: MonthlyQuota, request: AviationstackRequest, run_id: str, now: datetime
) -> Share:
    """The share of a run, as it was when the run made its first call.

    Raises:
        SkippableError: The run may not call at all.
    """
    own = quota.calls_of(run_id)
    moment = own[0].called_at.replace(tzinfo=UTC) if own else now
    month = quota.month(period_of(moment))
    before = [c for c in quota.calls(month.period) if not own or c.number < own[0].number]
    left = month.allowed - len(before)
    if not own and (month.closed_reason or left <= 0):
        raise quota.spent(month.period)
    due = plan.due(month.allowed, moment) - len(before)
    pages = min(request.calls or due, left)
    if pages <= 0:
        day = plan.next_due_day(month.allowed, len(before), moment)
        raise SkippableError(
            f"The {plan.due(month.allowed, moment)} of {month.allowed} calls to {SOURCE} that are "
            f"due by {moment:%Y-%m-%d} are used; the next is due on {moment:%Y-%m}-{day:02}."
        )
    airports = plan.ranking(request.airports, [_airport(call) for call in before])
    return Share(pages, airports, own)


def fetch(request: AviationstackRequest, run: Run) -> Iterator[list[bytes] | Missing]:
    """The day's departures, an airport at a time, as far as the month's calls allow.

    The clock decides which month's calls are used and whether the interval is over.
    """
    _refuse_past(run.interval, run.now())
    scope = run.scope(refetch=request.refetch)
    with mysql.connect() as connection, redis.connect() as client, API.session() as session:
        quota = MonthlyQuota(connection, SOURCE, settings().aviationstack_monthly_calls, run.now)
        share = share_of(quota, request, run.run_id, run.now())
        kept = RawAnswers(client, SOURCE, scope)
        calls = RationedCalls(session, quota, kept, run.run_id, share.pages, share.calls)
        arrived, missing = _collect(share.airports, calls)
    yield from arrived.values()
    yield from missing


def _collect(
    airports: Sequence[str], calls: RationedCalls
) -> tuple[dict[str, list[bytes]], list[Missing]]:
    """Call for one airport after the other, as far as the run may.

    Returns:
        The flights of each airport, and the airports that could not be had although they could be
        called for.

    Raises:
        QuotaSpentError: The month has no call left, and nothing has arrived in this run.
    """
    arrived: dict[str, list[bytes]] = {}
    missing: list[Missing] = []
    spent: QuotaSpentError | None = None
    failures = 0
    for iata in airports:
        try:
            for page in calls.pages(iata):
                arrived.setdefault(iata, []).extend(page.flights)
            failures = 0
        except NotCalledError as error:
            if iata in arrived:
                log.warning("%s is cut after %s flights: %s", iata, len(arrived[iata]), error)
        except QuotaSpentError as error:
            spent = error
        except DataFlowError as error:
            missing.append(Missing(iata, error))
            failures += isinstance(error, RetriableError)
            if failures == _FAILURES_OF_AN_OUTAGE or isinstance(
                error, GeneralFaultError | RateLimitError
            ):
                calls.halt()
    if spent is None:
        return arrived, missing
    if not any(arrived.values()):
        raise spent
    # The next month's rotation begins with what is left now; there is nothing to try again.
    log.warning("%s What has arrived is loaded: %s.", spent, ", ".join(arrived))
    return arrived, []


def _refuse_past(interval: Interval, now: datetime) -> None:
    if now - interval.end > PRESENT:
        raise SkippableError(
            f"AviationStack tells of the current day only, and the interval {interval.key} is "
            f"over since more than {PRESENT / timedelta(hours=1):g} h; there is no history to "
            "fetch."
        )


def _airport(call: Call) -> str:
    return call.subject.partition(":")[0]
