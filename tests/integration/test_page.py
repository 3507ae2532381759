"""The page's questions to the real stores: right answers, within bounds, whatever is down."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

from dataflow360 import names
from dataflow360.airports import AIRPORTS
from dataflow360.aws import setup
from dataflow360.clients import mysql
from dataflow360.clients import redis as redis_store
from dataflow360.errors import FatalError
from dataflow360.freshness import landings, watches
from dataflow360.freshness.sources import Source
from dataflow360.page import air, asking, flights, kafka, ledger, quarantine, quotas, redis, weather
from dataflow360.page import mysql as page_mysql
from dataflow360.page.airflow import Dags, SourceDag
from dataflow360.page.asking import Stores
from dataflow360.page.models.common import Count
from dataflow360.page.quarantine import Cursor, Group
from dataflow360.pipeline import ledger as run_ledger
from dataflow360.pipeline.run import Interval, Run
from dataflow360.streams import kafka as streams
from tests.integration import serverless as path
from tests.integration.support import FLIGHTS, WEATHER, explain, run_all

REGION = "eu-south-1"
HOSTILE = {
    "markup": b'<script>alert("x")</script><img src=x onerror=alert(1)>',
    "megabyte": b"A" * 1_048_576,
    "right-to-left": "Dakar\u202egnp.exe".encode(),
    "nul": b"\x00\x01\x02",
    "latin-1": "Bénin".encode("latin-1"),
}
SOURCE = Source("", "0 * * * *")
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = NOW.replace(minute=0, second=0)


@pytest.fixture
def dag_id() -> Iterator[str]:
    """A source of the test's own, of which nothing is left in the ledger or in quarantine."""
    own = f"test_page_{uuid.uuid4().hex}"
    yield own
    with mysql.connect() as connection:
        for table in ("runs", "quarantine", "watches"):
            mysql.execute(connection, f"DELETE FROM dataflow360.{table} WHERE dag_id = %s", (own,))


def run(dag_id: str, hours_ago: int = 1, map_index: int = -1, run_id: str | None = None) -> Run:
    """A run of the hour that ended so many hours ago, less one."""
    end = HOUR - timedelta(hours=hours_ago - 1)
    name = run_id or f"scheduled__{hours_ago}"
    return Run(dag_id, name, map_index, Interval(end - timedelta(hours=1), end))


def enter(connection: Any, of: Run, state: str = "reconciled", reason: str = "", **counts: int):
    """What a run over a batch enters in the ledger."""
    row = {
        "dag_id": of.dag_id,
        "run_id": of.run_id,
        "map_index": of.map_index,
        "batch_id": uuid.uuid4().hex,
        "interval_start": of.interval.start.replace(tzinfo=None),
        "interval_end": of.interval.end.replace(tzinfo=None),
        **dict.fromkeys(run_ledger._COUNTS, 0),
        **counts,
        "state": state,
        "reason": reason or None,
    }
    mysql.execute(
        connection,
        f"INSERT INTO dataflow360.runs ({', '.join(row)}, reconciled_at)"
        f" VALUES ({', '.join(['%s'] * len(row))}, UTC_TIMESTAMP(6))",
        tuple(row.values()),
    )


def account(dag_id: str, **changes: Any):
    """The account of a source that is watched since yesterday."""
    with mysql.connect() as connection:
        watches.begin(connection, dag_id, NOW - timedelta(days=1))
    source = replace(SOURCE, dag_id=dag_id, **changes)
    return ledger.accounts([source], datetime.now(UTC))[dag_id]


@pytest.mark.parametrize("cron", ["0 * * * *", None], ids=["scheduled", "derived"])
def test_a_source_that_never_ran_has_an_empty_account(dag_id: str, cron: str | None) -> None:
    found = account(dag_id, cron=cron, inputs=() if cron else ((dag_id,),))
    assert found.freshness.status == "never"
    assert (found.rows, found.last, found.last_error) == (None, None, None)
    assert len(found.volume) == 30
    assert found.volume[-1].day == datetime.now(UTC).date()
    assert {(day.valid, day.quarantined) for day in found.volume} == {(0, 0)}


def test_without_sources_there_is_nothing_to_ask() -> None:
    assert ledger.accounts([], NOW) == {}


