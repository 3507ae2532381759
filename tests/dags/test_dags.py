"""What the DAGs are: their tasks and edges, when they run, what they write and who reads it."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.sdk import RetryAction, TriggerRule
from airflow.serialization.serialized_objects import DagSerialization

from dataflow360.errors import FatalError, RetriableError, SkippableError
from dataflow360.records import RECORD_TYPES
from dataflow360.records.mesures_villes import MESURES_VILLES

CHAIN = {
    "extract": {"stage"},
    "stage": {"publish"},
    "publish": {"reconcile"},
    "reconcile": set(),
}
EDGES = {
    "synthetic_flights": CHAIN,
    "synthetic_weather": CHAIN,
    "aviationstack": CHAIN,
    "openweather": CHAIN,
    "metar": CHAIN,
    "scrape_departures": CHAIN,
    "scrape_weather": CHAIN,
    "flight_weather": {
        "list_days": {"join.extract"},
        "join.extract": {"join.stage"},
        "join.stage": {"join.publish", "join.write_table"},
        "join.publish": {"join.reconcile"},
        "join.reconcile": {"join.write_table"},
        "join.write_table": set(),
    },
    "csv_files": {
        "list_new_files": {"load.extract"},
        "load.extract": {"load.stage"},
        "load.stage": {"load.publish"},
        "load.publish": {"load.reconcile"},
        "load.reconcile": set(),
    },
    "openweather_to_kinesis": {
        "extract": {"put"},
        "put": {"arrive"},
        "arrive": {"reconcile"},
        "reconcile": set(),
    },
    "replay_quarantine": {
        "select": {"replay.extract"},
        "replay.extract": {"replay.stage"},
        "replay.stage": {"replay.publish"},
        "replay.publish": {"replay.reconcile", "replay.settle"},
        "replay.reconcile": {"replay.settle"},
        "replay.settle": set(),
    },
    "lambda_failures": {"drain": set()},
    "freshness": {"watch": set()},
    "aws_setup": {
        "ensure_role": {"ensure_function"},
        "ensure_log_group": {"ensure_function"},
        "ensure_function": {"ensure_mapping"},
        "ensure_stream": {"ensure_mapping"},
        "ensure_state_table": {"ensure_mapping"},
        "ensure_history_table": {"ensure_mapping"},
        "ensure_failure_queue": {"ensure_mapping"},
        "ensure_mapping": {"send_canary"},
        "send_canary": set(),
    },
}
TAGS = {
    "synthetic_flights": {"synthetic", "flights", "cassandra", "kafka"},
    "synthetic_weather": {"synthetic", "weather", "mysql", "kafka"},
    "aviationstack": {"api", "flights", "redis", "cassandra", "kafka"},
    "openweather": {"api", "weather", "redis", "mysql", "kafka"},
    "metar": {"api", "weather", "mysql", "kafka"},
    "openweather_to_kinesis": {"api", "weather", "air", "redis", "kinesis", "dynamodb"},
    "scrape_departures": {"web", "flights", "redis", "kafka"},
    "scrape_weather": {"web", "weather", "redis", "kafka"},
    "flight_weather": {"derived", "flights", "weather", "mysql", "kafka"},
    "csv_files": {"files", "weather", "passengers", "fares", "mysql", "kafka"},
    "replay_quarantine": {"quarantine", "replay", "mysql", "kafka"},
    "aws_setup": {"aws", "kinesis", "lambda", "dynamodb"},
    "lambda_failures": {"lambda", "kinesis", "sqs", "quarantine", "mysql"},
    "freshness": {"alerts", "freshness", "mysql"},
}
CRON = {
    "synthetic_flights": "0 0 * * *",
    "synthetic_weather": "0 0 * * *",
    "aviationstack": "0 0 * * *",
    "openweather": "0 * * * *",
    "metar": "0 * * * *",
    "openweather_to_kinesis": "0 * * * *",
    "scrape_departures": "0 */6 * * *",
    "scrape_weather": "0 0 * * *",
    "csv_files": "0 * * * *",
    "lambda_failures": "*/15 * * * *",
}
#: Started by a person; what they write is only known when they run.
BY_HAND = {"replay_quarantine"}
#: Makes what others write to, once; it brings no data.
ONCE = {"aws_setup"}
#: Brings what was refused into quarantine, and data nowhere.
CARE = {"lambda_failures"}
#: Looks at the present, at each tick, and brings no data.
TICKS = {"freshness": "*/10 * * * *"}
#: Run when all of these have been updated.
TRIGGERED_BY = {"flight_weather": {"redis.departures", "meteo_db.meteo_aeroports"}}
OUTLETS = {
    "synthetic_flights": {"aerien.vols", "vols_synthetiques"},
    "synthetic_weather": {"meteo_db.donnees_meteo", "meteo_synthetique"},
    "aviationstack": {"aerien.vols_ao", "vols_ao"},
    "openweather": {"meteo_db.meteo_aeroports", "meteo_aeroports"},
    "metar": {"meteo_db.metar", "metar"},
    "openweather_to_kinesis": {"dynamodb.dataflow_mongo", "weather_stream"},
    "scrape_departures": {"redis.departures", "departs_aeroports"},
    "scrape_weather": {"redis.meteo", "meteo_villes"},
    "flight_weather": {"aerien_db.vols_meteo", "vols_meteo"},
    "csv_files": {
        *("meteo_db.donnees_meteo", "aerien_db.trafic_passagers", "aerien_db.tarifs_vols"),
        *("meteo_historique", "trafic_passagers", "tarifs_vols"),
    },
}
MOST_LINES = 60


@pytest.fixture(params=sorted(EDGES))
def dag(request, dagbag):
    return dagbag.dags[request.param]


def edges(dag) -> dict[str, set[str]]:
    return {task.task_id: set(task.downstream_task_ids) for task in dag.tasks}


def test_every_file_can_be_imported(dagbag):
    assert dagbag.import_errors == {}


def test_there_are_these_dags_and_no_others(dagbag):
    assert set(dagbag.dags) == set(EDGES)


def test_a_dag_has_the_name_of_its_file(dag, root):
    assert dag.fileloc == str(root / "dags" / f"{dag.dag_id}.py")


def test_tasks_and_edges(dag):
    assert edges(dag) == EDGES[dag.dag_id]


def test_every_task_waits_until_the_one_before_has_succeeded(dag):
    assert {task.trigger_rule for task in dag.tasks} == {TriggerRule.ALL_SUCCESS}


def test_tags(dag):
    assert set(dag.tags) == TAGS[dag.dag_id]


def test_the_documentation_is_the_files_own_docstring(dag):
    source = Path(dag.fileloc).read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source), clean=False)
    assert docstring
    assert len(docstring.split()) > 30
    assert dag.doc_md == docstring


def test_the_documentation_names_what_the_dag_writes(dag):
    for name in OUTLETS.get(dag.dag_id, ()):
        assert f"`{name}`" in " ".join(dag.doc_md.split())


def test_every_task_says_what_it_does(dag):
    for task in dag.tasks:
        assert task.doc_md or task.doc or getattr(task, "python_callable", None).__doc__, task


def test_dags_run_on_data_intervals_of_utc_after_others_or_by_hand(dag):
    if dag.dag_id in BY_HAND:
        assert dag.timetable.can_be_scheduled is False
        return
    if dag.dag_id in ONCE:
        assert type(dag.timetable).__name__ == "OnceTimetable"
        return
    if tick := TICKS.get(dag.dag_id):
        assert type(dag.timetable).__name__ == "CronTriggerTimetable"
        assert (dag.timetable.expression, str(dag.timetable.timezone)) == (tick, "UTC")
        assert dag.max_active_runs == 1
        return
    if awaited := TRIGGERED_BY.get(dag.dag_id):
        condition = dag.timetable.asset_condition
        assert type(condition).__name__ == "AssetAll"
        assert {asset.name for asset in condition.objects} == awaited
        return
    assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
    assert dag.timetable.expression == CRON[dag.dag_id]
    assert str(dag.timetable.timezone) == "UTC"


def test_no_dag_catches_up_by_itself(dag):
    assert dag.catchup is False
    assert dag.start_date == datetime(2020, 1, 1, tzinfo=UTC)


def test_failures_are_tried_again_for_about_ten_minutes(dag):
    for task in dag.tasks:
        assert task.retries == 5
        waits = [
            min(task.retry_delay * task.retry_exponential_backoff**turn, task.max_retry_delay)
            for turn in range(task.retries)
        ]
        assert timedelta(minutes=7) < sum(waits, timedelta()) < timedelta(minutes=11)


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (FatalError("drift."), RetryAction.FAIL),
        (RetriableError("away."), RetryAction.DEFAULT),
        (SkippableError("nothing."), RetryAction.DEFAULT),
        (OSError("disk"), RetryAction.DEFAULT),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_only_a_fatal_error_is_not_tried_again(dag, error, action):
    for task in dag.tasks:
        decision = task.retry_policy.evaluate(error, try_number=1, max_tries=5)
        assert decision.action == action


def test_everyone_can_see_whose_the_tasks_are(dag):
    assert {task.owner for task in dag.tasks} == {"airflow"}


def test_outlets_are_the_table_and_the_topic(dag):
    outlets = {task.task_id: {asset.name for asset in task.outlets} for task in dag.tasks}
    last = next((name for name in outlets if name.endswith("reconcile")), None)
    assert (last is None) == (dag.dag_id in ONCE | CARE | set(TICKS))
    assert outlets.pop(last, set()) == OUTLETS.get(dag.dag_id, set())
    assert not any(outlets.values()), "what is not reconciled yet is not an asset"


def test_only_what_is_started_by_hand_or_brings_no_data_has_no_outlets():
    assert set(EDGES) - set(OUTLETS) == BY_HAND | ONCE | CARE | set(TICKS)


def test_every_outlet_is_declared_by_a_contract():
    declared = {record.store.name for record in RECORD_TYPES.values()}
    declared |= {topic for record in RECORD_TYPES.values() for topic in record.topics}
    declared |= {MESURES_VILLES.store.stream}
    assert {name for outlets in OUTLETS.values() for name in outlets} == declared


def test_a_file_is_told_by_its_name_in_the_user_interface(dagbag):
    extract = dagbag.dags["csv_files"].get_task("load.extract")
    assert "name" in extract.map_index_template
    assert extract.task_group.group_id == "load"
    assert type(extract.task_group).__name__ == "MappedTaskGroup"


def test_a_replay_tells_its_groups_by_their_names(dagbag):
    extract = dagbag.dags["replay_quarantine"].get_task("replay.extract")
    assert "group" in extract.map_index_template
    assert type(extract.task_group).__name__ == "MappedTaskGroup"


def summary(dag_id: str) -> str:
    """How Airflow calls a DAG's timetable."""
    if dag_id in ONCE:
        return "@once"
    return "Asset" if dag_id in TRIGGERED_BY else (CRON | TICKS).get(dag_id, "None")


def test_a_dag_survives_serialisation(dag):
    restored = DagSerialization.from_json(DagSerialization.to_json(dag))
    assert restored.dag_id == dag.dag_id
    assert {task.task_id: set(task.downstream_task_ids) for task in restored.tasks} == edges(dag)
    assert restored.doc_md == dag.doc_md
    assert set(restored.tags) == TAGS[dag.dag_id]
    assert restored.params.dump() == dag.params.dump()
    assert restored.timetable.summary == summary(dag.dag_id)
    for task in dag.tasks:
        again = restored.get_task(task.task_id)
        assert (again.retries, again.retry_delay) == (task.retries, task.retry_delay)
        assert [asset.name for asset in again.outlets] == [asset.name for asset in task.outlets]


def test_serialisation_is_the_same_each_time(dag):
    assert DagSerialization.to_dict(dag) == DagSerialization.to_dict(dag)


def test_a_file_is_wiring_and_reads_on_one_page(dag):
    lines = Path(dag.fileloc).read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) <= MOST_LINES
