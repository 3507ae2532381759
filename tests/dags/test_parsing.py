"""A DAG file is parsed over and over again: it must cost little."""

import json
import statistics
import subprocess
import sys

FILES = (
    "synthetic_flights",
    "synthetic_weather",
    "csv_files",
    "replay_quarantine",
    "aviationstack",
    "openweather_to_kinesis",
    "aws_setup",
    "lambda_failures",
    "freshness",
)
LIMIT_SECONDS = 0.15
HEAVY = (
    "pandas", "numpy", "pyarrow", "faker", "orjson", "MySQLdb", "cassandra",
    "confluent_kafka", "boto3", "airflow.providers.mysql.hooks.mysql",
    "airflow.providers.apache.cassandra.hooks.cassandra",
    "airflow.providers.apache.kafka.hooks.produce",
)  # fmt: skip

#: Each file is parsed in a fork of a process that has imported what airflow.sdk loads on use, and
#: nothing else.
MEASURE = f"""
import json, os, runpy, sys, time
from airflow.sdk import Asset, CronDataIntervalTimetable, Param, RetryRule, dag, task, task_group

def parsed(path):
    before = set(sys.modules)
    start = time.process_time()
    runpy.run_path(path)
    seconds = time.process_time() - start
    return seconds, [name for name in {HEAVY!r} if name in set(sys.modules) - before]

for path in sys.argv[1:]:
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, json.dumps([path, *parsed(path)]).encode())
        os._exit(0)
    os.close(writer)  # or a child that fails would be waited for here for ever
    print(os.read(reader, 65536).decode())
    os.wait()
"""


def test_a_file_is_parsed_in_no_time_and_imports_nothing_heavy(root):
    paths = {str(root / "dags" / f"{name}.py"): name for name in FILES}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *(3 * list(paths))],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    times, heavy = {name: [] for name in FILES}, {}
    for line in done.stdout.splitlines():
        if line.startswith("["):
            path, seconds, imported = json.loads(line)
            times[paths[path]].append(seconds)
            heavy |= {paths[path]: imported} if imported else {}
    assert heavy == {}
    assert {len(each) for each in times.values()} == {3}, times
    medians = {name: statistics.median(each) for name, each in times.items()}
    assert {n: seconds for n, seconds in medians.items() if seconds > LIMIT_SECONDS} == {}