def test_the_account_of_a_source_is_that_of_its_newest_runs(dag_id: str, connection: Any) -> None:
    enter(connection, run(dag_id, 3), "failed", "2 rows are lost", rows_read=9, rows_valid=9)
    enter(connection, run(dag_id, 2), rows_read=10, rows_valid=8, rows_quarantined=2)
    run_ledger.skip(connection, run(dag_id, 1), "There is nothing new.")
    found = account(dag_id)
    assert found.freshness.status == "on_time"
    assert (found.rows.run_id, found.rows.read, found.rows.valid) == ("scheduled__2", 10, 8)
    assert (found.last.state, found.last.text) == ("skipped", "There is nothing new.")
    assert (found.last_error.run_id, found.last_error.text) == ("scheduled__3", "2 rows are lost")
    assert found.last_error.link == f"/dags/{dag_id}/runs/scheduled__3"
    assert (found.volume[-1].valid, found.volume[-1].quarantined) == (17, 2)


def test_the_rows_of_a_run_over_several_files_are_their_sum(dag_id: str, connection: Any) -> None:
    for number, state in enumerate(("reconciled", "failed", "reconciled")):
        reason = "file 1 is lost" if state == "failed" else ""
        of = run(dag_id, 1, number, "manual__files")
        enter(connection, of, state, reason, rows_read=5, rows_new=3, messages_published=3)
    found = account(dag_id)
    assert (found.rows.read, found.rows.new, found.rows.published) == (15, 9, 9)
    assert (found.last.state, found.last.text) == ("failed", "file 1 is lost")


def test_a_task_that_fails_before_anything_landed_is_the_last_error(
    dag_id: str, connection: Any
) -> None:
    enter(connection, run(dag_id, 2), rows_read=4, rows_valid=4)
    run_ledger.fail(connection, run(dag_id, 1), "OpenWeather refuses the key.")
    found = account(dag_id)
    assert (found.last.state, found.last.text) == ("failed", "OpenWeather refuses the key.")
    assert found.last_error == found.last
    assert found.rows.run_id == "scheduled__2"


def test_a_later_failure_of_a_run_keeps_what_it_has_counted(dag_id: str, connection: Any) -> None:
    enter(connection, run(dag_id), rows_read=4, rows_valid=4)
    run_ledger.fail(connection, run(dag_id), "The task publish has failed.")
    found = account(dag_id)
    assert (found.rows.read, found.last.state) == (4, "failed")
    run_ledger.withdraw(connection, run(dag_id))
    assert account(dag_id).last.state == "failed"


def test_a_failure_is_withdrawn_when_the_run_goes_on(dag_id: str, connection: Any) -> None:
    run_ledger.fail(connection, run(dag_id), "The inbox cannot be read.")
    run_ledger.withdraw(connection, run(dag_id))
    assert account(dag_id).last is None


def test_a_source_is_late_when_an_hour_is_missing(dag_id: str, connection: Any) -> None:
    enter(connection, run(dag_id, 6), rows_read=1)
    enter(connection, run(dag_id, 1), "failed", "lost")
    found = account(dag_id).freshness
    assert (found.status, found.newest) == ("late", run(dag_id, 6).interval.end)
    assert found.missing == run(dag_id, 5).interval.end


def test_the_stream_has_what_was_put_stored_and_failed(dag_id: str, connection: Any) -> None:
    enter(connection, run(dag_id, 2), messages_published=16, rows_stored=16)
    enter(connection, run(dag_id, 1), messages_published=16, rows_stored=15, rows_failed=1)
    found = ledger.stream(dag_id, datetime.now(UTC).date())
    assert (found.last_arrivals.put, found.last_arrivals.stored) == (16, 15)
    assert found.last.run_id == "scheduled__1"
    assert (found.total.put, found.total.stored, found.total.failed) == (32, 31, 1)
    assert (len(found.days), found.days[-1].put) == (30, 32)


def test_a_stream_that_never_ran_is_empty(dag_id: str) -> None:
    found = ledger.stream(dag_id, date(2026, 11, 1))
    assert (found.last, found.last_arrivals, found.total.put) == (None, None, 0)
    assert found.days[-1].day == date(2026, 11, 1)


