"""Who goes when, with several workers: tests that share servers go one after another.

The integration tests of the sources outside and of AWS go with one worker, all other tests on the
servers with another one, at the same time: no other integration test uses the simulator, an AWS
region, a topic or a table of theirs. End-to-end tests use all sources and stop servers, so they
wait until those are over.
"""

import time
from pathlib import Path

import pytest
from xdist import is_xdist_worker

_ON_SERVERS = {"integration", "end_to_end"}
_APART = {
    "test_aviationstack",
    "test_aws_setup",
    "test_kinesis",
    "test_lambda_consumer",
    "test_lambda_failures",
    "test_localstack",
    "test_openweather",
    "test_scraped_once",
    "test_scraping",
    "test_tail",
}
WAIT_SECONDS = 1200
"""How long the first end-to-end test may wait for the other worker."""


def kind_of(item: pytest.Item) -> str:
    """The folder of ``tests`` that a test lies in: unit, dags, integration or end_to_end."""
    return item.path.relative_to(Path(__file__).parent).parts[0]


def group_of(item: pytest.Item | None) -> str | None:
    """The tests that a test goes in turn with; None for one that shares no server."""
    if item is None or (kind := kind_of(item)) not in _ON_SERVERS:
        return None
    return "apart" if kind == "integration" and item.path.stem in _APART else "servers"


def note_the_end_of_the_others(item: pytest.Item, next_item: pytest.Item | None) -> None:
    """Leave a note for the other workers when a test was the last one of those apart."""
    if "apart" == group_of(item) != group_of(next_item) and is_xdist_worker(item.session):
        _note(item.config).touch()


def await_the_end_of_the_others(session: pytest.Session) -> None:
    """Wait for the tests that go apart with another worker, if there are any."""
    if not is_xdist_worker(session) or not any(group_of(each) == "apart" for each in session.items):
        return
    deadline = time.monotonic() + WAIT_SECONDS
    while not _note(session.config).exists():
        if time.monotonic() > deadline:
            pytest.fail(f"The other worker's tests are not over after {WAIT_SECONDS} s.")
        time.sleep(0.5)


def _note(config: pytest.Config) -> Path:
    """In the folder that the workers of one run share."""
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    return factory.getbasetemp().parent / "apart-are-done"
