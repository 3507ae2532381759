"""Weather and air of every city, from OpenWeather through the stream to both tables."""

import asyncio
import json
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from airflow.sdk.exceptions import TaskDeferred

from dataflow360 import names
from dataflow360.airports import AIRPORTS
from dataflow360.aws import arrival, putting, reconciling
from dataflow360.aws.putting import Note
from dataflow360.clients import http, mysql
from dataflow360.errors import DataFlowError, FatalError, RetriableError, SkippableError
from dataflow360.pipeline import extraction, quarantine, registry
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources import openweather
from dataflow360.sources.openweather import api as openweather_api
from dataflow360.sources.places import AirportsRequest
from dataflow360.stores.failures import readable_failures
from dataflow360.streams import kinesis
from dataflow360.streams import measurements as payloads
from dataflow360.streams.kinesis import Place, Record
from dataflow360.tasks.operators import RecordsArriveOperator
from tests.integration.buckets import bucket, land_in, s3
from tests.integration.killing import Point, run_and_kill
from tests.integration.serverless import client, forget, given_up, history, state, wait_until
from tests.simulator import Simulator, simulator

__all__ = ["bucket", "land_in", "s3", "simulator"]

#: Of this module's own, as ``serverless`` has it.
REGION = "eu-central-1"
HOUR = timedelta(hours=1)
CITIES = {airport.city for airport in AIRPORTS.values()}
LAGOS = f"lat={AIRPORTS['LOS'].latitude}"
FIRST = datetime(2020, 11, 27, tzinfo=UTC)
AIR = {"aqi", "co", "no", "no2", "o3", "so2", "pm2_5", "pm10", "nh3"}
WEATHER = {
    *("temp", "feels_like", "pressure", "humidity", "visibility", "wind_speed", "wind_deg"),
    "clouds",
}
_OWN = {"ville", "date", "pays", "aeroport", "air_quality", "timestamp"}


