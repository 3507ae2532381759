"""What tests add to the library: a store, and a record type that is kept in it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow360 import records, stores
from dataflow360.records.contract import RecordType

_FOLDER = Path(__file__).parent


@pytest.fixture
def kept_in_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordType]:
    """A record type whose rows are kept in a file of SQLite."""
    for room in (records, stores):
        own = str(_FOLDER / room.__name__.rpartition(".")[2])
        monkeypatch.setattr(room, "__path__", [*room.__path__, own])
    from dataflow360.stores import sqlite

    monkeypatch.setattr(sqlite, "FILE", tmp_path / "rows.sqlite")
    yield records.RECORD_TYPES["donnees_meteo_sqlite"]
    del stores.sqlite, sys.modules["dataflow360.stores.sqlite"]
    del records.donnees_meteo_sqlite, sys.modules["dataflow360.records.donnees_meteo_sqlite"]
