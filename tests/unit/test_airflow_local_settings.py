"""What tasks use is imported by the processes that they are forked from, and by no other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow_local_settings import forks_tasks

ROOT = Path(__file__).parents[2]
HEAVY = {"MySQLdb", "boto3", "cassandra", "confluent_kafka", "pandas", "pyarrow", "redis"}
_START = """
import sys
sys.argv = ["airflow", *sys.argv[1:]]
import airflow
from airflow import settings
settings.initialize()
print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("command", "executor", "expected"),
    [
        ("scheduler", "LocalExecutor", True),
        ("scheduler --skip-serve-logs", "LocalExecutor", True),
        ("scheduler", "CeleryExecutor", False),
        ("scheduler", "KubernetesExecutor", False),
        ("celery worker --pid /tmp/worker.pid", "CeleryExecutor", True),
        ("celery flower", "CeleryExecutor", False),
        ("api-server", "LocalExecutor", False),
        ("dag-processor", "LocalExecutor", False),
        ("triggerer", "LocalExecutor", False),
        ("db migrate", "LocalExecutor", False),
        ("", "LocalExecutor", False),
    ],
)
def test_tasks_are_forked_from(command: str, executor: str, expected: bool) -> None:
    assert forks_tasks(command.split(), executor) is expected


@pytest.mark.parametrize(
    ("command", "expected"), [("scheduler", HEAVY), ("triggerer", set())], ids=["forks", "no-fork"]
)
def test_a_process_has_imported_what_its_tasks_use(
    command: str, expected: set[str], tmp_path: Path
) -> None:
    """As Airflow starts it, up to the point at which its settings are read."""
    started = subprocess.run(
        [sys.executable, "-c", _START, command],
        env=os.environ
        | {
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "PYTHONPATH": str(ROOT / "config"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(started.stdout.split())
    assert imported & HEAVY == expected
    assert not imported & {"hypothesis", "pytest"}, "these are for tests"
    assert ("dataflow360.pipeline.publishing" in imported) is bool(expected)
