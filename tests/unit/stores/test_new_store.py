"""A store is one module: what adds one edits no other part that works with stores."""

import sqlite3

import pytest
from typer.testing import CliRunner

from dataflow360.cli import app as command_line
from dataflow360.errors import RetriableError
from dataflow360.records.contract import CONTENT_HASH
from dataflow360.stores.documents import data_dictionary, generated
from dataflow360.stores.failures import readable_failures
from dataflow360.stores.store import open_store
from tests.added import kept_in_sqlite

__all__ = ["kept_in_sqlite"]


@pytest.fixture
def made(kept_in_sqlite):
    """The same, with its table."""
    result = CliRunner().invoke(command_line.app, ["provision", "sqlite"], catch_exceptions=False)
    assert result.output == "SQLite has the tables.\n"
    return kept_in_sqlite


def test_rows_are_written_and_found(made, made_rows, identified):
    rows = identified(made, made_rows["donnees_meteo"])
    with open_store(made, None) as store:
        assert store.lookup(rows).hashes.null_count == rows.num_rows
        store.upsert(rows.slice(1), "a" * 32, order=2)
        store.upsert(rows, "b" * 32, order=1)
        store.finish_batch(iter([rows]), "2026-11-01", 2)
        known = store.lookup(rows)
    assert known.hashes.to_pylist() == rows[CONTENT_HASH].to_pylist()
    assert known.batch_ids.to_pylist() == ["b" * 32] + ["a" * 32] * (rows.num_rows - 1)


def test_the_data_dictionary_tells_where_they_are(kept_in_sqlite):
    section = data_dictionary().partition(f"\n## {kept_in_sqlite.name}\n")[2]
    assert "\n- Store: `donnees_meteo` (SQLite)\n" in section


def test_its_tables_are_shown(kept_in_sqlite):
    assert "CREATE TABLE IF NOT EXISTS donnees_meteo (" in generated()["schemas/sqlite.sql"]


def test_what_its_client_raises_is_one_sentence(kept_in_sqlite):
    with (
        pytest.raises(RetriableError, match="SQLite has failed: no such table: donnees_meteo; "),
        readable_failures(),
        open_store(kept_in_sqlite, None) as store,
    ):
        store._session.execute("SELECT * FROM donnees_meteo")


def test_what_is_not_its_clients_passes(kept_in_sqlite):
    error = sqlite3.IntegrityError("double")
    with pytest.raises(sqlite3.IntegrityError) as caught, readable_failures():
        raise error
    assert caught.value is error


def test_its_rows_can_be_rebuilt(kept_in_sqlite, monkeypatch):
    rebuilt = []
    monkeypatch.setattr(
        "dataflow360.pipeline.rebuilding.rebuild_rows",
        lambda record, since: rebuilt.append((record, since)) or 3,
    )
    result = CliRunner().invoke(command_line.app, ["rebuild", "sqlite"], catch_exceptions=False)
    assert rebuilt == [(kept_in_sqlite, None)]
    assert result.output.endswith("donnees_meteo: 3 batches brought in.\n")
