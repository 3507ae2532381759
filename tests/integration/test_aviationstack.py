"""The day's departures within a month's calls: what arrives is loaded, no call is made in vain."""

import json
import logging
import os
import random
import traceback
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.clients import cassandra, http
from dataflow360.clients.quota import Call, MonthlyQuota, QuotaSpentError
from dataflow360.errors import DataFlowError, FatalError, RetriableError, SkippableError
from dataflow360.pipeline import extraction, registry
from dataflow360.pipeline.run import Run, day_interval
from dataflow360.settings import settings
from dataflow360.sources.aviationstack import AVIATIONSTACK, AviationstackRequest, plan
from dataflow360.sources.aviationstack.fetching import SOURCE
from tests.integration.support import ends, finish, ids_since
from tests.simulator import Simulator, simulator

__all__ = ["simulator"]

TOPIC = "vols_ao"
KEY = f"key-{uuid.uuid4()}"
ALL = timedelta(days=1)


class Month:
    """A month of 31 days that no other test works on, with its clock and its account."""

    def __init__(self, connection: object) -> None:
        year = random.randrange(1000, 9000)
        self.now = datetime(year, random.choice([1, 3, 5, 7, 8, 10, 12]), 1, tzinfo=UTC)
        self._connection = connection

    def at(self, day: int) -> None:
        """Let it be a day of the month, ten minutes past midnight."""
        self.now = self.now.replace(day=day, hour=0, minute=10)

    def run(self, *, last_try: bool = False) -> Run:
        """A run of the interval that has just ended."""
        yesterday = self.now.date() - ALL
        return Run("aviationstack", f"test__{uuid.uuid4()}", -1, day_interval(yesterday), last_try)

    def extract(self, run: Run, **params: Any) -> str:
        wanted = AVIATIONSTACK.extraction(
            AviationstackRequest.checked(params), replace(run, now=lambda: self.now)
        )
        return extraction.extract(wanted, run, refetch=bool(params.get("refetch")))

    @property
    def quota(self) -> MonthlyQuota:
        allowed = settings().aviationstack_monthly_calls
        return MonthlyQuota(self._connection, SOURCE, allowed, lambda: self.now)

    @property
    def period(self) -> str:
        return self.now.strftime("%Y-%m")

    @property
    def calls(self) -> list[Call]:
        return self.quota.calls(self.period)

    @property
    def subjects(self) -> list[str]:
        return [call.subject for call in self.calls]

    @property
    def used(self) -> int:
        return self.quota.month(self.period).used


