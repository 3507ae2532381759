"""The weather of every airport: what arrives is loaded, what fails is named and asked for again."""

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.clients import http, mysql, rate_limit, redis
from dataflow360.errors import DataFlowError, FatalError, RetriableError, SkippableError
from dataflow360.pipeline import extraction, registry
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources import openweather
from dataflow360.sources.openweather import api as openweather_api
from dataflow360.sources.places import AirportsRequest
from tests.integration.support import ends, finish, ids_since
from tests.simulator import Simulator, simulator

__all__ = ["simulator"]

HOUR = timedelta(hours=1)
LAGOS = f"lat={AIRPORTS['LOS'].latitude}"
TOPIC = "meteo_aeroports"


@pytest.fixture
def hour() -> Interval:
    """An hour that no other test works on."""
    start = datetime(1950, 1, 1, tzinfo=UTC) + random.randrange(400_000) * HOUR
    return Interval(start, start + HOUR)


@pytest.fixture(autouse=True)
def many_calls_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests together make more calls than the free plan allows."""
    monkeypatch.setattr(openweather_api, "CALLS_PER_MINUTE", 10_000)


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are repeated at once, and a silent server is given up soon."""
    monkeypatch.setattr(http, "_pause", lambda state: 0.0)
    monkeypatch.setattr(http, "_TIMEOUT", httpx.Timeout(1.0))


def present(run: Run, **params: object) -> Extraction:
    """The extraction of a run that comes when its interval has just ended."""
    return openweather.AIRPORTS.extraction(
        AirportsRequest.checked(params), replace(run, now=lambda: run.interval.end)
    )


def past(run: Run, **params: object) -> Extraction:
    late = run.interval.end + 30 * 24 * HOUR
    return openweather.AIRPORTS.extraction(
        AirportsRequest.checked(params), replace(run, now=lambda: late)
    )


def new_run(hour: Interval, *, last_try: bool = False) -> Run:
    return Run("openweather", f"test__{uuid.uuid4()}", -1, hour, last_try)


def extract(run: Run, of: Callable[..., Extraction] = present, **params: object) -> str:
    refetch = bool(params.get("refetch"))
    return extraction.extract(of(run, **params), run, refetch=refetch)


def test_every_airport_is_asked_once_and_a_second_run_asks_nothing(
    simulator: Simulator, hour: Interval
) -> None:
    start = ends(TOPIC)
    run = new_run(hour)
    account = finish(extract(run), run)
    assert account["rows_read"] == account["rows_stored"] == len(AIRPORTS)
    assert simulator.calls("openweather") == len(AIRPORTS)
    assert set(ids_since(TOPIC, start).values()) <= {1}

    again, sent = new_run(hour), ends(TOPIC)
    assert finish(extract(again), again) == account
    assert simulator.calls("openweather") == len(AIRPORTS)
    assert not ids_since(TOPIC, sent)


def test_fetching_again_asks_everyone_and_publishes_no_observation_twice(
    simulator: Simulator, hour: Interval
) -> None:
    run = new_run(hour)
    finish(extract(run), run)
    again, sent = new_run(hour), ends(TOPIC)
    account = finish(extract(again, refetch=True), again)
    assert simulator.calls("openweather") == 2 * len(AIRPORTS)
    assert sum(ids_since(TOPIC, sent).values()) == account["rows_new"] + account["rows_changed"]


@pytest.mark.usefixtures("no_pause")
def test_a_retry_asks_only_for_what_is_missing(simulator: Simulator, hour: Interval) -> None:
    simulator.fault("openweather", "503", match=LAGOS, times=http.ATTEMPTS)
    run = new_run(hour)
    with pytest.raises(RetriableError, match=r"fetches only what is missing: LOS: OpenWeather has"):
        extract(run)
    assert simulator.calls("openweather") == len(AIRPORTS) - 1 + http.ATTEMPTS
    account = finish(extract(run), run)
    assert account["rows_read"] == len(AIRPORTS)
    assert simulator.calls("openweather") == len(AIRPORTS) + http.ATTEMPTS


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize(
    ("fault", "last_try"), [("404", False), ("503", True)], ids=["lasting", "last-try"]
)
def test_what_arrived_is_loaded_and_the_run_is_red_until_the_rest_is_there(
    simulator: Simulator, hour: Interval, connection: object, fault: str, last_try: bool
) -> None:
    simulator.fault("openweather", fault, match=LAGOS)
    run, start = new_run(hour, last_try=last_try), ends(TOPIC)
    batch_id = extract(run)
    with pytest.raises(FatalError, match=r"it is incomplete, .*: LOS: OpenWeather"):
        finish(batch_id, run)
    assert registry.get(connection, batch_id).rows_valid == len(AIRPORTS) - 1
    assert ledger(connection, run)[0] == "failed"

    simulator.mend()
    before = simulator.calls("openweather")
    account = finish(extract(run), run)
    assert simulator.calls("openweather") == before + 1
    assert account["rows_valid"] == account["rows_stored"] == len(AIRPORTS)
    assert ledger(connection, run) == ("reconciled", None)
    assert set(ids_since(TOPIC, start).values()) <= {1}


def ledger(connection: object, run: Run) -> tuple[str, str | None]:
    query = "SELECT state, reason FROM dataflow360.runs WHERE run_id = %s"
    ((state, reason),) = mysql.fetch(connection, query, (run.run_id,))
    return state, reason


