"""Integration tests drive the pipeline's own steps, in this process, on the real servers."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow360.settings import settings
from tests.real_servers import connection, day, stack_is_up

__all__ = ["connection", "day", "stack_is_up"]


@pytest.fixture(autouse=True)
def own_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An inbox of the test's own; the landing zone is the stack's."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    monkeypatch.setenv("DATAFLOW360_INBOX", str(inbox))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def own_region(request: pytest.FixtureRequest) -> Iterator[None]:
    """An AWS region of the tests' own, or of the module's."""
    from tests.integration import serverless as path

    name = "AIRFLOW_CONN_DATAFLOW360_AWS"
    own = json.loads(os.environ[name])
    own["extra"]["region_name"] = getattr(request.module, "REGION", path.REGION)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, json.dumps(own))
        path.forget_clients()
        yield
    path.forget_clients()


@pytest.fixture(scope="module")
def serverless(own_region: None) -> Iterator[None]:
    """The serverless path, set up in that region; in the end nothing polls its stream any more."""
    from tests.integration import serverless as path

    path.set_up()
    yield
    path.delete("mapping", "stream")
