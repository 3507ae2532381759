"""A task, a broker or a store that dies while runs are under way."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date

import psutil
import pytest
from confluent_kafka import Consumer, TopicPartition

from dataflow360.records.topics import ID_PREFIX
from stack import settings as env_file
from stack import supervisor
from stack.environment import HOST
from stack.profiles import Profile
from tests.end_to_end.conftest import Airflow
from tests.end_to_end.test_airflow import ledger
from tests.integration.support import FLIGHTS, WEATHER, Flow, ends, ids_since, stored
from tests.real_servers import new_day


@contextmanager
def stopped(profile: Profile, program: str) -> Iterator[None]:
    """Have one program of the stack away."""
    supervisor.stop(profile, program)
    try:
        yield
    finally:
        supervisor.start(profile, program)


def check(flow: Flow, start: dict[int, int], rows: int, runs: dict[str, date]) -> None:
    """The rows of all runs, by their days, are in the store, and on the topic just once."""
    ids: set[str] = set()
    for run_id, day in runs.items():
        (row,) = ledger(run_id)
        assert row["state"] == "reconciled"
        assert row["rows_valid"] == rows * 16
        assert set(stored(flow, day)) == flow.ids(day, rows=rows)
        ids |= flow.ids(day, rows=rows)
    assert ids_since(flow.topic, start) == dict.fromkeys(ids, 1)


def test_a_task_that_is_killed_is_tried_again_and_loses_nothing(airflow: Airflow) -> None:
    """One amid the stage step, one of another run amid the publish step."""
    rows, start = 2500, ends(FLIGHTS.topic)
    runs = {
        airflow.trigger(FLIGHTS.dag_id, rows=rows, day=str(day)): day
        for day in (new_day(), new_day())
    }
    killed = dict(zip(runs, ("stage", "publish"), strict=True))
    for run_id, task_id in killed.items():
        airflow.wait_for_task(FLIGHTS.dag_id, run_id, task_id, "running")
        (task,) = [t for t in airflow.tasks(FLIGHTS.dag_id, run_id) if t["task_id"] == task_id]
        kill_task(task["id"])
        airflow.wait_for_task(FLIGHTS.dag_id, run_id, task_id, "up_for_retry")
        airflow.skip_pause(FLIGHTS.dag_id, run_id, task_id)
    for run_id, task_id in killed.items():
        assert airflow.wait(FLIGHTS.dag_id, run_id) == "success"
        tries = {t["task_id"]: t["try_number"] for t in airflow.tasks(FLIGHTS.dag_id, run_id)}
        assert tries[task_id] == 2
    check(FLIGHTS, start, rows, runs)


def kill_task(task_instance_id: str) -> None:
    """kill -9 the process that runs a task, once it is well under way."""
    time.sleep(1)
    # A worker and the task that it has forked both carry the task instance's id.
    titled = [
        process
        for process in psutil.process_iter(["cmdline"])
        if task_instance_id in " ".join(process.info["cmdline"] or [])
    ]
    (task,) = [process for process in titled if process.parent() in titled]
    task.kill()


def test_a_broker_that_is_away_fails_no_run(airflow: Airflow, profile: Profile, day: date) -> None:
    rows, start = 12, ends(WEATHER.topic)
    with stopped(profile, "kafka-2"):
        run_id = airflow.trigger(WEATHER.dag_id, rows=rows, day=str(day))
        assert airflow.wait(WEATHER.dag_id, run_id) == "success"
    assert {t["try_number"] for t in airflow.tasks(WEATHER.dag_id, run_id)} == {1}
    check(WEATHER, start, rows, {run_id: day})


_ASK = """
import sys, threading
from confluent_kafka import KafkaException
from dataflow360.page import kafka

brokers, going_on = 0, threading.Thread(target=sys.stdin.read)
going_on.start()
while going_on.is_alive() or brokers < 3:
    try:
        cluster = kafka.cluster()
    except (KafkaException, TimeoutError):
        continue
    brokers = cluster.brokers
    print(brokers, len(cluster.groups), flush=True)
"""


def test_a_broker_that_restarts_does_not_end_who_asks_for_the_lag_of_groups(
    profile: Profile,
) -> None:
    """The page asks in the API server, and a crash in Kafka's client would be the end of that."""
    groups = [f"{ID_PREFIX}test-{uuid.uuid4().hex}" for _ in range(6)]  # on all brokers
    for group in groups:
        commit(group, WEATHER.topic)
    with subprocess.Popen(
        [sys.executable, "-c", _ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asking:
        assert asking.stdout is not None
        while not asking.stdout.readline().startswith("3 "):  # one may have just come back
            assert asking.poll() is None
        for broker in ("kafka-2", "kafka-3"):
            with stopped(profile, broker):
                time.sleep(5)
        said, _ = asking.communicate()
    assert asking.returncode == 0
    brokers, known = map(int, said.splitlines()[-1].split())
    assert brokers == 3
    assert known >= len(groups)


def commit(group: str, topic: str) -> None:
    """Have a consumer group that has read nothing of a topic's first partition."""
    options = json.loads(os.environ["AIRFLOW_CONN_DATAFLOW360_KAFKA"])["extra"]
    consumer = Consumer({**options, "group.id": group, "enable.auto.commit": False})
    consumer.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
    consumer.close()


@pytest.mark.parametrize(
    ("flow", "program", "task_id", "sentence"),
    [
        (FLIGHTS, "cassandra", "stage", "Cassandra (connection dataflow360_cassandra) does not"),
        (WEATHER, "mysql", "extract", "MySQL (connection dataflow360_mysql) does not answer"),
    ],
    ids=["cassandra", "mysql"],
)
def test_a_store_that_is_away_for_a_while_is_waited_for(
    airflow: Airflow,
    profile: Profile,
    day: date,
    flow: Flow,
    program: str,
    task_id: str,
    sentence: str,
) -> None:
    rows, start = 12, ends(flow.topic)
    with stopped(profile, program):
        run_id = airflow.trigger(flow.dag_id, rows=rows, day=str(day))
        airflow.wait_for_task(flow.dag_id, run_id, task_id, "up_for_retry")
    await_listening(profile, program)
    airflow.skip_pause(flow.dag_id, run_id, task_id)
    assert airflow.wait(flow.dag_id, run_id) == "success"
    assert sentence in airflow.log(flow.dag_id, run_id, task_id, 1)
    check(flow, start, rows, {run_id: day})


def await_listening(profile: Profile, program: str) -> None:
    """Wait until a store that has been started takes connections."""
    port, deadline = env_file.load(profile).port(program.upper()), time.monotonic() + 120
    while True:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=5):
            return
        assert time.monotonic() < deadline, f"{program} does not listen"
        time.sleep(0.2)