def refuse(dag_id: str, raws: list[bytes], *, kind: str = "x is missing", state: str = "open"):
    """Put records into quarantine, all seen at the same time; their ids, last position first."""
    ids = [str(uuid.uuid4()) for _ in raws]
    now = datetime.now(UTC).replace(tzinfo=None)
    with mysql.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO dataflow360.quarantine (quarantine_id, dag_id, record_type, batch_id,"
            " position, raw, reasons, reason_kind, state, first_seen, last_seen)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    own,
                    dag_id,
                    "vols",
                    "",
                    position,
                    raw,
                    f"{kind}, says line {position}",
                    kind,
                    state,
                    now,
                    now,
                )
                for position, (own, raw) in enumerate(zip(ids, raws, strict=True), start=1)
            ],
        )
    return ids[::-1]


def pages(group: Group | None, limit: int, visible: frozenset[str] | None = None) -> list[str]:
    """All records of the list, page after page."""
    found, after = [], None
    while True:
        listed = quarantine.page("open", group, after, limit, visible)
        found += [row.quarantine_id for row in listed.records]
        if listed.next is None:
            return found
        assert len(listed.records) == limit
        after = Cursor.of(listed.next)


@pytest.mark.parametrize("limit", [1, 7, 23, 200])
def test_the_pages_have_every_record_once_those_seen_last_first(dag_id: str, limit: int) -> None:
    earlier = refuse(dag_id, [b"a"] * 9)
    later = refuse(dag_id, [b"b"] * 14, kind="y is missing")
    assert pages(Group(dag_id), limit) == later + earlier
    assert pages(None, limit, frozenset({dag_id})) == later + earlier
    assert pages(Group(dag_id, "vols", "x is missing"), limit) == earlier


def test_pages_over_all_dags_have_every_record_once(dag_id: str) -> None:
    own = refuse(dag_id, [b"a"] * 30)
    found = pages(None, 200)
    assert len(found) == len(set(found))
    assert [each for each in found if each in set(own)] == own


def test_the_records_of_several_dags_are_merged_in_their_order(dag_id: str) -> None:
    other = f"{dag_id}_b"
    try:
        first = refuse(dag_id, [b"a"] * 3)
        second = refuse(other, [b"b"] * 4)
        third = refuse(dag_id, [b"c"] * 2)
        visible = frozenset({dag_id, other, "of_no_record"})
        assert pages(None, 2, visible) == third + second + first
        assert quarantine.open_count(visible) == Count(value=9)
    finally:
        with mysql.connect() as connection:
            mysql.execute(
                connection, "DELETE FROM dataflow360.quarantine WHERE dag_id = %s", (other,)
            )


def test_groups_are_counted_the_largest_first(dag_id: str) -> None:
    refuse(dag_id, [b"a"] * 2)
    refuse(dag_id, [b"b"] * 5, kind="y is missing")
    refuse(dag_id, [b"c"], state="dismissed")
    found = [(group.reason_kind, group.count) for group in quarantine.groups("open", {dag_id})]
    assert found == [("y is missing", Count(value=5)), ("x is missing", Count(value=2))]
    assert [group.count.value for group in quarantine.groups("dismissed", {dag_id})] == [1]


