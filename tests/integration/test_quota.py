"""The ledger of a monthly quota: durable, shared, never overdrawn."""

import os
import random
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context

import pytest

from dataflow360.clients import mysql
from dataflow360.clients.quota import MonthlyQuota, QuotaSpentError
from dataflow360.errors import SkippableError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PERIOD = "2026-11"


@pytest.fixture
def source() -> str:
    """An API that no other test calls."""
    return f"test-{uuid.uuid4()}"


@contextmanager
def opened(source: str, allowed: int = 100, now: datetime = NOW) -> Iterator[MonthlyQuota]:
    with mysql.connect() as connection:
        yield MonthlyQuota(connection, source, allowed, lambda: now)


def test_a_call_is_entered_before_it_is_made_and_noted_after(source: str) -> None:
    with opened(source) as quota:
        call = quota.take("LOS:0", "run-1")
        (entered,) = quota.calls(PERIOD)
        assert entered == call
        assert (call.number, call.subject, call.outcome) == (1, "LOS:0", None)
        assert call.called_at == NOW.replace(tzinfo=None)
        quota.note(call, "answered")
        assert [each.outcome for each in quota.calls_of("run-1")] == ["answered"]
        assert quota.month(PERIOD).used == 1


def test_a_month_that_nobody_has_used_is_whole(source: str) -> None:
    with opened(source) as quota:
        assert quota.month(PERIOD).used == 0
        assert quota.calls(PERIOD) == quota.calls_of("run") == []


def test_the_last_call_is_the_last(source: str) -> None:
    with opened(source, allowed=2) as quota:
        quota.take("a", "run")
        quota.take("b", "run")
        with pytest.raises(QuotaSpentError) as caught:
            quota.take("c", "run")
        assert str(caught.value) == (
            f"All 2 calls to {source} of 2026-11 are used; the quota renews on 2026-12-01."
        )
        assert isinstance(caught.value, SkippableError)
        assert [call.subject for call in quota.calls(PERIOD)] == ["a", "b"]


def test_a_closed_month_gives_no_call_and_the_first_reason_stands(source: str) -> None:
    december = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    with opened(source, now=december) as quota:
        quota.take("a", "run")
        quota.close("2026-12", "it says so")
        quota.close("2026-12", "it says so again")
        with pytest.raises(QuotaSpentError) as caught:
            quota.take("b", "another run")
        assert str(caught.value) == (
            f"{source} gives no more calls in 2026-12 (it says so); the quota renews on 2027-01-01."
        )
        assert quota.month("2026-12").used == 1
    with opened(source, now=datetime(2027, 1, 1, tzinfo=UTC)) as quota:
        assert quota.take("b", "another run").number == 1


def test_a_larger_plan_counts_at_once(source: str) -> None:
    with opened(source, allowed=1) as quota:
        quota.take("a", "run")
    with opened(source, allowed=2) as quota:
        assert quota.take("b", "run").number == 2
    with opened(source, allowed=1) as quota, pytest.raises(QuotaSpentError):
        quota.take("c", "run")


def test_whoever_takes_at_once_the_month_is_never_overdrawn(source: str) -> None:
    """Eight workers want 160 calls of 100, in a month that no one has opened yet."""
    begin = threading.Barrier(8)
    taken: list[int] = []
    refused: list[int] = []

    def work() -> None:
        with opened(source) as quota:
            begin.wait()
            for _ in range(20):
                try:
                    taken.append(quota.take("LOS:0", str(threading.get_ident())).number)
                except QuotaSpentError:
                    refused.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 101))
    assert len(refused) == 60
    with opened(source) as quota:
        assert quota.month(PERIOD).used == 100
        assert sorted(call.number for call in quota.calls(PERIOD)) == sorted(taken)


def _take_and_die(source: str) -> None:
    with opened(source) as quota:
        quota.take("LOS:0", "killed")
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_call_whose_process_is_killed_counts_as_used(source: str) -> None:
    process = get_context("spawn").Process(target=_take_and_die, args=(source,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    with opened(source) as quota:
        assert quota.month(PERIOD).used == 1
        assert [call.outcome for call in quota.calls_of("killed")] == [None]


def test_a_call_that_cannot_be_entered_is_not_counted(source: str) -> None:
    subject = "x" * random.randint(251, 300)  # longer than its column
    with opened(source) as quota:
        with pytest.raises(Exception, match="Data too long"):
            quota.take(subject, "run")
        assert quota.month(PERIOD).used == 0
        assert quota.take("LOS:0", "run").number == 1
