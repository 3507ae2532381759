"""The serverless path as aws_setup makes it, on LocalStack: twice, mended, at once, and proven."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from dataflow360 import names
from dataflow360.aws import canary
from dataflow360.aws.function import find_mapping
from dataflow360.aws.package import consumer_zip
from dataflow360.aws.request import SetupRequest
from dataflow360.errors import RetriableError
from tests.integration.serverless import (
    arns,
    city,
    client,
    delete,
    observation,
    put,
    set_up,
    state,
    wait_until,
)

#: What these tests break is not even other tests'.
REGION = "eu-west-1"
EVERYTHING = ("mapping", "function", "role", "log_group", "queue", "state", "history", "stream")
UNCHANGED = dict.fromkeys(EVERYTHING, "unchanged")


@pytest.fixture(scope="module", autouse=True)
def _nothing_left(serverless):
    yield
    delete(*EVERYTHING)


@pytest.fixture(autouse=True)
def _whole(serverless):
    """Each test finds the path whole, and leaves it so."""
    yield
    set_up()


def send_canary(seconds: float = 60) -> str:
    path = canary.Path(client("kinesis"), client("dynamodb"), client("lambda"), client("logs"))
    return canary.send(path, arns(), str(uuid.uuid4()), 1731400000, seconds)


def test_the_first_run_makes_everything_and_the_second_changes_nothing():
    delete(*EVERYTHING)
    assert set_up() == dict.fromkeys(EVERYTHING, "created")
    assert set_up() == UNCHANGED


@pytest.mark.parametrize("resource", [each for each in EVERYTHING if each != "stream"])
def test_what_was_deleted_is_made_again_and_nothing_else(resource):
    delete(resource)
    outcomes = set_up()
    assert outcomes == UNCHANGED | {resource: "created"}
    assert send_canary()


def test_a_stream_that_was_deleted_is_made_again_and_read_anew():
    delete("stream")
    assert set_up() == UNCHANGED | {"stream": "created", "mapping": "updated"}
    assert send_canary()


def test_more_shards_are_all_read():
    assert set_up(SetupRequest(shards=2)) == UNCHANGED | {"stream": "updated", "mapping": "updated"}
    villes = [city() for _ in range(8)]
    for ville in villes:
        put(observation(ville), key=ville)
    wait_until(lambda: all(state(ville) for ville in villes))


def change_queue():
    url = client("sqs").get_queue_url(QueueName=names.FAILURE_QUEUE)["QueueUrl"]
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})


def denial(**about) -> str:
    statement = {"Effect": "Deny", **about}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def change_policy():
    client("iam").put_role_policy(
        RoleName=arns().role_name,
        PolicyName=arns().role_name,
        PolicyDocument=denial(Action="dynamodb:PutItem", Resource="*"),
    )


def change_trust():
    lambda_ = {"Service": "lambda.amazonaws.com"}
    client("iam").update_assume_role_policy(
        RoleName=arns().role_name,
        PolicyDocument=denial(Action="sts:AssumeRole", Principal=lambda_),
    )


def change_function(**configuration):
    client("lambda").update_function_configuration(FunctionName=names.FUNCTION, **configuration)
    client("lambda").get_waiter("function_updated_v2").wait(FunctionName=names.FUNCTION)


def change_mapping(**configuration):
    uuid = find_mapping(client("lambda"), arns())["UUID"]
    client("lambda").update_event_source_mapping(UUID=uuid, **configuration)
    wait_until(
        lambda: (
            client("lambda").get_event_source_mapping(UUID=uuid)["State"] in {"Enabled", "Disabled"}
        )
    )


CHANGES = {
    "retention-of-the-queue": ("queue", change_queue),
    "retention-of-the-logs": (
        "log_group",
        lambda: client("logs").put_retention_policy(
            logGroupName=names.LOG_GROUP, retentionInDays=1
        ),
    ),
    "policy": ("role", change_policy),
    "trust": ("role", change_trust),
    "time-out": ("function", lambda: change_function(Timeout=3)),
    "table-name": (
        "function",
        lambda: change_function(Environment={"Variables": {"STATE_TABLE": "elsewhere"}}),
    ),
    "batch-size": ("mapping", lambda: change_mapping(BatchSize=1)),
    "attempts": ("mapping", lambda: change_mapping(MaximumRetryAttempts=-1)),
    "switched-off": ("mapping", lambda: change_mapping(Enabled=False)),
}


@pytest.mark.parametrize(("resource", "change"), CHANGES.values(), ids=CHANGES)
def test_a_setting_that_has_drifted_is_mended_and_nothing_else(resource, change):
    change()
    assert set_up() == UNCHANGED | {resource: "updated"}
    assert set_up() == UNCHANGED


def test_other_params_change_the_stream_and_the_mapping():
    request = SetupRequest(shards=2, batch_size=7, window_seconds=2, maximum_retry_attempts=1)
    assert set_up(request) == UNCHANGED | {"stream": "updated", "mapping": "updated"}
    mapping = find_mapping(client("lambda"), arns())
    assert (mapping["BatchSize"], mapping["MaximumRetryAttempts"]) == (7, 1)
    assert set_up(request) == UNCHANGED
    assert set_up() == UNCHANGED | {"stream": "updated", "mapping": "updated"}
    assert send_canary()


def test_changed_code_is_sent_and_runs(tmp_path, root):
    code = (root / "lambda" / "lambda_consumer.py").read_text()
    marked = code.replace('"batch stored"', '"batch stored by other code"')
    (tmp_path / "lambda_consumer.py").write_text(marked)
    packed = consumer_zip(tmp_path)
    assert set_up(code=packed) == UNCHANGED | {"function": "updated"}
    assert set_up(code=packed) == UNCHANGED
    assert send_canary()
    wait_until(
        lambda: any("by other code" in line for line in canary.newest_log_lines(client("logs")))
    )


def nobody_reads() -> bool:
    """Whether a record stays on the stream: who has been told to stop may read once more."""
    ville = city()
    put(observation(ville))
    time.sleep(1)
    return state(ville) is None


def test_two_runs_at_once_both_end_well():
    delete(*EVERYTHING)
    with ThreadPoolExecutor(2) as runs:
        one, other = runs.map(lambda _: set_up(), range(2))
    for step in EVERYTHING:
        assert "created" in {one[step], other[step]}, step
    assert set_up() == UNCHANGED
    mappings = client("lambda").list_event_source_mappings(FunctionName=names.FUNCTION)
    assert len(mappings["EventSourceMappings"]) == 1


def test_what_was_put_before_the_mapping_was_made_is_read_too():
    delete("mapping")
    wait_until(nobody_reads)
    ville = city()
    put(observation(ville))
    set_up()
    wait_until(lambda: state(ville))


def test_the_canary_proves_the_path_and_leaves_nothing():
    sentence = send_canary()
    assert "was in dataflow_mongo_history and dataflow_mongo after" in sentence
    ville = sentence.split()[2]
    assert ville.startswith("canari-")
    assert state(ville) is None


def test_a_canary_that_does_not_arrive_says_what_is_wrong():
    change_mapping(Enabled=False)
    wait_until(nobody_reads)
    with pytest.raises(RetriableError, match=r"not in dataflow_mongo_history nor in .* Disabled"):
        send_canary(seconds=2)


def test_a_canary_without_a_mapping_says_so():
    delete("mapping")
    wait_until(nobody_reads)
    with pytest.raises(RetriableError, match="no event source mapping reads the stream"):
        send_canary(seconds=1)
