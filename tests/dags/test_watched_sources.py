"""Which DAGs are watched: found in the files themselves, so that no list is to be kept."""

import shutil
from pathlib import Path

import pytest

from dataflow360.alerts.dag_files import described, read
from dataflow360.freshness.sources import Source, sources_of

NEW = """
from datetime import UTC, datetime
from airflow.sdk import Asset, CronDataIntervalTimetable, dag, task

@dag(
    schedule=CronDataIntervalTimetable("30 4 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
)
def tides():
    @task(outlets=[Asset("tides")])
    def load(): ...
    load()

tides()
"""


@pytest.fixture(scope="module")
def sources(dagbag) -> dict[str, Source]:
    return {source.dag_id: source for source in sources_of(map(described, dagbag.dags.values()))}


def test_every_dag_that_lands_data_by_itself_is_watched(dagbag, sources):
    landing = {
        dag.dag_id
        for dag in dagbag.dags.values()
        if any(task.outlets or task.task_id == "drain" for task in dag.tasks)
    }
    assert len(landing) >= 10
    assert set(sources) == landing


def test_a_source_is_watched_by_its_own_schedule(dagbag, sources):
    scheduled = {name: source.cron for name, source in sources.items() if source.cron}
    assert scheduled == {name: dagbag.dags[name].timetable.expression for name in scheduled}
    assert scheduled["openweather"] == "0 * * * *"


def test_a_source_that_is_made_of_others_follows_them(sources):
    assert sources["flight_weather"] == Source(
        "flight_weather", None, inputs=(("openweather",), ("scrape_departures",))
    )


def test_a_new_file_is_watched_and_a_broken_one_is_named(root: Path, tmp_path: Path):
    shutil.copy(root / "dags" / "synthetic_weather.py", tmp_path)
    (tmp_path / "tides.py").write_text(NEW)
    (tmp_path / "broken.py").write_text("from airflow.sdk import dag\n1 / 0\n")
    sources, broken = read(tmp_path)
    assert sources == [Source("synthetic_weather", "0 0 * * *"), Source("tides", "30 4 * * *")]
    assert broken == ["broken.py"]
