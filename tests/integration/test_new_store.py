"""The four steps bring rows into a store that no other part of the project knows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dataflow360.clients import mysql
from dataflow360.pipeline import extraction
from dataflow360.records.contract import RecordType
from dataflow360.stores.store import store_of
from tests.added import kept_in_sqlite
from tests.integration.support import WEATHER, Flow, ends, finish, ids_since, new_run

__all__ = ["kept_in_sqlite"]


@pytest.fixture
def flow(kept_in_sqlite: RecordType, connection: Any) -> Iterator[Flow]:
    """Synthetic weather that goes to SQLite; nobody else knows of it in the end."""
    store_of("sqlite").provision(None)
    flow = replace(WEATHER, dag_id="synthetic_weather_sqlite", record=kept_in_sqlite)
    yield flow
    for table in ("batches", "runs"):
        mysql.execute(
            connection, f"DELETE FROM dataflow360.{table} WHERE dag_id = %s", (flow.dag_id,)
        )


def test_rows_land_are_staged_published_and_counted(flow: Flow, day: date) -> None:
    def run_all(rows: int) -> dict[str, int]:
        run = new_run(flow, day)
        wanted = replace(flow.extraction(run.interval, rows=rows), record=flow.record)
        return dict(finish(extraction.extract(wanted, run, refetch=True), run))

    start = ends(flow.topic)
    few, more = run_all(4), run_all(8)
    assert few["rows_new"] == few["rows_stored"] == few["rows_valid"] > 0
    assert more["rows_unchanged"] == few["rows_valid"]
    assert more["rows_new"] + more["rows_unchanged"] == more["rows_stored"] == more["rows_valid"]
    assert ids_since(flow.topic, start) == dict.fromkeys(flow.ids(day, rows=8), 1)
