"""What the DAG files themselves say of their DAGs, so that a new one is watched at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag

from dataflow360.freshness.sources import Dag, Source, sources_of


def read(folder: Path) -> tuple[list[Source], list[str]]:
    """The sources of a folder of DAG files, and the names of files that cannot be imported."""
    bag = DagBag(str(folder), bundle_path=folder, load_op_links=False)
    return sources_of(map(described, bag.dags.values())), sorted(map(str, bag.import_errors))


def described(dag: Any) -> Dag:
    """A DAG as Airflow parses it."""
    condition = dag.timetable.asset_condition
    return Dag(
        dag.dag_id,
        type(dag.timetable).__name__,
        getattr(dag.timetable, "expression", None),
        inputs={asset.name for asset in condition.objects} if condition else set(),
        outlets={asset.name for task in dag.tasks for asset in task.outlets},
    )
