"""The calls of one run: within its share, each entered in the month's ledger, none in vain."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from dataflow360.clients.http import Session
from dataflow360.clients.quota import Call, MonthlyQuota
from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import DataFlowError, FatalError
from dataflow360.sources.aviationstack.api import (
    PAGE_SIZE,
    PATH,
    Page,
    UsageLimitError,
    read_page,
)

log = logging.getLogger(__name__)

#: With its repeats, a run makes at most so many calls for each of its share: an outage must not
#: use up the month.
_CALLS_PER_SHARE = 2


class NotCalledError(Exception):
    """A page is left to a later run; the message says why."""


class RationedCalls:
    """What a run gets from AviationStack, over all its tries.

    An answer that is kept is not called for again. A page that the run has called for before may
    be called for again; one that it has not takes from the run's share.
    """

    def __init__(
        self,
        session: Session,
        quota: MonthlyQuota,
        kept: RawAnswers,
        run_id: str,
        share: int,
        earlier: Sequence[Call],
    ) -> None:
        """Work with what is open, which stays the caller's.

        Args:
            session: Connections to AviationStack.
            quota: The ledger.
            kept: The answers that there are already.
            run_id: The run.
            share: Pages that it may call for.
            earlier: The calls of its earlier tries.
        """
        self._session = session
        self._quota = quota
        self._kept = kept
        self._run_id = run_id
        self._share = share
        self._made = len(earlier)
        self._outcomes = {call.subject: call.outcome for call in earlier}
        self._halted = False

    def halt(self) -> None:
        """Make no more calls in this try; answers that are kept are still given."""
        self._halted = True

    def pages(self, airport: str) -> Iterator[Page]:
        """The pages of an airport's departures, from the first on.

        Raises:
            NotCalledError: The next page is left to a later run.
            QuotaSpentError: The month has no call left.
            FatalError: AviationStack refuses the call.
            RetriableError: It does not answer, or asks for patience.
        """
        offset = 0
        while True:
            page = self._page(airport, offset)
            yield page
            offset += len(page.flights)
            if not page.flights or offset >= page.total:
                return

    def _page(self, airport: str, offset: int) -> Page:
        subject = f"{airport}:{offset}"
        answer = self._kept.get(subject)
        if answer is not None:
            return read_page(answer)
        self._check(airport, subject)
        answer, page = self._call(subject, airport, offset)
        if page.flights:  # an empty one is asked for again when the task is cleared
            self._kept.put(subject, answer)
        return page

    def _check(self, airport: str, subject: str) -> None:
        """Whether the run may call for a page now."""
        if self._halted:
            raise NotCalledError("no more calls are made in this try")
        if subject not in self._outcomes and len(self._outcomes) >= self._share:
            raise NotCalledError(f"the run's share of calls ({self._share}) is used")
        if self._made >= _CALLS_PER_SHARE * self._share:
            raise FatalError(
                f"{airport} is not called for again, as this run has used its {self._made} calls "
                f"with all repeats; the next run comes back to it (the last call: "
                f"{self._outcomes.get(subject) or 'never answered'})."
            )

    def _call(self, subject: str, airport: str, offset: int) -> tuple[bytes, Page]:
        taken: list[Call] = []

        def take() -> None:
            taken.append(self._quota.take(subject, self._run_id))
            self._made += 1
            self._outcomes[subject] = None

        parameters: dict[str, str | int | float] = {
            "dep_iata": airport,
            "limit": PAGE_SIZE,
            "offset": offset,
        }
        try:
            answer = self._session.get(PATH, parameters, take)
            page = read_page(answer)
        except DataFlowError as error:
            if not taken:
                raise
            self._note(taken[-1], f"{type(error).__name__}: {error}")
            if isinstance(error, UsageLimitError):
                self._quota.close(taken[-1].period, str(error))
                raise self._quota.spent(taken[-1].period) from error
            raise
        self._note(taken[-1], f"answered with {len(page.flights)} of {page.total} flights")
        return answer, page

    def _note(self, call: Call, outcome: str) -> None:
        self._outcomes[call.subject] = outcome
        self._quota.note(call, outcome)
        log.info("Call %s of %s for %s: %s", call.number, call.period, call.subject, outcome)
