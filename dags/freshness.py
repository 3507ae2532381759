"""Tell someone when a source is late or lands no row, and again when it recovers.

Every ten minutes each source (a DAG that runs on data intervals, or when its inputs have been
updated) is compared with what the run ledger `dataflow360.runs` has of it. It is late when an
interval is neither landed nor skipped with a reason half an interval after its end (20 minutes at
least, two hours at most); what follows its inputs has 30 minutes. It is empty when its newest run
has landed no row where most runs before it had some. Each incident is a row of
`dataflow360.incidents` and is told once when it begins and once when it is over, by the notifier
of the settings: the log, a webhook or mail. What cannot be sent is kept and sent by a later try. A
paused DAG is expected to land nothing.
"""

from datetime import UTC, datetime

from airflow.sdk import CronTriggerTimetable, dag

from dataflow360.tasks.freshness import watch
from dataflow360.tasks.steps import TASK_DEFAULTS


@dag(
    schedule=CronTriggerTimetable("*/10 * * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    doc_md=__doc__,
    tags=["alerts", "freshness", "mysql"],
)
def freshness():
    watch()


freshness()
