"""Who goes when, with several workers: tests that share servers go one after another.

The integration tests of the sources outside go with one worker, those of AWS and of what has no
topic with another one, and all others with a third, all at the same time: none of the three uses a
topic, an AWS region or a fault of the simulator of the others', or empties a table of theirs.
End-to-end tests use all sources and stop servers, so they wait until the first two are over. Tests
that share no server have no turn.
"""

import time
from pathlib import Path

import pytest
from xdist import is_xdist_worker

_ON_SERVERS = {"integration", "end_to_end"}
_APART = {
    "test_aviationstack": "sources",
    "test_flight_weather": "sources",
    "test_kinesis": "sources",
    "test_metar": "sources",
    "test_openweather": "sources",
    "test_ordinary_user": "sources",
    "test_scraped_once": "sources",
    "test_scraping": "sources",
    "test_alerts": "aws",
    "test_aws_setup": "aws",
    "test_lambda_consumer": "aws",
    "test_lambda_failures": "aws",
    "test_localstack": "aws",
    "test_provision": "aws",
    "test_quota": "aws",
    "test_redis_restart": "aws",
    "test_tail": "aws",
}
WAIT_SECONDS = 1200
"""How long the first end-to-end test may wait for the other workers."""


def kind_of(item: pytest.Item) -> str:
    """The folder of ``tests`` that a test lies in: unit, dags, integration or end_to_end."""
    return item.path.relative_to(Path(__file__).parent).parts[0]


def group_of(item: pytest.Item | None) -> str | None:
    """The tests that a test goes in turn with; None for one that shares no server."""
    if item is None or (kind := kind_of(item)) not in _ON_SERVERS:
        return None
    return _APART.get(item.path.stem, "servers") if kind == "integration" else "servers"


def note_the_end_of_a_group(item: pytest.Item, next_item: pytest.Item | None) -> None:
    """Leave a note for the other workers when a test was the last one of those apart."""
    group = group_of(item)
    if group in _APART.values() and group != group_of(next_item) and is_xdist_worker(item.session):
        _note(item.config, group).touch()


def await_the_end_of_the_others(session: pytest.Session) -> None:
    """Wait for the tests that go apart with other workers, if there are any."""
    if not is_xdist_worker(session):
        return
    deadline = time.monotonic() + WAIT_SECONDS
    for group in {group_of(each) for each in session.items} & set(_APART.values()):
        while not _note(session.config, group).exists():
            if time.monotonic() > deadline:
                pytest.fail(f"The tests of {group} are not over after {WAIT_SECONDS} s.")
            time.sleep(0.5)


def _note(config: pytest.Config, group: str) -> Path:
    """In the folder that the workers of one run share."""
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    return factory.getbasetemp().parent / f"{group}-is-over"