@pytest.fixture
def month(connection: object) -> Month:
    return Month(connection)


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent server is given up soon."""
    monkeypatch.setattr(http, "_TIMEOUT", httpx.Timeout(1.0))


@pytest.fixture(autouse=True)
def own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that can be told from anything else in a log."""
    name = "AIRFLOW_CONN_DATAFLOW360_AVIATIONSTACK"
    monkeypatch.setenv(name, json.dumps({**json.loads(os.environ[name]), "password": KEY}))


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set how many calls a month has."""

    def set_allowed(calls: int) -> None:
        monkeypatch.setenv("DATAFLOW360_AVIATIONSTACK_MONTHLY_CALLS", str(calls))
        settings.cache_clear()

    return set_allowed


def stored(airport: str, period: str) -> list[Any]:
    with cassandra.connect() as session:
        return list(
            session.execute(
                "SELECT numero_vol, pays, timestamp, numeros_marketing, batch_id FROM"
                " aerien.vols_ao WHERE aeroport_depart = %s AND annee_mois = %s",
                (airport, period),
            )
        )


# ---- what arrives


def test_the_first_day_of_a_month_uses_its_three_calls(
    simulator: Simulator, month: Month, connection: object
) -> None:
    start, run = ends(TOPIC), month.run()
    batch_id = month.extract(run)
    account = finish(batch_id, run)
    # Lagos has more flights than a page holds.
    assert month.subjects == ["LOS:0", "LOS:100", "ABJ:0"]
    assert month.used == simulator.calls(SOURCE) == 3
    batch = registry.get(connection, batch_id)
    assert batch.rows_read == batch.rows_valid + batch.rows_duplicate
    assert batch.rows_duplicate > 10, "codeshares are counted"
    assert account["rows_stored"] == batch.rows_valid
    assert set(ids_since(TOPIC, start).values()) <= {1}
    rows = [row for row in stored("LOS", f"{datetime.now(UTC):%Y-%m}") if row[4] == batch_id]
    assert {row[1] for row in rows} == {"Nigéria"}
    assert {row[2] for row in rows} == {run.interval.end.replace(tzinfo=None)}
    assert any(row[3] and "," in row[3] for row in rows)


def test_a_second_run_of_the_interval_calls_for_nothing(simulator: Simulator, month: Month) -> None:
    run, again = month.run(), month.run()
    account = finish(month.extract(run), run)
    sent = ends(TOPIC)
    assert finish(month.extract(again), again) == account
    assert month.used == simulator.calls(SOURCE) == 3
    assert not ids_since(TOPIC, sent)


def test_fetching_again_calls_again(simulator: Simulator, month: Month) -> None:
    first, again = month.run(), month.run()
    month.extract(first, airports=["DSS"], calls=1)
    month.extract(again, airports=["DSS"], calls=1, refetch=True)
    assert month.subjects == ["DSS:0", "DSS:0"]
    assert simulator.calls(SOURCE) == 2


def test_pages_beyond_the_share_are_cut_and_the_log_says_so(
    simulator: Simulator, month: Month, caplog: pytest.LogCaptureFixture
) -> None:
    month.extract(month.run(), airports=["LOS"], calls=1)
    assert month.subjects == ["LOS:0"]
    assert "LOS is cut after 100 flights: the run's share of calls (1) is used" in caplog.messages


def test_so_many_calls_as_asked_for_but_never_more_than_the_month_has(
    simulator: Simulator, month: Month, allow: Callable[[int], None]
) -> None:
    allow(6)
    month.extract(month.run(), calls=5)
    month.at(2)
    month.extract(month.run(), calls=5)
    assert month.used == simulator.calls(SOURCE) == 6
    month.at(3)
    with pytest.raises(QuotaSpentError, match=r"^All 6 calls to aviationstack of .* are used; the"):
        month.extract(month.run(), calls=5)
    assert simulator.calls(SOURCE) == 6


def test_a_month_of_daily_runs_is_never_overdrawn_and_serves_every_airport(
    simulator: Simulator, month: Month
) -> None:
    for day in range(1, 32):
        month.at(day)
        request = AviationstackRequest.checked({})
        assert list(
            AVIATIONSTACK.extraction(request, replace(month.run(), now=lambda: month.now)).fetch()
        )
        assert month.used == simulator.calls(SOURCE) <= plan.due(100, month.now)
    assert month.used == 100
    counts = Counter(subject.partition(":")[0] for subject in month.subjects)
    weights = sum(plan.priority(iata) for iata in AIRPORTS)
    for iata in AIRPORTS:
        assert abs(counts[iata] - 100 * plan.priority(iata) / weights) < 2.5, iata


# ---- when nothing is called


def test_a_past_interval_is_skipped(simulator: Simulator, month: Month) -> None:
    run = month.run()
    month.now += timedelta(hours=37)
    with pytest.raises(SkippableError, match=r"is over since more than 36 h; there is no history"):
        month.extract(run)
    assert (month.used, simulator.calls(SOURCE)) == (0, 0)


def test_a_day_whose_calls_are_used_is_skipped_and_the_next_is_named(
    simulator: Simulator, month: Month
) -> None:
    month.extract(month.run(), calls=7)
    month.at(2)
    with pytest.raises(SkippableError) as caught:
        month.extract(month.run())
    assert str(caught.value) == (
        "The 6 of 100 calls to aviationstack that are due by "
        f"{month.period}-02 are used; the next is due on {month.period}-03."
    )
    assert month.used == simulator.calls(SOURCE) == 7


# ---- faults

QUOTA = ("aviationstack gives no more calls in {period} (it answers {said}); the quota renews on "
         "{renewed}.")  # fmt: skip
NOTHING = "Nothing of AviationStack of {day} could be had: DSS: "
KEY_REFUSED = (
    NOTHING + "AviationStack refuses the key (401 invalid_access_key); set AVIATIONSTACK_API_KEY "
    "in .env to a valid one and clear this task."
)
PLAN = (
    NOTHING + "The plan of the AviationStack key does not include flights by airport of departure; "
    "use a key whose plan does (403 function_access_restricted): this is a limit of the plan and "
    "no outage."
)
UNKNOWN = NOTHING + "AviationStack does not understand the call ({said})"
PAUSE = NOTHING + "AviationStack wants a pause between calls (429 rate_limit_reached); this task"
OWN_FAULT = NOTHING + "AviationStack has a fault of its own ({said}"
FAULTS = [
    ("quota", QuotaSpentError, QUOTA, "429 usage_limit_reached"),
    ("quota-200", QuotaSpentError, QUOTA, "200 usage_limit_reached"),
    ("rate-limit", RetriableError, PAUSE, ""),
    ("400", FatalError, UNKNOWN, "400: Request failed with validation error"),
    ("401", FatalError, KEY_REFUSED, ""),
    ("403", FatalError, PLAN, ""),
    ("404", FatalError, UNKNOWN, "404: Resource not found"),
    ("429", RetriableError, PAUSE, ""),
    ("429-retry-after", RetriableError, PAUSE, ""),
    ("500", RetriableError, OWN_FAULT, "500"),
    ("503", RetriableError, OWN_FAULT, "503"),
    ("slow", RetriableError, NOTHING + "AviationStack did not answer in time (/v1/flights)", ""),
    ("cut", RetriableError, NOTHING + "AviationStack cannot be reached or broke off its answer",
     ""),
    ("html", RetriableError, NOTHING + "AviationStack answered with something other than JSON", ""),
    ("invalid", FatalError, NOTHING + "AviationStack's answer has not the documented form", ""),
    ("empty", FatalError, "AviationStack of {day} delivered no record where some were expected",
     ""),
]  # fmt: skip


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize(
    ("fault", "kind", "sentence", "said"), FAULTS, ids=[each[0] for each in FAULTS]
)
def test_what_each_fault_becomes(
    simulator: Simulator,
    month: Month,
    caplog: pytest.LogCaptureFixture,
    fault: str,
    kind: type[DataFlowError],
    sentence: str,
    said: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    simulator.fault(SOURCE, fault, seconds=3)
    run = month.run()
    with pytest.raises(kind) as caught:
        month.extract(run, airports=["DSS"], calls=3)
    assert type(caught.value) is kind
    renewed = (month.now + 31 * ALL).date()
    expected = sentence.format(
        period=month.period, day=run.interval.start.date(), said=said, renewed=renewed
    )
    assert str(caught.value).startswith(expected)
    # One call, which counts whatever came of it, and is not repeated within the try.
    assert simulator.calls(SOURCE) == 1
    assert (month.used, month.subjects) == (1, ["DSS:0"])
    (call,) = month.calls
    assert call.outcome
    closed = month.quota.month(month.period).closed_reason
    assert closed == (f"it answers {said}" if kind is QuotaSpentError else None)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + call.outcome
    assert KEY not in told
    assert "access_key=" not in told


@pytest.mark.parametrize("fault", ["quota", "quota-200"])
def test_a_spent_quota_closes_the_month_for_all_runs(
    simulator: Simulator, month: Month, fault: str
) -> None:
    simulator.fault(SOURCE, fault, times=1)
    for day in (1, 1, 15, 31):  # the task again, and later days
        month.at(day)
        with pytest.raises(QuotaSpentError, match=r"gives no more calls in .* usage_limit_reached"):
            month.extract(month.run())
    assert month.used == simulator.calls(SOURCE) == 1


@pytest.mark.parametrize("fault", ["quota", "quota-200"])
def test_what_arrived_before_the_quota_was_spent_is_loaded(
    simulator: Simulator, month: Month, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    simulator.fault(SOURCE, fault, match="dep_iata=DSS")
    run = month.run()
    account = finish(month.extract(run, airports=["ABJ", "DSS", "COO"], calls=3), run)
    assert month.subjects == ["ABJ:0", "DSS:0"]
    assert simulator.calls(SOURCE) == 2
    assert account["rows_valid"] == account["rows_stored"] > 0
    assert any(m.endswith("What has arrived is loaded: ABJ.") for m in caplog.messages)


def test_a_retry_that_finds_the_quota_spent_loads_what_arrived_before(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "500", match="dep_iata=ABJ")
    run, params = month.run(), {"airports": ["ABJ", "DSS"], "calls": 2}
    with pytest.raises(RetriableError):
        month.extract(run, **params)
    simulator.fault(SOURCE, "quota")
    account = finish(month.extract(run, **params), run)
    assert month.subjects == ["ABJ:0", "DSS:0", "ABJ:0"]
    assert account["rows_valid"] == account["rows_stored"] > 0


def test_a_refused_key_is_tried_once_and_not_for_every_airport(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "401")
    with pytest.raises(FatalError, match=r"refuses the key \(401 invalid_access_key\)"):
        month.extract(month.run(), calls=16)
    assert month.used == simulator.calls(SOURCE) == 1


def test_a_pause_that_is_asked_for_holds_for_every_airport(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "rate-limit", times=1)
    run, airports = month.run(), ["DSS", "COO"]
    with pytest.raises(RetriableError, match="wants a pause between calls"):
        month.extract(run, airports=airports, calls=2)
    assert month.subjects == ["DSS:0"]
    month.extract(run, airports=airports, calls=2)
    assert month.subjects == ["DSS:0", "DSS:0", "COO:0"]


def test_one_airport_that_fails_does_not_stop_the_others_and_a_retry_calls_only_for_it(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "500", match="dep_iata=ACC", times=1)
    run = month.run()
    params = {"airports": ["ACC", "DSS", "COO"], "calls": 3}
    with pytest.raises(RetriableError, match=r"fetches only what is missing: ACC: AviationStack"):
        month.extract(run, **params)
    assert month.subjects == ["ACC:0", "DSS:0", "COO:0"]
    account = finish(month.extract(run, **params), run)
    assert month.subjects == ["ACC:0", "DSS:0", "COO:0", "ACC:0"]
    assert simulator.calls(SOURCE) == 4
    assert account["rows_valid"] == account["rows_stored"]


def test_the_share_of_a_run_stays_the_same_while_others_call(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "500", match="offset=100", times=1)
    run = month.run()
    with pytest.raises(RetriableError):
        month.extract(run)
    before = ["LOS:0", "LOS:100", "ABJ:0"]
    assert month.subjects == before
    month.extract(month.run(), airports=["COO", "OUA"], calls=2)
    month.extract(run)
    assert month.subjects == [*before, "COO:0", "OUA:0", "LOS:100"]


def test_what_arrived_is_loaded_on_the_last_try_and_the_run_is_red(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "500", match="dep_iata=ACC")
    run = month.run(last_try=True)
    batch_id = month.extract(run, airports=["ACC", "DSS"], calls=2)
    with pytest.raises(FatalError, match=r"it is incomplete, .*: ACC: AviationStack has a fault"):
        finish(batch_id, run)


def test_an_airport_that_is_refused_is_named_and_the_others_are_loaded(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "404", match="dep_iata=ACC")
    run = month.run()
    batch_id = month.extract(run, airports=["ACC", "DSS"], calls=2)
    assert month.subjects == ["ACC:0", "DSS:0"]
    with pytest.raises(FatalError, match=r"it is incomplete, .*: ACC: AviationStack does not"):
        finish(batch_id, run)


def test_an_outage_does_not_use_up_the_month(simulator: Simulator, month: Month) -> None:
    """Six tries of a run that may call for three pages: two calls a try, six in all."""
    simulator.fault(SOURCE, "500")
    run = month.run()
    for used in (2, 4, 6):
        with pytest.raises(RetriableError, match="has a fault of its own"):
            month.extract(run)
        assert month.used == simulator.calls(SOURCE) == used
    with pytest.raises(FatalError, match=r"has used its 6 calls .*\(the last call: RetriableError"):
        month.extract(run)
    assert month.used == simulator.calls(SOURCE) == 6
    # The next day comes back to those that were not served, with what is due by then.
    simulator.mend()
    month.at(3)
    month.extract(month.run())
    assert month.used == 9


def test_an_empty_answer_is_asked_for_again_when_the_task_is_cleared(
    simulator: Simulator, month: Month
) -> None:
    simulator.fault(SOURCE, "empty", times=1)
    run = month.run()
    with pytest.raises(FatalError, match="delivered no record"):
        month.extract(run, airports=["DSS"], calls=1)
    month.extract(run, airports=["DSS"], calls=1)
    assert month.subjects == ["DSS:0", "DSS:0"]