def test_counting_ends_at_a_bound(dag_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_OF_GROUP", 3)
    monkeypatch.setattr(quarantine, "MOST_OPEN", 4)
    refuse(dag_id, [b"a"] * 5)
    visible = frozenset({dag_id})
    (group,) = quarantine.groups("open", visible)
    assert group.count == Count(value=3, more=True)
    assert quarantine.open_count(visible) == Count(value=4, more=True)


def test_what_a_user_may_not_see_is_not_there(dag_id: str) -> None:
    (own,) = refuse(dag_id, [b"a"])
    others = frozenset({"another_dag"})
    assert pages(None, 50, others) == []
    assert pages(Group(dag_id), 50, others) == []
    assert quarantine.groups("open", others) == []
    assert quarantine.record(own, others) is None
    assert quarantine.record(own, frozenset({dag_id})).dag_id == dag_id
    assert quarantine.open_count(frozenset()) == Count(value=0)


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_shown_inert_and_whole_within_bounds(dag_id: str, raw: bytes) -> None:
    (own,) = refuse(dag_id, [raw], kind="<b>is</b> \u202e missing"[:120])
    found = quarantine.record(own, None)
    (listed,) = quarantine.page("open", Group(dag_id), None, 50, None).records
    for text in (found.text, found.preview, found.reasons, listed.preview, listed.reasons):
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert found.size == listed.size == len(raw)
    assert len(found.text) <= quarantine.TEXT_CHARACTERS
    assert len(listed.preview) <= quarantine.PREVIEW_CHARACTERS
    assert base64.b64decode(found.raw_base64) == raw[: quarantine.RAW_BYTES]
    assert found.truncated == (len(raw) > quarantine.RAW_BYTES)


def test_a_record_that_is_not_there_is_none() -> None:
    assert quarantine.record(str(uuid.uuid4()), None) is None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """Every statement that the page's modules run."""
    statements: list[tuple[str, tuple[Any, ...]]] = []

    def noting(connection: Any, query: str, parameters: tuple[Any, ...] = ()) -> Any:
        statements.append((query, parameters))
        return mysql.fetch(connection, query, parameters)

    for module in (ledger, quarantine, quotas, weather, landings, watches):
        monkeypatch.setattr(module, "fetch", noting)
    return statements


def test_no_question_reads_a_whole_table(
    dag_id: str, connection: Any, asked: list[tuple[str, tuple[Any, ...]]]
) -> None:
    for kind in range(10):
        refuse(dag_id, [b"a"] * 500, kind=f"column_{kind} is missing")
    for hours in range(1, 200):
        enter(connection, run(dag_id, hours), rows_read=1)
    mysql.fetch(connection, "ANALYZE TABLE dataflow360.quarantine, dataflow360.runs")
    first = quarantine.page("open", None, None, 50, None)
    after = Cursor.of(first.next)
    group = Group(dag_id, "vols", "column_3 is missing")
    for wanted in (None, Group(dag_id), group):
        quarantine.page("open", wanted, after, 50, None)
    quarantine.page("open", None, after, 50, frozenset({dag_id, "synthetic_flights"}))
    quarantine.groups("open", None)
    quarantine.groups("open", frozenset({dag_id}))
    quarantine.open_count(None)
    quarantine.record(first.records[0].quarantine_id, None)
    account(dag_id)
    account(dag_id, cron=None, inputs=((dag_id,),))
    ledger.stream(dag_id, NOW.date())
    weather.newest()
    weather.curves(AIRPORTS["DSS"], NOW)
    assert len(asked) > 20
    for query, parameters in asked:
        for step in explain(connection, query, parameters):
            # What MySQL has made of the answers of inner questions is all read, and is bounded.
            table, extra = step["table"], step["Extra"] or ""
            made = table is None or table.startswith(("<", "some", "newest"))
            assert made or (step["type"] not in {"ALL", "index"} and step["key"]), (query, step)
            # Sums of runs and the names of groups may be sorted, records may not.
            few = table != "quarantine" or "index for group-by" in extra
            assert made or few or "filesort" not in extra, (query, step)


def test_many_sources_are_asked_about_in_as_many_statements_as_one(
    asked: list[tuple[str, tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "watched_since", lambda _, ids: dict.fromkeys(ids, NOW))
    sources = [replace(SOURCE, dag_id=f"test_{number}") for number in range(30)]
    following = [Source(f"derived_{each.dag_id}", None, ((each.dag_id,),)) for each in sources]
    ledger.accounts([sources[0], following[0]], NOW)
    few = len(asked)
    ledger.accounts([*sources, *following], NOW)
    assert len(asked) == 2 * few


def test_the_page_cannot_write_and_no_statement_runs_for_long() -> None:
    with page_mysql.session() as connection:
        with pytest.raises(Exception, match="READ ONLY"):
            mysql.execute(connection, "DELETE FROM dataflow360.runs WHERE dag_id = 'x'")
        begin = time.monotonic()
        with contextlib.suppress(Exception):
            mysql.fetch(connection, "SELECT SLEEP(30)")
        assert time.monotonic() - begin < 10


def test_quotas_are_whole_before_the_first_call_and_say_when_they_renew(connection: Any) -> None:
    (aviationstack,) = quotas.monthly_quotas(datetime(1999, 12, 31, 23, 59, tzinfo=UTC))
    assert (aviationstack.used, aviationstack.left) == (0, aviationstack.allowed)
    assert aviationstack.renews_on == date(2000, 1, 1)


def test_a_quota_that_was_closed_has_no_call_left(connection: Any) -> None:
    mysql.execute(
        connection,
        "REPLACE INTO dataflow360.quotas VALUES ('aviationstack', '1999-11', 100, 40,"
        " UTC_TIMESTAMP(), 'usage_limit_reached')",
    )
    (aviationstack,) = quotas.monthly_quotas(datetime(1999, 11, 1, tzinfo=UTC))
    mysql.execute(connection, "DELETE FROM dataflow360.quotas WHERE period = '1999-11'")
    assert (aviationstack.used, aviationstack.left) == (40, 0)
    assert aviationstack.closed_reason == "usage_limit_reached"


@pytest.fixture
def board() -> Iterator[Callable[[str, bytes | None], None]]:
    """Put values into Redis; what was there before is there again in the end."""
    before: dict[str, bytes | None] = {}
    with redis_store.connect() as client:

        def put(key: str, value: bytes) -> None:
            before.setdefault(key, client.get(key))
            client.set(key, value, ex=600)

        yield put
        for key, value in before.items():
            client.delete(key) if value is None else client.set(key, value)


def departure(**changes: Any) -> dict[str, Any]:
    return {
        "Vol": "HC301", "Code_Compagnie": "HC", "Compagnie": "Air Sénégal", "Heure_Depart": "09:40",
        "Heure_Arrivee": None, "Destination": "CDG", "Pays": "Sénégal", "Aeroport": "DSS",
        "Date_Depart": "2026-11-24", **changes,
    }  # fmt: skip


def test_a_board_has_its_departures_by_time_and_says_when_it_was_read(board: Callable) -> None:
    rows = [departure(Heure_Depart="23:10"), departure(Destination="ZZZ"), departure(Vol="HC1")]
    board("departures:DSS", orjson.dumps(rows))
    board("written:departures:DSS", b"20261124T060000Z-20261124T120000Z|00000000000000000001")
    found = redis.board(AIRPORTS["DSS"])
    assert found.read_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert [flight.flight for flight in found.flights] == ["HC1", "HC301", "HC301"]
    assert found.flights[1].destination_city is None
    assert found.flights[0].destination_city == "Paris"


def test_the_weather_of_a_web_page_ends_now(board: Callable) -> None:
    hours = [NOW - timedelta(days=8), NOW - timedelta(hours=2), NOW + timedelta(hours=5)]
    rows = [
        {
            "ville": "Lomé", "date_observation": f"{hour:%Y-%m-%d}", "heure_observation": hour.hour,
            "temperature": 28.0, "humidite": 70.0, "pression": None, "vitesse_vent": 9.0,
            "direction_vent": None, "precipitations": None, "nebulosite": 20.0,
            "conditions_meteo": "clair",
        }
        for hour in hours
    ]  # fmt: skip
    board("meteo:Lomé", orjson.dumps(rows))
    found = redis.page_curve(AIRPORTS["LFW"], NOW)
    assert [point.at for point in found.points] == [hours[1].replace(minute=0, second=0)]


def test_without_boards_an_airport_has_none(board: Callable) -> None:
    with redis_store.connect() as client:
        client.delete("departures:OXB", "meteo:Bissau")
    assert redis.board(AIRPORTS["OXB"]) is None
    assert redis.page_curve(AIRPORTS["OXB"], NOW) is None


def test_the_limit_of_a_minute_says_what_is_left() -> None:
    (openweather,) = redis.minute_limits()
    assert openweather.source == "openweather"
    assert 0 <= openweather.left <= openweather.allowed == 60


def test_the_cluster_has_every_topic_and_every_message(day: date) -> None:
    before = {topic.name: topic for topic in kafka.cluster().topics}
    run_all(WEATHER, day, airports=["DSS"], rows=5)
    found = kafka.cluster()
    after = {topic.name: topic for topic in found.topics}
    assert found.brokers == 3
    # A transaction ends with a marker in each partition that it has written to.
    grown = after["meteo_synthetique"].messages - before["meteo_synthetique"].messages
    assert grown == 5 + 1
    assert abs(datetime.now(UTC) - after["meteo_synthetique"].newest_at) < timedelta(minutes=5)
    assert {topic.under_replicated for topic in found.topics} == {0}
    assert not [name for name in after if name.startswith("__")]


def test_a_group_lags_by_what_it_has_not_committed(day: date) -> None:
    run_all(WEATHER, day, airports=["LOS"], rows=5)
    name = f"{streams.ID_PREFIX}test-{uuid.uuid4().hex}"
    (topic,) = (each for each in kafka.cluster().topics if each.name == "meteo_synthetique")
    options = json.loads(os.environ["AIRFLOW_CONN_DATAFLOW360_KAFKA"])["extra"]
    consumer = Consumer({**options, "group.id": name, "enable.auto.commit": False})
    try:
        end = max(
            (consumer.get_watermark_offsets(TopicPartition(topic.name, number), 10)[1], number)
            for number in range(topic.partitions)
        )
        place = TopicPartition(topic.name, end[1], end[0] - 2)
        consumer.commit(offsets=[place], asynchronous=False)
    finally:
        consumer.close()
    (group,) = (each for each in kafka.cluster().groups if each.name == name)
    assert group.state == "empty"
    assert group.lag == topic.messages - (end[0] - 2)


def test_delays_are_those_of_the_last_seven_days(day: date) -> None:
    run_all(FLIGHTS, day, airports=["DSS", "LOS"], rows=12)
    found = flights.delays(AIRPORTS["DSS"], day + timedelta(days=6))
    assert (found.first_day, found.last_day) == (day, day)
    assert sum(hour.flights for hour in found.hours) == 12
    assert flights.delays(AIRPORTS["DSS"], day + timedelta(days=8)) is None or (
        flights.delays(AIRPORTS["DSS"], day + timedelta(days=8)).first_day > day
    )
    on_map = flights.departures(day)
    assert on_map["DSS"].flights == on_map["LOS"].flights == 12
    assert on_map["DSS"].delayed == sum(hour.delayed for hour in found.hours)
    assert on_map["DSS"].day == day


def test_the_newest_weather_of_an_airport_is_found(connection: Any) -> None:
    insert = (
        "REPLACE INTO meteo_db.meteo_aeroports VALUES (%s, 'Guinée', 'Conakry', 'CKY', %s, 80,"
        " 1010, 12, NULL, 'pluie', 90, %s, %s, 0, '')"
    )
    later = datetime(2037, 1, 1, 12)  # noqa: DTZ001
    rows = [(later, 30.5, "openweather"), (later - timedelta(hours=1), 29.0, "open-meteo")]
    for at, temperature, provenance in rows:
        values = (at, temperature, provenance, str(uuid.uuid4()))
        mysql.execute(connection, insert, values)
    try:
        found = weather.newest()["CKY"]
        assert (found.temperature, found.provenance) == (30.5, "openweather")
        assert found.at == later.replace(tzinfo=UTC)
        series = weather.curves(AIRPORTS["CKY"], found.at)
        assert [(each.provenance, len(each.points)) for each in series] == [
            ("open-meteo", 1),
            ("openweather", 1),
        ]
        assert weather.curves(AIRPORTS["CKY"], found.at + timedelta(days=8)) == []
    finally:
        mysql.execute(
            connection, "DELETE FROM meteo_db.meteo_aeroports WHERE timestamp > '2036-01-01'"
        )


@pytest.fixture(scope="module")
def state_table(own_region: None) -> None:
    """All that the page needs of AWS."""
    setup.ensure_state_table(path.client("dynamodb"))


def test_the_air_of_a_city_is_that_of_its_item(state_table: None) -> None:
    air._client.cache_clear()
    item = {
        "ville": {"S": "Dakar"}, "timestamp": {"N": "1795500000"}, "aqi": {"N": "2"},
        "pm10": {"N": "41.5"},
    }  # fmt: skip
    path.client("dynamodb").put_item(TableName=names.STATE_TABLE, Item=item)
    found = air.air()
    air._client.cache_clear()
    assert found["DSS"].aqi == 2
    assert found["DSS"].components == {"pm10": 41.5}
    assert set(found) <= set(AIRPORTS)


def test_before_the_table_is_made_the_dag_that_makes_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(air, "STATE_TABLE", "never_made")
    with pytest.raises(FatalError, match="no table never_made yet; run the DAG aws_setup"):
        air.air()


# What is down greys its own part

CONNECTIONS = {
    "mysql": "DATAFLOW360_MYSQL",
    "redis": "DATAFLOW360_REDIS",
    "cassandra": "DATAFLOW360_CASSANDRA",
    "kafka": "DATAFLOW360_KAFKA",
    "dynamodb": "DATAFLOW360_AWS",
}


@pytest.fixture
def silent() -> Iterator[int]:
    """Port of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the time limits to the stores' clients: a machine that is busy is no store's fault."""
    monkeypatch.setattr(asking, "_SECONDS", 60)
    monkeypatch.setattr(asking, "_SLOW_SECONDS", 60)


def forget_clients() -> None:
    for remembered in (kafka._client, flights._session, flights._prepared, air._client):
        remembered.cache_clear()


@pytest.fixture(params=["refuses", "hangs"])
def away(
    request: pytest.FixtureRequest, silent: int, closed: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Put a store at a port where nobody answers."""
    port = closed if request.param == "refuses" else silent

    def move(store: str) -> None:
        name = f"AIRFLOW_CONN_{CONNECTIONS[store]}"
        own = json.loads(os.environ[name])
        match store:
            case "kafka":
                own["extra"]["bootstrap.servers"] = f"127.0.0.1:{port}"
            case "dynamodb":
                own["extra"]["endpoint_url"] = f"http://127.0.0.1:{port}"
            case _:
                own["port"] = port
        monkeypatch.setenv(name, json.dumps(own))

    forget_clients()
    yield move
    forget_clients()


def everything(stores: Stores) -> dict[str, tuple[bool, str | None]]:
    """Every part of the page: whether it is there, and why it is not."""
    source = replace(SOURCE, dag_id="csv_files")
    known = Dags(frozenset({"csv_files"}), (SourceDag(source, paused=False, last_run=None),))

    async def ask() -> tuple[Any, ...]:
        return await asyncio.gather(
            stores.overview(known, known.all_ids),
            stores.kafka(),
            stores.kinesis(),
            stores.map(),
            stores.airport(AIRPORTS["DSS"]),
            stores.quarantine("open", None, None, None, None, 50, None),
            stores.record("4875c3f7-0000-5000-8000-000000000000", None),
        )

    overview, cluster, stream, on_map, airport, page, record = asyncio.run(ask())
    parts = {
        "mysql": [
            overview.ledger, overview.monthly_quotas, overview.open_in_quarantine, stream.stream,
            on_map.weather, airport.weather, airport.curves, page.page,
            *([record.record] if record else []),
        ],
        "redis": [overview.minute_limits, airport.board, airport.page_curve],
        "cassandra": [on_map.departures, airport.delays],
        "kafka": [cluster.cluster],
        "dynamodb": [on_map.air, airport.air],
    }  # fmt: skip
    assert [source.dag_id for source in overview.sources] == ["csv_files"]
    assert len(on_map.airports) == len(AIRPORTS)
    found = {}
    for store, answers in parts.items():
        assert len({part.available for part in answers}) == 1, (store, answers)
        found[store] = (answers[0].available, answers[0].reason)
    return found


def test_every_part_is_there_when_every_store_is(state_table: None, patient: None) -> None:
    forget_clients()
    found = everything(Stores())
    forget_clients()
    assert {store: available for store, (available, _) in found.items()} == dict.fromkeys(
        CONNECTIONS, True
    )


@pytest.mark.parametrize("store", CONNECTIONS)
def test_a_store_that_is_away_greys_its_part_alone_and_in_time(
    store: str, away: Callable[[str], None], state_table: None, patient: None
) -> None:
    away(store)
    begin = time.monotonic()
    found = everything(Stores())
    elapsed = time.monotonic() - begin
    assert {name for name, (available, _) in found.items() if not available} == {store}
    reason = found[store][1]
    assert reason.endswith((".", "again."))
    assert "see whether it is up" in reason
    assert len(reason) < 400
    assert "password" not in reason.lower()
    assert elapsed < 20