FAULTS = [
    ("400", FatalError, 1, "does not understand the call (400: Nothing to geocode)"),
    ("401", FatalError, 1, "refuses the key (401: Invalid API key"),
    ("403", FatalError, 1, "forbids this call (403"),
    ("404", FatalError, 1, "does not understand the call (404: city not found)"),
    ("429", RetriableError, 3, "has too many calls of ours (429: Your account is temporary"),
    ("500", RetriableError, 3, "has a fault of its own (500"),
    ("503", RetriableError, 3, "has a fault of its own (503"),
    ("slow", RetriableError, 3, "did not answer in time"),
    ("cut", RetriableError, 3, "broke off its answer"),
    ("html", RetriableError, 3, "answered with something other than JSON"),
]


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize(
    ("fault", "kind", "calls", "sentence"), FAULTS, ids=[each[0] for each in FAULTS]
)
def test_what_each_fault_becomes(
    simulator: Simulator,
    hour: Interval,
    caplog: pytest.LogCaptureFixture,
    fault: str,
    kind: type[DataFlowError],
    calls: int,
    sentence: str,
) -> None:
    simulator.fault("openweather", fault, seconds=3)
    run = new_run(hour)
    with pytest.raises(kind) as caught:
        extract(run, airports=["DSS"])
    assert type(caught.value) is kind
    assert simulator.calls("openweather") == calls
    assert f"could be had: DSS: OpenWeather {sentence}" in str(caught.value).replace(
        "cannot be reached or ", ""
    )
    assert "appid" not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("invalid", "are refused, more than the share"), ("empty", "are refused, more than")],
)
def test_answers_that_are_no_observation_are_in_quarantine(
    simulator: Simulator, hour: Interval, connection: object, fault: str, sentence: str
) -> None:
    simulator.fault("openweather", fault)
    run = new_run(hour)
    with pytest.raises(FatalError, match=sentence):
        extract(run, airports=["DSS", "LOS"])
    kept = mysql.fetch(
        connection,
        "SELECT COUNT(*) FROM dataflow360.quarantine AS q JOIN dataflow360.batches AS b"
        " USING (batch_id) WHERE b.run_id = %s",
        (run.run_id,),
    )
    assert kept == [(2,)] or fault == "empty"
    assert simulator.calls("openweather") == 2


def test_a_pause_that_the_server_asks_for_is_kept(simulator: Simulator, hour: Interval) -> None:
    simulator.fault("openweather", "429-retry-after", seconds=2, times=1)
    began = datetime.now(UTC)
    extract(new_run(hour), airports=["DSS"])
    assert timedelta(seconds=2) < datetime.now(UTC) - began < timedelta(seconds=6)
    assert simulator.calls("openweather") == 2


def test_a_server_that_asks_for_a_minute_is_left_to_the_next_try(
    simulator: Simulator, hour: Interval
) -> None:
    simulator.fault("openweather", "429-retry-after", seconds=60)
    with pytest.raises(RetriableError, match=r"asks for 60 s"):
        extract(new_run(hour), airports=["DSS"])
    assert simulator.calls("openweather") == 1


def test_a_past_hour_is_read_from_the_archive_which_its_rows_say(
    simulator: Simulator, hour: Interval, connection: object
) -> None:
    run = new_run(hour)
    account = finish(extract(run, past), run)
    assert account["rows_stored"] == len(AIRPORTS)
    assert (simulator.calls("openweather"), simulator.calls("openmeteo")) == (0, len(AIRPORTS))
    rows = mysql.fetch(
        connection,
        "SELECT DISTINCT provenance, timestamp FROM meteo_db.meteo_aeroports"
        " WHERE timestamp >= %s AND timestamp < %s",
        (hour.start, hour.end),
    )
    assert rows == [("open-meteo", hour.start.replace(tzinfo=None))]


@pytest.mark.usefixtures("simulator")
def test_a_past_hour_that_nobody_knows_yet_is_skipped_with_the_reason() -> None:
    """The archive is some days behind."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 48 * HOUR
    with pytest.raises(SkippableError, match=r"Open-Meteo does not know the weather of .* yet"):
        extract(new_run(Interval(start, start + HOUR)), past, refetch=True)


def test_an_archive_whose_contract_has_changed_is_named(
    simulator: Simulator, hour: Interval
) -> None:
    simulator.fault("openmeteo", "invalid")
    with pytest.raises(FatalError, match=r"COO, .*: Open-Meteo's answer has another shape"):
        extract(new_run(hour), past)


def test_all_workers_together_keep_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight callers want ten calls each of a limit of twenty a minute."""
    name, taken, waited = f"test-{uuid.uuid4()}", [], []

    class WaitedError(Exception):
        pass

    def instead_of_sleeping(seconds: float) -> None:
        waited.append(seconds)
        raise WaitedError

    monkeypatch.setattr(rate_limit.time, "sleep", instead_of_sleeping)

    def call() -> None:
        with redis.connect() as client:
            limit = rate_limit.RateLimit(client, name, 20)
            for _ in range(10):
                try:
                    limit.wait()
                except WaitedError:
                    return
                taken.append(1)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 20
    assert waited
    assert all(0 < seconds <= 61 for seconds in waited)
