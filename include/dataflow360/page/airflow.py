"""What Airflow knows of the sources: their schedules and their last runs. Its metadata, read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from airflow.models.asset import DagScheduleAssetReference, TaskOutletAssetReference
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.orm import Session

from dataflow360.page import links
from dataflow360.page.models.overview import Interval, LastRun

_INTERVALS = "CronDataIntervalTimetable"


@dataclass(frozen=True, slots=True)
class SourceDag:
    """A DAG that lands data: one whose tasks update an asset, and that has a schedule.

    Attributes:
        dag_id: The DAG.
        schedule: As Airflow shows it.
        cron: Expression of its data intervals, UTC; None when it follows its inputs.
        inputs: For each of its inputs the DAGs that update it.
        paused: Whether Airflow starts no run of it.
        last_run: The run that is due last of those that there are.
    """

    dag_id: str
    schedule: str | None
    cron: str | None
    inputs: tuple[tuple[str, ...], ...]
    paused: bool
    last_run: LastRun | None


@dataclass(frozen=True, slots=True)
class Dags:
    """The DAGs of this Airflow.

    Attributes:
        all_ids: All of them.
        sources: Those that land data, by name.
    """

    all_ids: frozenset[str]
    sources: tuple[SourceDag, ...]

    def visible_to(self, readable: Collection[str]) -> frozenset[str] | None:
        """The DAGs whose data a user may see, who may read the given ones; None for all data.

        Data of a DAG that there is no more belongs to those who may read every one.
        """
        return None if self.all_ids <= frozenset(readable) else frozenset(readable)


def dags() -> Dags:
    """The DAGs, as Airflow has them now."""
    with create_session(scoped=False) as session:
        known = session.execute(
            select(
                DagModel.dag_id,
                DagModel.timetable_type,
                DagModel.timetable_summary,
                DagModel.is_paused,
            )
            .where(DagModel.is_stale.is_(False))
            .order_by(DagModel.dag_id)
        ).all()
        updated_by: dict[int, set[str]] = defaultdict(set)
        for asset, dag_id in session.execute(
            select(TaskOutletAssetReference.asset_id, TaskOutletAssetReference.dag_id)
        ):
            updated_by[asset].add(dag_id)
        follows: dict[str, set[int]] = defaultdict(set)
        for asset, dag_id in session.execute(
            select(DagScheduleAssetReference.asset_id, DagScheduleAssetReference.dag_id)
        ):
            follows[dag_id].add(asset)
        landing = set().union(*updated_by.values())
        sources = [
            SourceDag(
                dag_id=dag_id,
                schedule=summary,
                cron=summary if kind.rpartition(".")[2] == _INTERVALS else None,
                inputs=tuple(tuple(sorted(updated_by[asset])) for asset in sorted(follows[dag_id])),
                paused=paused,
                last_run=_last_run(session, dag_id),
            )
            for dag_id, kind, summary, paused in known
            if dag_id in landing
        ]
        return Dags(frozenset(dag_id for dag_id, *_ in known), tuple(sources))


def _last_run(session: Session, dag_id: str) -> LastRun | None:
    run = session.execute(
        select(
            DagRun.run_id,
            DagRun.state,
            DagRun.data_interval_start,
            DagRun.data_interval_end,
            DagRun.start_date,
            DagRun.end_date,
        )
        .where(DagRun.dag_id == dag_id)
        .order_by(DagRun.run_after.desc(), DagRun.id.desc())
        .limit(1)
    ).first()
    if run is None:
        return None
    start, end = run.data_interval_start, run.data_interval_end
    return LastRun(
        run_id=run.run_id,
        state=run.state,
        interval=Interval(start=start, end=end) if start and end else None,
        started_at=run.start_date,
        ended_at=run.end_date,
        link=links.run(dag_id, run.run_id),
    )
