"""A batch is at its end when each row is stored or given up; until then someone waits for it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import TaskDeferred
from airflow.triggers.base import TriggerEvent

from dataflow360.aws import arrival
from dataflow360.aws.arrival import Arrival
from dataflow360.aws.reconciling import find_faults
from dataflow360.errors import FatalError, RetriableError
from dataflow360.pipeline.reconciling import Account
from dataflow360.tasks import triggers
from dataflow360.tasks.operators import WAIT, RecordsArriveOperator
from dataflow360.tasks.triggers import RecordsArrivedTrigger

BATCH = "0123456789abcdef" * 2
ALL_THERE = Arrival(16, 15, 1, ())
UNDER_WAY = Arrival(16, 14, 1, ("Dakar 2026-11-01 10:02:07",))


@pytest.fixture
def looks(monkeypatch):
    """What the looks at the batch see, one after the other; how many are left."""

    def see(*seen: Arrival | Exception) -> list[Arrival | Exception]:
        left = list(seen)

        def look(batch_id: str) -> Arrival:
            assert batch_id == BATCH
            found = left.pop(0)
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(arrival, "look", look)
        return left

    return see


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(triggers, "_FIRST_PAUSE", 0.001)


def operator() -> RecordsArriveOperator:
    return RecordsArriveOperator(task_id="arrive", batch_id=BATCH)


def events(trigger: RecordsArrivedTrigger) -> list[TriggerEvent]:
    async def collect() -> list[TriggerEvent]:
        return [event async for event in trigger.run()]

    return asyncio.run(collect())


def waiting(seconds: float = 60) -> RecordsArrivedTrigger:
    return RecordsArrivedTrigger(
        BATCH, (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    )


def test_a_batch_that_is_there_is_not_waited_for(looks):
    left = looks(ALL_THERE)
    assert operator().execute({}) == BATCH
    assert left == []


def test_a_batch_under_way_is_waited_for_by_the_triggerer(looks):
    looks(UNDER_WAY)
    with pytest.raises(TaskDeferred) as deferred:
        operator().execute({})
    assert deferred.value.method_name == "resume"
    trigger = deferred.value.trigger
    assert isinstance(trigger, RecordsArrivedTrigger)
    path, values = trigger.serialize()
    assert path == "dataflow360.tasks.triggers.RecordsArrivedTrigger"
    again = RecordsArrivedTrigger(**values)
    assert (again.batch_id, again.until) == (BATCH, trigger.until)
    left = datetime.fromisoformat(trigger.until) - datetime.now(UTC)
    assert WAIT - timedelta(seconds=30) < left <= WAIT


def test_the_trigger_looks_until_every_row_is_at_its_end(looks):
    away = RetriableError("AWS does not answer; this task tries again later.")
    left = looks(UNDER_WAY, away, UNDER_WAY, ALL_THERE)
    assert events(waiting()) == [TriggerEvent("16 put, 15 stored, 1 failed")]
    assert left == []


def test_the_trigger_says_what_is_missing_when_the_time_is_over(looks):
    looks(UNDER_WAY)
    (event,) = events(waiting(seconds=0))
    assert event.payload == "16 put, 14 stored, 1 failed, 1 missing: Dakar 2026-11-01 10:02:07"


def test_the_trigger_does_not_wait_for_what_no_wait_can_help(looks):
    looks(FatalError("Nothing is noted of the batch."))
    with pytest.raises(FatalError, match="Nothing is noted"):
        events(waiting())


def test_the_event_loop_goes_on_while_the_trigger_looks(looks, monkeypatch):
    looks(ALL_THERE)
    began, ended = asyncio.Event(), asyncio.Event()

    async def beside() -> None:
        await began.wait()
        ended.set()

    async def run() -> list[TriggerEvent]:
        loop = asyncio.get_running_loop()
        look = arrival.look

        def look_slowly(batch_id: str) -> Arrival:
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(ended.wait(), loop).result(timeout=5)
            return look(batch_id)

        monkeypatch.setattr(arrival, "look", look_slowly)
        other = asyncio.create_task(beside())
        found = [event async for event in waiting().run()]
        await other
        return found

    assert len(asyncio.run(run())) == 1


def test_the_resumed_task_judges_for_itself(looks):
    looks(ALL_THERE)
    assert operator().resume({}, "16 put, 14 stored, 1 failed, 1 missing: Dakar") == BATCH


def test_a_row_that_is_lost_makes_the_task_red_and_is_named(looks):
    looks(UNDER_WAY)
    with pytest.raises(FatalError) as caught:
        operator().resume({}, "16 put")
    assert str(caught.value) == (
        f"Batch {BATCH} is not wholly in DynamoDB after 10 minutes (16 put, 14 stored, 1 failed, "
        "1 missing: Dakar 2026-11-01 10:02:07); run the DAG aws_setup, which tells what is wrong "
        "on the way, then clear the put task of this run."
    )


def test_many_missing_rows_are_counted_and_some_are_named():
    seen = Arrival(2_000, 0, 0, tuple(f"ville {number}" for number in range(2_000)))
    assert str(seen) == (
        "2000 put, 0 stored, 0 failed, 2000 missing: "
        "ville 0, ville 1, ville 2, ville 3, ville 4 and 1995 more"
    )


ACCOUNT = {
    "rows_read": 18, "rows_valid": 16, "rows_duplicate": 0, "rows_quarantined": 2, "rows_new": 14,
    "rows_changed": 1, "rows_unchanged": 1, "rows_stored": 15, "messages_published": 16,
    "rows_failed": 1,
}  # fmt: skip


def faults(seen: Arrival = ALL_THERE, kept: int = 2, **changes: int) -> list[str]:
    return list(find_faults(Account(**ACCOUNT | changes), seen, kept))


def test_an_account_in_which_put_is_stored_and_failed_has_no_fault():
    assert faults() == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"rows_duplicate": 1}, "18 read, but 16 valid + 1 duplicate + 2 quarantined"),
        ({"kept": 1}, "2 refused, but 1 in quarantine"),
        (
            {"rows_valid": 17, "rows_read": 19},
            "17 valid, but 16 put on the stream",
        ),
        (
            {"rows_stored": 14, "seen": UNDER_WAY},
            "16 put on the stream, but 14 stored + 1 failed (Dakar 2026-11-01 10:02:07 missing)",
        ),
    ],
)
def test_an_equation_that_does_not_hold_is_a_fault(changes, fault):
    assert faults(**changes) == [fault]