@pytest.fixture(autouse=True)
def _path(serverless: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path in the tests' account; more calls than the free plan allows; no pauses."""
    monkeypatch.setattr(openweather_api, "CALLS_PER_MINUTE", 10_000)
    monkeypatch.setattr(http, "_pause", lambda state: 0.0)
    monkeypatch.setattr(http, "_TIMEOUT", httpx.Timeout(1.0))


@pytest.fixture(autouse=True)
def empty_tables(serverless: None) -> None:
    """Both tables without the cities of the airports."""
    for ville in CITIES:
        forget(ville)


@pytest.fixture
def hour() -> Interval:
    """An hour of OpenWeather's history of the air."""
    start = FIRST + random.randrange(50_000) * HOUR
    return Interval(start, start + HOUR)


def new_run(hour: Interval, *, last_try: bool = False) -> Run:
    return Run("openweather_to_kinesis", f"test__{uuid.uuid4()}", -1, hour, last_try)


def present(run: Run, **params: object) -> Extraction:
    """The extraction of a run that comes when its interval has just ended."""
    return openweather.CITIES.extraction(
        AirportsRequest.checked(params), replace(run, now=lambda: run.interval.end)
    )


def past(run: Run, **params: object) -> Extraction:
    late = run.interval.end + 48 * HOUR
    return openweather.CITIES.extraction(
        AirportsRequest.checked(params), replace(run, now=lambda: late)
    )


def extract(run: Run, of: Callable[..., Extraction] = present, **params: object) -> str:
    refetch = bool(params.get("refetch"))
    return extraction.extract(of(run, **params), run, refetch=refetch)


def arrive(batch_id: str) -> str:
    """What Airflow does of the deferrable task: the task, the trigger, the task again."""
    operator = RecordsArriveOperator(task_id="arrive", batch_id=batch_id)
    try:
        return operator.execute({})
    except TaskDeferred as deferred:
        path, values = deferred.trigger.serialize()
        trigger = type(deferred.trigger)(**values)
        assert path.endswith(type(trigger).__name__)
        event = asyncio.run(anext(trigger.run()))  # type: ignore[arg-type]
        return operator.resume({}, event.payload)


def finish(batch_id: str, run: Run) -> dict[str, int]:
    return reconciling.reconcile(arrive(putting.put(batch_id)), run)


def ledger(connection: object, run: Run) -> dict[str, Any]:
    columns = (
        *("state", "reason", "rows_valid", "messages_published", "rows_stored", "rows_failed"),
        *("rows_new", "rows_changed", "rows_unchanged"),
    )
    query = f"SELECT {', '.join(columns)} FROM dataflow360.runs WHERE run_id = %s"
    (row,) = mysql.fetch(connection, query, (run.run_id,))
    return dict(zip(columns, row, strict=True))


def measured(item: dict[str, Any]) -> set[str]:
    return set(item) - _OWN


def test_every_city_comes_to_both_tables_and_the_ledger_says_so(
    simulator: Simulator, hour: Interval, connection: object
) -> None:
    run = new_run(hour)
    account = finish(extract(run), run)
    assert simulator.calls("openweather", "/weather") == len(AIRPORTS)
    assert simulator.calls("openweather", "/air_pollution") == len(AIRPORTS)
    assert account["rows_read"] == account["messages_published"] == len(AIRPORTS)
    assert ledger(connection, run) == {
        "state": "reconciled", "reason": None, "rows_valid": 16, "messages_published": 16,
        "rows_stored": 16, "rows_failed": 0, "rows_new": 16, "rows_changed": 0,
        "rows_unchanged": 0,
    }  # fmt: skip
    for airport in AIRPORTS.values():
        item = state(airport.city)
        assert item is not None
        assert history(airport.city) == [item]
        assert (item["pays"], item["aeroport"]) == (airport.country, airport.iata)
        assert WEATHER | AIR - {"nh3"} <= measured(item) <= WEATHER | AIR
        assert item["air_quality"]


def test_a_second_run_asks_nobody_and_changes_nothing(simulator: Simulator, hour: Interval) -> None:
    run, again = new_run(hour), new_run(hour)
    finish(extract(run), run)
    before = {ville: history(ville) for ville in CITIES}
    calls = simulator.calls("openweather")
    account = finish(extract(again), again)
    assert simulator.calls("openweather") == calls
    assert (account["messages_published"], account["rows_stored"]) == (16, 16)
    assert (account["rows_new"], account["rows_unchanged"]) == (0, 16)
    assert {ville: history(ville) for ville in CITIES} == before


def test_the_weather_that_the_other_dag_has_fetched_is_not_asked_for_again(
    simulator: Simulator, hour: Interval
) -> None:
    other = Run("openweather", f"test__{uuid.uuid4()}", -1, hour)
    request = AirportsRequest.checked({})
    fetched = openweather.AIRPORTS.extraction(request, replace(other, now=lambda: hour.end))
    extraction.extract(fetched, other, refetch=False)
    simulator_calls = simulator.calls("openweather", "/weather")
    run = new_run(hour)
    finish(extract(run), run)
    assert simulator.calls("openweather", "/weather") == simulator_calls == len(AIRPORTS)


def test_a_past_hour_has_the_air_alone_and_its_own_time(
    simulator: Simulator, hour: Interval
) -> None:
    run = new_run(hour)
    account = finish(extract(run, past), run)
    assert account["rows_stored"] == len(AIRPORTS)
    assert simulator.calls("openweather", "/weather") == 0
    assert simulator.calls("openweather", "/air_pollution/history") == len(AIRPORTS)
    for ville in CITIES:
        item = state(ville)
        assert item is not None
        assert item["timestamp"] == int(hour.start.timestamp())
        assert AIR - {"nh3"} <= measured(item) <= AIR


def test_a_backfill_fills_the_history_and_never_replaces_a_newer_state(
    simulator: Simulator, hour: Interval
) -> None:
    now = new_run(hour)
    finish(extract(now), now)
    newer = {ville: state(ville) for ville in CITIES}
    # The hours come in any order, as a backfill runs them.
    later = Interval(hour.start + 5 * HOUR, hour.end + 5 * HOUR)
    for interval in (later, hour):
        run = new_run(Interval(interval.start - 24 * HOUR, interval.end - 24 * HOUR))
        assert finish(extract(run, past), run)["rows_stored"] == len(AIRPORTS)
    assert {ville: state(ville) for ville in CITIES} == newer
    assert {len(history(ville)) for ville in CITIES} == {3}


def test_an_older_hour_that_is_filled_in_later_leaves_the_later_one(hour: Interval) -> None:
    """Without a present: the order of the hours alone decides."""
    earlier = Interval(hour.start - HOUR, hour.start)
    for interval in (hour, earlier):
        run = new_run(interval)
        finish(extract(run, past), run)
    for ville in CITIES:
        item = state(ville)
        assert item is not None
        assert item["timestamp"] == int(hour.start.timestamp())


def test_before_the_history_begins_the_interval_is_skipped() -> None:
    run = new_run(Interval(FIRST - HOUR, FIRST))
    with pytest.raises(SkippableError, match="begins on 2020-11-27"):
        extract(run, past)


@pytest.mark.parametrize("source", ["openweather", "air_pollution"])
def test_a_retry_asks_only_for_what_is_missing(
    simulator: Simulator, hour: Interval, source: str
) -> None:
    """Weather and air are two calls; a city has no record until it has both."""
    simulator.fault(source, "503", match=LAGOS, times=http.ATTEMPTS)
    run = new_run(hour)
    with pytest.raises(RetriableError, match=r"fetches only what is missing: LOS: OpenWeather has"):
        extract(run)
    before = simulator.calls("openweather")
    assert before == 2 * len(AIRPORTS) - 1 + http.ATTEMPTS
    assert finish(extract(run), run)["rows_stored"] == len(AIRPORTS)
    assert simulator.calls("openweather") == before + 1


@pytest.mark.parametrize("source", ["openweather", "air_pollution"])
def test_what_arrived_goes_its_way_and_the_run_is_red_until_the_rest_is_there(
    simulator: Simulator, hour: Interval, connection: object, source: str
) -> None:
    simulator.fault(source, "404", match=LAGOS)
    run = new_run(hour)
    with pytest.raises(FatalError, match=r"it is incomplete, .*: LOS: OpenWeather"):
        finish(extract(run), run)
    assert ledger(connection, run)["rows_stored"] == len(AIRPORTS) - 1
    assert state("Lagos") is None

    simulator.mend()
    assert finish(extract(run), run)["rows_stored"] == len(AIRPORTS)
    assert ledger(connection, run)["state"] == "reconciled"
    assert state("Lagos") is not None


FAULTS = [
    ("401", FatalError, "refuses the key (401: Invalid API key"),
    ("403", FatalError, "forbids this call (403"),
    ("429", RetriableError, "has too many calls of ours (429: Your account is temporary"),
    ("500", RetriableError, "has a fault of its own (500"),
    ("slow", RetriableError, "did not answer in time"),
    ("cut", RetriableError, "cannot be reached or broke off its answer"),
    ("html", RetriableError, "answered with something other than JSON"),
]


@pytest.mark.parametrize("of", [present, past], ids=["present", "past"])
@pytest.mark.parametrize(("fault", "kind", "sentence"), FAULTS, ids=[each[0] for each in FAULTS])
def test_what_each_fault_of_the_air_becomes(
    simulator: Simulator,
    hour: Interval,
    caplog: pytest.LogCaptureFixture,
    of: Callable[..., Extraction],
    fault: str,
    kind: type[DataFlowError],
    sentence: str,
) -> None:
    simulator.fault("air_pollution", fault, seconds=3)
    with pytest.raises(kind) as caught:
        extract(new_run(hour), of, airports=["DSS"])
    assert type(caught.value) is kind
    assert f"could be had: DSS: OpenWeather {sentence}" in str(caught.value)
    assert "appid" not in str(caught.value) + caplog.text


@pytest.mark.parametrize("fault", ["invalid", "empty"])
def test_air_that_is_none_is_in_quarantine_with_both_answers(
    simulator: Simulator, hour: Interval, connection: object, fault: str
) -> None:
    simulator.fault("air_pollution", fault, match=LAGOS)
    run = new_run(hour)
    account = finish(extract(run), run)
    assert (account["rows_quarantined"], account["rows_stored"]) == (1, 15)
    ((raw, reason),) = mysql.fetch(
        connection,
        "SELECT raw, reasons FROM dataflow360.quarantine AS q JOIN dataflow360.batches AS b"
        " USING (batch_id) WHERE b.run_id = %s AND q.raw LIKE %s",
        (run.run_id, "%Lagos%"),
    )
    assert set(json.loads(raw)) == {"weather", "air_pollution"}
    assert reason.startswith("air_pollution.")


@pytest.mark.parametrize(
    ("fault", "kind", "sentence"),
    [
        ("invalid", FatalError, "history of the air has another shape (coord: Field required)"),
        ("empty", SkippableError, "does not know the air of"),
    ],
)
def test_a_history_that_is_none_is_named(
    simulator: Simulator, hour: Interval, fault: str, kind: type[DataFlowError], sentence: str
) -> None:
    simulator.fault("air_pollution", fault)
    with pytest.raises(kind) as caught:
        extract(new_run(hour), past)
    assert sentence in str(caught.value)


@pytest.mark.usefixtures("simulator")
@pytest.mark.parametrize(
    "point",
    [
        Point("put", "aws.putting:dynamodb_tables.hold"),
        Point("put", "aws.putting:kinesis.put", "after"),
        Point("put", "pipeline.registry:mark"),
    ],
    ids=str,
)
def test_a_put_that_is_killed_and_put_again_leaves_each_row_once(
    hour: Interval, point: Point
) -> None:
    run = new_run(hour)
    batch_id = extract(run)
    run_and_kill(point, putting.put, batch_id)
    account = finish(batch_id, run)
    assert (account["messages_published"], account["rows_stored"]) == (16, 16)
    assert {len(history(ville)) for ville in CITIES} == {1}


@pytest.mark.usefixtures("simulator")
def test_what_was_put_is_noted_in_a_bucket_as_well(
    hour: Interval, bucket: str, land_in: Callable[[str], object]
) -> None:
    land_in(f"s3://{bucket}/landing")
    run = new_run(hour)
    batch_id = extract(run)
    run_and_kill(Point("put", "clients.s3:ObjectPath.upload"), putting.put, batch_id)
    account = finish(batch_id, run)
    assert (account["messages_published"], account["rows_stored"]) == (16, 16)
    assert {len(history(ville)) for ville in CITIES} == {1}


@pytest.mark.usefixtures("simulator")
def test_without_a_put_there_is_nothing_to_wait_for(hour: Interval) -> None:
    batch_id = extract(new_run(hour), airports=["DSS"])
    with pytest.raises(FatalError, match="clear its put task"):
        arrive(batch_id)


def lose(stream_client: Any, stream: str, records: list[Record]) -> list[Place]:
    """Take records and lose them."""
    return [Place("shardId-000000000000", str(number)) for number in range(len(records))]


@pytest.fixture
def swallowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A stream that takes records and loses them, until it is mended."""
    with monkeypatch.context() as patch:
        patch.setattr(kinesis, "put", lose)
        yield patch.undo


@pytest.mark.usefixtures("simulator")
def test_a_row_that_is_lost_on_the_way_is_named_and_putting_again_mends_it(
    hour: Interval, connection: object, swallowed: Callable[[], None]
) -> None:
    run = new_run(hour)
    batch_id = putting.put(extract(run, past, airports=["DSS", "LOS"]))
    seen = arrival.look(batch_id)
    assert (seen.put, seen.stored, seen.failed) == (2, 0, 0)
    assert seen.missing == tuple(
        f"{ville} {hour.start:%Y-%m-%d %H:%M:%S}" for ville in ("Dakar", "Lagos")
    )
    with pytest.raises(FatalError, match=r"2 put on the stream, but 0 stored \+ 0 failed \(Dakar"):
        reconciling.reconcile(batch_id, run)
    assert ledger(connection, run)["state"] == "failed"

    swallowed()
    assert finish(batch_id, run)["rows_stored"] == 2
    assert ledger(connection, run)["state"] == "reconciled"


@pytest.mark.usefixtures("simulator")
def test_an_older_version_in_the_history_is_not_taken_for_the_one_that_was_put(
    hour: Interval, swallowed: Callable[[], None]
) -> None:
    run = new_run(hour)
    batch_id = extract(run, past, airports=["DSS"])
    moment = str(int(hour.start.timestamp()))
    item = {"ville": {"S": "Dakar"}, "timestamp": {"N": moment}, "pays": {"S": "Sénégal"},
            "aeroport": {"S": "DSS"}, "co": {"N": "1"}}  # fmt: skip
    for table in (names.STATE_TABLE, names.HISTORY_TABLE):
        client("dynamodb").put_item(TableName=table, Item=item)
    putting.put(batch_id)
    assert arrival.look(batch_id).stored == 0

    swallowed()
    account = finish(batch_id, run)
    assert (account["rows_changed"], account["rows_stored"]) == (1, 1)
    (kept,) = history("Dakar")
    assert kept["co"] != 1


@pytest.mark.usefixtures("simulator")
def test_what_is_given_up_on_the_way_is_counted_in_the_queue_and_in_quarantine(
    hour: Interval, connection: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = payloads.records

    def with_poison(rows: Any) -> Iterator[Record]:
        for record in made(rows):
            yield (
                Record(record.key, record.data.replace(b'"aqi":', b'"aqi":"bad","index":'))
                if record.key == "Lagos"
                else record
            )

    monkeypatch.setattr(payloads, "records", with_poison)
    run = new_run(hour)
    account = finish(extract(run, past), run)
    assert account["messages_published"] == 16
    assert (account["rows_stored"], account["rows_failed"]) == (15, 1)
    assert ledger(connection, run)["state"] == "reconciled"
    batch = registry.get(connection, ledger_batch(connection, run))
    (poison,) = [row for row in Note.of(batch.folder).sent if row.ville == "Lagos"]
    assert given_up(poison.sequence)

    # What lambda_failures does: into quarantine first, then out of the queue.
    insert = (
        "INSERT INTO dataflow360.quarantine (quarantine_id, dag_id, record_type, batch_id,"
        " position, raw, reasons, first_seen, last_seen)"
        " VALUES (%s, %s, %s, %s, 1, %s, 'poison', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))"
    )
    own = quarantine.quarantine_id(names.FAILURES_DAG, batch.record_type, poison.data)
    mysql.execute(
        connection,
        insert,
        (own, names.FAILURES_DAG, batch.record_type, batch.batch_id, poison.data),
    )
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=names.FAILURE_QUEUE)["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    wait_until(lambda: not given_up(poison.sequence))
    assert arrival.look(batch.batch_id).failed == 1

    # Put again, it is another matter: what was refused before says nothing of it.
    monkeypatch.setattr(kinesis, "put", lose)
    putting.put(batch.batch_id)
    again = arrival.look(batch.batch_id)
    assert again.failed == 0
    assert [name.split()[0] for name in again.missing] == ["Lagos"]


def ledger_batch(connection: object, run: Run) -> str:
    query = "SELECT batch_id FROM dataflow360.runs WHERE run_id = %s"
    return str(mysql.fetch(connection, query, (run.run_id,))[0][0])


@pytest.mark.usefixtures("simulator")
def test_without_a_stream_the_sentence_names_the_dag_that_makes_it(
    hour: Interval, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = extract(new_run(hour), airports=["DSS"])
    monkeypatch.setattr(names, "STREAM", "no_such_stream")
    missing = r"no_such_stream not found; the DAG aws_setup makes it"
    with pytest.raises(RetriableError, match=missing), readable_failures():
        putting.put(batch_id)
