"""Which sources are watched: read from the DAG files themselves, so that a new one is among them.

A DAG that runs on the data intervals of a cron expression is a source. So is one that runs when
all of its inputs have been updated: it follows the DAGs that update them. A DAG with any other
schedule (once, by hand, a mere tick) is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """A DAG that is expected to land data by itself.

    Attributes:
        dag_id: The DAG.
        cron: Expression of its data intervals, in UTC; None when it follows its inputs.
        inputs: For each of its inputs the DAGs that update it.
    """

    dag_id: str
    cron: str | None
    inputs: tuple[tuple[str, ...], ...] = ()


def sources_of(dags: Iterable[Any]) -> list[Source]:
    """The sources among DAGs as Airflow parses them, by name."""
    dags = sorted(dags, key=lambda dag: str(dag.dag_id))
    updated_by: dict[str, set[str]] = defaultdict(set)
    for dag in dags:
        for task in dag.tasks:
            for asset in task.outlets:
                updated_by[asset.name].add(dag.dag_id)
    found = []
    for dag in dags:
        kind = type(dag.timetable).__name__
        if kind == "CronDataIntervalTimetable":
            found.append(Source(dag.dag_id, dag.timetable.expression))
        elif kind == "AssetTriggeredTimetable":
            names = sorted(asset.name for asset in dag.timetable.asset_condition.objects)
            inputs = tuple(tuple(sorted(updated_by[name])) for name in names)
            found.append(Source(dag.dag_id, None, inputs))
    return found


def read(folder: Path) -> tuple[list[Source], list[str]]:
    """The sources of a folder of DAG files, and the names of files that cannot be imported."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(folder), bundle_path=folder, load_op_links=False)
    return sources_of(bag.dags.values()), sorted(str(name) for name in bag.import_errors)
