"""What becomes of records on the stream, good and bad, on LocalStack."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import psutil
import pytest

from dataflow360 import names
from tests.integration.serverless import (
    REGION,
    city,
    forget,
    given_up,
    history,
    log_lines,
    observation,
    put,
    state,
    wait_until,
)

MANY = 2_000


@pytest.fixture(autouse=True)
def _path(serverless):
    pass


def test_the_seeds_own_record_works_as_it_stands():
    forget("Dakar")
    put(
        '{"ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS", "data": {"temp": 30, '
        '"pm2_5": 12}, "timestamp": 1731400000}'.encode()
    )
    item = {
        "ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS", "date": "2024-11-12T08:26:40+00:00",
        "timestamp": 1731400000, "temp": 30, "pm2_5": 12,
    }  # fmt: skip
    assert wait_until(lambda: state("Dakar")) == item
    assert history("Dakar") == [item]


def test_floats_are_exact_and_nulls_are_left_out():
    ville = city()
    put(observation(ville, temp=12.64, pm2_5=0.1 + 0.2, visibility=None, aqi=2))
    item = wait_until(lambda: state(ville))
    assert item["temp"] == Decimal("12.64")
    assert item["pm2_5"] == Decimal("0.30000000000000004")
    assert item["air_quality"] == "correcte"
    assert "visibility" not in item


def test_in_any_order_and_twice_the_newest_is_the_state_and_the_history_has_all():
    ville = city()
    hours = [1731400000 + 3600 * hour for hour in (2, 0, 4, 1, 4, 3, 0)]
    for hour in hours:
        put(observation(ville, hour, temp=hour % 100))
        time.sleep(0.1)
    wait_until(lambda: len(history(ville)) == 5)
    assert [item["timestamp"] for item in history(ville)] == sorted(set(hours))
    assert state(ville) == history(ville)[-1]


def test_an_older_batch_that_comes_late_leaves_the_state():
    ville = city()
    put(observation(ville, 1731403600))
    newer = wait_until(lambda: state(ville))
    put(observation(ville, 1731400000))
    wait_until(lambda: len(history(ville)) == 2)
    assert state(ville) == newer


def poisons() -> dict[str, bytes]:
    without_city = observation("")
    del without_city["ville"]
    mebibyte = json.dumps(observation(city())).encode()
    return {
        "no-json": b'{"ville": "Dakar", ',
        "bytes": bytes(range(256)),
        "no-city": json.dumps(without_city).encode(),
        "not-a-number": json.dumps(observation(city(), temp=float("nan"))).encode(),
        # The partition key counts as well.
        "mebibyte": mebibyte + b" " * (2**20 - len(mebibyte) - 1),
    }


@pytest.mark.parametrize("payload", poisons().values(), ids=poisons())
def test_poison_ends_in_the_failure_queue_and_blocks_nobody(payload):
    before, behind, later = city(), city(), city()
    _, number, _ = put(observation(before), payload, observation(behind))
    wait_until(lambda: state(before) and state(behind))
    put(observation(later))
    wait_until(lambda: state(later), 90)
    wait_until(lambda: given_up(number), 90)
    assert [len(history(ville)) for ville in (before, behind, later)] == [1, 1, 1]
    refusals = [line for line in log_lines() if line.get("sequenceNumber") == number]
    assert refusals
    assert all(line["reason"] and line["requestId"] for line in refusals)


def test_a_function_that_is_killed_amid_its_batches_loses_and_doubles_nothing():
    villes = [city() for _ in range(20)]
    sent = [observation(villes[number % 20], 1731400000 + number) for number in range(MANY)]
    with ThreadPoolExecutor(1) as other:
        killing = other.submit(kill_amid, villes)
        for start in range(0, MANY, 500):
            put(*sent[start : start + 500])
        assert killing.result() > 0
    wait_until(lambda: sum(len(history(ville)) for ville in villes) == MANY, 120)
    for ville in villes:
        latest = max(each["timestamp"] for each in sent if each["ville"] == ville)
        wait_until(lambda ville=ville, latest=latest: state(ville)["timestamp"] == latest)
    stored = Counter(
        (item["ville"], item["timestamp"]) for ville in villes for item in history(ville)
    )
    assert stored == Counter((each["ville"], each["timestamp"]) for each in sent)


def kill_amid(villes: list[str]) -> int:
    """Kill the function when it has stored something, but not all; how many processes it had."""
    wait_until(lambda: history(villes[0]))
    killed = [each.kill() for each in function_processes()]
    assert sum(len(history(ville)) for ville in villes) < MANY, "it was killed too late"
    return len(killed)


def function_processes() -> list[psutil.Process]:
    """The processes that run the function in the tests' region."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if (
            environment.get("AWS_LAMBDA_FUNCTION_NAME") == names.FUNCTION
            and environment.get("AWS_REGION") == REGION
        ):
            found.append(process)
    return found
