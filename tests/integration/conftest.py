"""Integration tests drive the pipeline's own steps, in this process, on the real servers."""

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
