"""Replay records out of quarantine, or dismiss them; started by hand.

The params say which refused records are meant. By default a run is dry: the log of `select`, and
its XCom `outcome`, show what would become of each. Otherwise each record that passes today's code
goes the way of any other, to its own store and its own topic, each version of an event once, and
is marked as replayed in the table `dataflow360.quarantine` when that is reconciled. A record that
fails again stays there with its new reason; one whose event has meanwhile come to its store in
another version stays too, for it is the older of the two. With a comment under `dismiss` the
records are put aside instead.

Which store and topic a run writes is only known when it has chosen its records, so it has no
outlets.
"""

from datetime import UTC, datetime

from airflow.sdk import dag, task, task_group

from dataflow360.replay.request import ReplayRequest
from dataflow360.tasks.replay import land_replayed, select_quarantined, settle
from dataflow360.tasks.steps import TASK_DEFAULTS, publish, reconcile, stage


@dag(
    schedule=None,
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=ReplayRequest.form(),
    doc_md=__doc__,
    tags=["quarantine", "replay", "mysql", "kafka"],
)
def replay_quarantine():
    @task
    def select() -> list[str]:
        """Choose the records and show what becomes of each; in a dry run that is all."""
        return select_quarantined()

    @task(map_index_template="{{ task.op_kwargs['group'] }}")
    def extract(group: str) -> str:
        """Parse and check the records of one DAG, type and topic again, and land them."""
        return land_replayed(group)

    @task_group
    def replay(group: str) -> None:
        published = publish(stage(extract(group=group)))
        reconcile(published) >> settle(published)

    replay.expand(group=select())


replay_quarantine()
