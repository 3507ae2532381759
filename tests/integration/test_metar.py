"""METAR reports through all four steps, with the faults of the simulator that matter."""

import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dataflow360.clients import http
from dataflow360.errors import FatalError, RetriableError, SkippableError
from dataflow360.pipeline import extraction
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources.metar import METAR
from dataflow360.sources.places import AirportsRequest
from tests.integration.support import ends, finish, ids_since
from tests.simulator import Simulator, simulator

__all__ = ["simulator"]

TOPIC = "metar"


@pytest.fixture
def run() -> Run:
    """A run over an hour of the last two weeks, which is all that the site keeps."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = now - timedelta(hours=random.randrange(24, 14 * 24))
    interval = Interval(start, start + timedelta(hours=1))
    return Run("metar", f"test__{uuid.uuid4()}", -1, interval)


def extract(run: Run, **params: object) -> str:
    request = AirportsRequest.checked({"refetch": True, **params})
    return extraction.extract(METAR.extraction(request, run), run, refetch=True)


def test_an_hour_that_is_loaded_twice_is_stored_and_published_once(
    simulator: Simulator, run: Run
) -> None:
    start = ends(TOPIC)
    account = finish(extract(run), run)
    assert account["rows_read"] >= 16
    assert account["rows_valid"] == account["rows_stored"]
    later = replace(run, run_id=f"test__{uuid.uuid4()}")
    again = finish(extract(later), later)
    assert (again["rows_new"], again["rows_changed"]) == (account["rows_new"], 0)
    assert again["messages_published"] == account["rows_new"]
    assert set(ids_since(TOPIC, start).values()) <= {1}
    assert simulator.calls("aviationweather") == 2


def test_all_airports_are_asked_in_one_call(simulator: Simulator, run: Run) -> None:
    extract(run)
    assert simulator.calls("aviationweather") == 1


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        ("429", RetriableError, "aviationweather"),
        ("503", RetriableError, "aviationweather.gov has a fault of its own"),
        ("400", FatalError, "aviationweather.gov does not understand the call"),
        ("html", RetriableError, "something other than JSON"),
        ("invalid", FatalError, "is no list of reports"),
        ("empty", FatalError, "delivered no record where some were expected"),
    ],
)
def test_a_fault_is_one_sentence(
    simulator: Simulator,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    error: type[Exception],
    sentence: str,
) -> None:
    monkeypatch.setattr(http, "_pause", lambda state: 0.0)
    simulator.fault("aviationweather", fault)
    with pytest.raises(error, match=sentence):
        extract(run)


def test_a_few_airports_may_have_filed_nothing(simulator: Simulator, run: Run) -> None:
    simulator.fault("aviationweather", "empty")
    with pytest.raises(SkippableError, match="OXB filed no METAR in the interval from"):
        extract(run, airports=["OXB"])
