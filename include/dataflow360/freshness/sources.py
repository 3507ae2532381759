"""Which DAGs are watched: one rule, for the page and for the alerts.

A DAG that runs on the data intervals of a cron expression is a source. So is one that runs when
all of its inputs have been updated: it follows the DAGs that update them. A DAG with any other
schedule (once, by hand, a mere tick) is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Dag:
    """A DAG as the rule looks at it, read from its file or from Airflow's database.

    Attributes:
        dag_id: The DAG.
        timetable: Name of its timetable's class.
        expression: What a cron timetable has; of others anything, or None.
        inputs: Names of the assets whose updates it waits for.
        outlets: Names of the assets that its tasks update.
    """

    dag_id: str
    timetable: str
    expression: str | None
    inputs: Set[str]
    outlets: Set[str]


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


def sources_of(dags: Iterable[Dag]) -> list[Source]:
    """The sources among all DAGs that there are, by name."""
    dags = sorted(dags, key=attrgetter("dag_id"))
    updated_by: dict[str, list[str]] = defaultdict(list)
    for dag in dags:
        for asset in dag.outlets:
            updated_by[asset].append(dag.dag_id)
    found = []
    for dag in dags:
        if dag.timetable == "CronDataIntervalTimetable":
            found.append(Source(dag.dag_id, dag.expression))
        elif dag.timetable == "AssetTriggeredTimetable":
            inputs = tuple(tuple(updated_by[asset]) for asset in sorted(dag.inputs))
            found.append(Source(dag.dag_id, None, inputs))
    return found
