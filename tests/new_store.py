"""A store of the tests' own, added as any other is: a module, and a record type that names it."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dataflow360 import stores
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import RecordType
from dataflow360.records.donnees_meteo import DONNEES_METEO

_FOLDER = Path(__file__).parent / "added_stores"


@pytest.fixture
def kept_in_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordType]:
    """A record type whose rows are kept in a file of SQLite."""
    monkeypatch.setattr(stores, "__path__", [*stores.__path__, str(_FOLDER)])
    from dataflow360.stores.sqlite import SQLiteTable

    place = SQLiteTable(str(tmp_path / "rows.sqlite"), "donnees_meteo")
    record = replace(DONNEES_METEO, name="donnees_meteo_sqlite", store=place)
    monkeypatch.setitem(RECORD_TYPES, record.name, record)
    yield record
    del sys.modules["dataflow360.stores.sqlite"], stores.sqlite
