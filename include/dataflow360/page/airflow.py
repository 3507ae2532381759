"""What Airflow knows of the sources: their schedules and their last runs. Its metadata, read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from airflow.models.asset import AssetModel, DagScheduleAssetReference, TaskOutletAssetReference
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.orm import Session

from dataflow360.freshness.sources import Dag, Source, sources_of
from dataflow360.page.models.overview import LastRun
from dataflow360.pipeline.links import link
from dataflow360.pipeline.run import Interval


@dataclass(frozen=True, slots=True)
class SourceDag:
    """A source, and what Airflow does with it.

    Attributes:
        source: The source.
        paused: Whether Airflow starts no run of it.
        last_run: The run that is due last of those that there are.
    """

    source: Source
    paused: bool
    last_run: LastRun | None


@dataclass(frozen=True, slots=True)
class Dags:
    """The DAGs of this Airflow.

    Attributes:
        all_ids: All of them.
        sources: Those that are watched, by name.
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
        query = select(
            DagModel.dag_id,
            DagModel.timetable_type,
            DagModel.timetable_summary,
            DagModel.is_paused,
        ).where(DagModel.is_stale.is_(False))
        known = session.execute(query).all()
        inputs = _assets(session, DagScheduleAssetReference)
        outlets = _assets(session, TaskOutletAssetReference)
        paused = {dag_id: is_paused for dag_id, *_, is_paused in known}
        sources = sources_of(
            Dag(dag_id, kind.rpartition(".")[2], summary, inputs[dag_id], outlets[dag_id])
            for dag_id, kind, summary, _ in known
        )
        return Dags(
            frozenset(paused),
            tuple(
                SourceDag(source, paused[source.dag_id], _last_run(session, source.dag_id))
                for source in sources
            ),
        )


def _assets(
    session: Session, reference: type[DagScheduleAssetReference | TaskOutletAssetReference]
) -> dict[str, set[str]]:
    """Names of the assets that each DAG refers to."""
    found: dict[str, set[str]] = defaultdict(set)
    query = select(reference.dag_id, AssetModel.name).join(
        AssetModel, AssetModel.id == reference.asset_id
    )
    for dag_id, name in session.execute(query):
        found[dag_id].add(name)
    return found


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
        interval=Interval(start, end) if start and end else None,
        started_at=run.start_date,
        ended_at=run.end_date,
        link=link(dag_id, run.run_id),
    )
