"""Replay and dismissal of quarantine: each event once, nothing older over something newer."""

import getpass
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from airflow.sdk import ObjectStoragePath
from typer.testing import CliRunner

from dataflow360.cli import app as command_line
from dataflow360.clients import mysql, redis
from dataflow360.errors import DataFlowError, FatalError, SkippableError
from dataflow360.pipeline import (
    extraction,
    publishing,
    quarantine,
    quarantine_records,
    reconciling,
    registry,
    staging,
)
from dataflow360.pipeline.chunk import Chunk, Refused
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.quarantine_filter import QuarantineFilter
from dataflow360.pipeline.quarantine_records import Entry
from dataflow360.pipeline.run import Interval, Run, day_interval
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.replay import replaying
from dataflow360.replay.request import ReplayRequest
from dataflow360.sources.csv_files import files
from dataflow360.sources.web import page_text
from tests.integration.killing import Point, run_and_kill
from tests.integration.support import (
    FLIGHTS,
    WEATHER,
    Flow,
    ends,
    explain,
    finish,
    ids_since,
    new_run,
    received_since,
    run_all,
    stored,
)
from tests.unit.sources.test_flight_weather import departure

ROWS = 4  # of 16 airports: 64 rows, of which every fourth is refused
REFUSED = 16
#: A departure as the page's embedded data have it.
FLIGHT_HC2 = orjson.dumps(
    {
        "carrier": {"fs": "HC", "name": "Air Sénégal", "flightNumber": "2"},
        "departureTime": {"time24": "09:40"},
        "airport": {"fs": "CDG"},
    }
)
YESTERDAY = "yesterday's code could not read it"

both = pytest.mark.parametrize("flow", [FLIGHTS, WEATHER], ids=lambda flow: flow.dag_id)


def land(flow: Flow, day: date, good: pa.Table, refused: list[bytes], reason: str = YESTERDAY):
    """Land a batch of rows and of records that are refused; its id."""
    numbers = np.arange(1, good.num_rows + 1)
    entries = [
        Refused(good.num_rows + number, raw, reason) for number, raw in enumerate(refused, start=1)
    ]
    run = new_run(flow, day)
    wanted = Extraction(
        record=flow.record,
        topic=flow.topic,
        source_key=run.interval.key,
        source_name=f"{flow.dag_id} of {day}",
        request="{}",
        fetch=lambda: [Chunk(good, numbers, lambda row: b"", entries)],
    )
    batch_id = extraction.extract(wanted, run, refetch=True)
    return batch_id, run


def raws_of(table: pa.Table) -> list[bytes]:
    return [orjson.dumps(row) for row in table.to_pylist()]


def refuse_some(flow: Flow, day: date) -> str:
    """Load a day of which a fourth is refused, as code did that has been mended since."""
    rows = flow.rows(day, rows=ROWS)
    bad = np.arange(rows.num_rows) % 4 == 0
    batch_id, run = land(
        flow, day, rows.filter(pa.array(~bad)), raws_of(rows.filter(pa.array(bad)))
    )
    finish(batch_id, run)
    return batch_id


def sent(flow: Flow, day: date, start: dict[int, int]) -> dict[str, int]:
    """How often each event of a day was published since then."""
    own = flow.ids(day, rows=ROWS)
    return {name: count for name, count in ids_since(flow.topic, start).items() if name in own}


def replay_run() -> Run:
    return Run("replay_quarantine", f"test__{uuid.uuid4()}", -1, day_interval(date(2026, 11, 1)))


def request(batch_id: str, **params: Any) -> ReplayRequest:
    return ReplayRequest.checked({"batch_id": batch_id, "dry_run": False, **params})


def select(wanted: ReplayRequest, run: Run | None = None, show: Callable = lambda _: None) -> list:
    return replaying.select(wanted, run or replay_run(), "tester", show).groups


def replay(wanted: ReplayRequest, run: Run | None = None) -> int:
    run = run or replay_run()
    return sum(replaying.replay(group, run) for group in select(wanted, run))


def kept(connection: object, batch_id: str) -> list[Entry]:
    wanted = QuarantineFilter(batch_id=batch_id)
    return quarantine_records.find(connection, wanted, state=None)


def states(connection: object, batch_id: str) -> set[str]:
    return {entry.state for entry in kept(connection, batch_id)}


def ledger(connection: object, run: Run) -> list[tuple]:
    return mysql.fetch(
        connection,
        "SELECT state, rows_read, messages_published, reason FROM dataflow360.runs "
        "WHERE run_id = %s",
        (run.run_id,),
    )


@both
def test_what_passes_reaches_store_and_topic_once_and_is_marked(
    flow: Flow, day: date, connection: object
) -> None:
    start = ends(flow.topic)
    batch_id = refuse_some(flow, day)
    assert len(stored(flow, day)) == ROWS * 16 - REFUSED
    run = replay_run()
    assert replay(request(batch_id), run) == REFUSED
    assert set(stored(flow, day)) == flow.ids(day, rows=ROWS)
    assert sent(flow, day, start) == dict.fromkeys(flow.ids(day, rows=ROWS), 1)
    entries = kept(connection, batch_id)
    assert {entry.state for entry in entries} == {"replayed"}
    (replayed_in,) = {entry.replayed_batch_id for entry in entries}
    assert registry.get(connection, replayed_in).dag_id == "replay_quarantine"
    assert ledger(connection, run) == [("reconciled", REFUSED, REFUSED, None)]
    assert select(request(batch_id)) == []


@both
def test_a_run_of_the_source_after_the_replay_finds_nothing_changed(flow: Flow, day: date) -> None:
    replay(request(refuse_some(flow, day)))
    start = ends(flow.topic)
    account = run_all(flow, day, rows=ROWS, refetch=True)
    assert account["rows_unchanged"] == account["rows_read"] == ROWS * 16
    assert not sent(flow, day, start)


def test_a_dry_run_shows_what_would_happen_and_changes_nothing(
    day: date, connection: object
) -> None:
    batch_id = refuse_some(WEATHER, day)
    before, start, shown = kept(connection, batch_id), ends(WEATHER.topic), []
    run = replay_run()
    assert select(ReplayRequest(batch_id=batch_id), run, shown.append) == []
    (table,) = shown
    assert table.endswith(f"{REFUSED} records: {REFUSED} new.")
    assert all(entry.quarantine_id[:13] in table for entry in before)
    assert kept(connection, batch_id) == before
    assert not sent(WEATHER, day, start)
    reason = f"Dry run: {REFUSED} of {REFUSED} records would be replayed; nothing was changed."
    assert ledger(connection, run) == [("skipped", 0, 0, reason)]


def test_what_fails_again_stays_open_once_with_its_new_reason(
    day: date, connection: object
) -> None:
    good = WEATHER.rows(day, rows=1)
    bad = [
        orjson.dumps({**good.slice(0, 1).to_pylist()[0], "humidite": 101}),
        b'{"not": "a row"}',
        b"\xff\x00 no JSON",
    ]
    batch_id, run = land(WEATHER, day, good.slice(1), [*bad, *raws_of(good.slice(0, 1))])
    finish(batch_id, run)
    before = kept(connection, batch_id)
    assert replay(request(batch_id)) == 1
    after = kept(connection, batch_id)
    assert [entry.quarantine_id for entry in after] == [entry.quarantine_id for entry in before]
    assert [(entry.position, entry.state) for entry in after] == [
        (19, "replayed"), (18, "open"), (17, "open"), (16, "open"),
    ]  # fmt: skip
    reasons = [entry.reasons for entry in after]
    assert reasons[0] == YESTERDAY
    assert reasons[1].startswith("the record is not JSON")
    assert reasons[2].startswith("the record lacks the fields")
    assert reasons[3].startswith("humidite is 101;")


def test_nothing_that_passes_is_no_fault(day: date, connection: object) -> None:
    batch_id, run = land(WEATHER, day, WEATHER.rows(day, rows=1), [b"not JSON"])
    finish(batch_id, run)
    run = replay_run()
    assert select(request(batch_id), run) == []
    assert ledger(connection, run) == [("skipped", 0, 0, "None of 1 records passes today's code.")]


def test_a_line_of_a_file_is_parsed_as_its_file_was_written(day: date, tmp_path: Path) -> None:
    lines = [
        f"Sénégal;Dakar;{day};{hour};20,5;80;1012,0;10,0;20;0,0;0;;15,0;Ciel clair"
        for hour in range(3)
    ]
    path = tmp_path / f"{day}.csv"
    header = ";".join(DONNEES_METEO.columns[:14])
    path.write_text("\n".join([header, *lines, ""]), encoding="cp1252")
    file = files.file(ObjectStoragePath(str(path)), path.name)
    (chunk,) = file.fetch()
    late = Refused(4, lines[2].encode("cp1252"), YESTERDAY)
    some = Chunk(chunk.table.slice(0, 2), chunk.positions[:2], chunk.raw, [late])
    run = new_run(Flow("csv_files", DONNEES_METEO, file.topic), day)
    batch_id = extraction.extract(replace(file, fetch=lambda: [some]), run, refetch=False)
    finish(batch_id, run)
    assert replay(request(batch_id)) == 1
    whole = replace(run, run_id=f"test__{uuid.uuid4()}")
    account = finish(extraction.extract(file, whole, refetch=True), whole)
    assert (account["rows_read"], account["rows_unchanged"]) == (3, 3)


def test_a_record_whose_source_cannot_parse_it_again_keeps_its_reason(
    day: date, connection: object
) -> None:
    stranger = Flow("no_such_dag", WEATHER.record, WEATHER.topic)
    batch_id, run = land(stranger, day, WEATHER.rows(day, rows=1), [b"{}"])
    finish(batch_id, run)
    shown: list[str] = []
    assert select(request(batch_id), show=shown.append) == []
    assert "no parser: Records of the DAG no_such_dag" in shown[0]
    assert [entry.reasons for entry in kept(connection, batch_id)] == [YESTERDAY]


def older(flow: Flow, day: date) -> tuple[pa.Table, list[bytes]]:
    """A row, and the bytes of another version of the same event."""
    row = flow.rows(day, rows=1).slice(0, 1)
    name = "temperature" if flow is WEATHER else "distance_vol_km"
    values = row.to_pylist()[0]
    return row, [orjson.dumps({**values, name: values[name] + 1})]


@both
def test_an_old_record_never_replaces_what_came_to_the_store_since(
    flow: Flow, day: date, connection: object
) -> None:
    row, other = older(flow, day)
    batch_id, run = land(flow, day, row, other)
    finish(batch_id, run)
    before, start = stored(flow, day), ends(flow.topic)
    assert select(request(batch_id)) == []
    assert stored(flow, day) == before
    assert not sent(flow, day, start)
    assert [(entry.state, entry.reasons) for entry in kept(connection, batch_id)] == [
        ("open", "the store holds another version of this event")
    ]


@both
def test_what_comes_to_the_store_while_a_replay_is_under_way_stands(
    flow: Flow, day: date, connection: object
) -> None:
    """The replay has landed its batch when a newer version is staged: it gives way."""
    rows = flow.rows(day, rows=1)
    row, other = older(flow, day)
    refused = [*other, *raws_of(rows.slice(1, 1))]
    batch_id, run = land(flow, day, rows.slice(2), refused)
    finish(batch_id, run)
    run = replay_run()
    (group,) = select(request(batch_id), run)
    replayed_in = replaying.extract(group, run)

    finish(*land(flow, day, row, []))
    newer, start = stored(flow, day), ends(flow.topic)
    account = reconciling.reconcile(publishing.publish(staging.stage(replayed_in)), run)
    assert replaying.settle(replayed_in) == 1
    assert (account["rows_new"], account["rows_unchanged"]) == (1, 1)
    assert list(sent(flow, day, start).values()) == [1]
    after = stored(flow, day)
    assert {name: after[name] for name in newer} == newer
    assert [(entry.state, entry.reasons) for entry in kept(connection, batch_id)] == [
        ("replayed", YESTERDAY),
        ("open", "the store holds another version of this event"),
    ]


def test_of_two_versions_in_quarantine_the_newer_is_replayed(day: date, connection: object) -> None:
    row, other = older(WEATHER, day)
    batch_id, run = land(WEATHER, day, WEATHER.rows(day, rows=1).slice(1), [*other, *raws_of(row)])
    finish(batch_id, run)
    assert replay(request(batch_id)) == 1
    assert row.to_pylist()[0]["temperature"] in {
        each["temperature"] for each in stored(WEATHER, day).values()
    }
    assert [(entry.state, entry.reasons) for entry in kept(connection, batch_id)] == [
        ("replayed", YESTERDAY),
        ("open", "a newer record of this event is in quarantine too"),
    ]


def test_what_the_store_holds_already_is_settled_without_a_message(
    day: date, connection: object
) -> None:
    batch_id = refuse_some(WEATHER, day)
    run_all(WEATHER, day, rows=ROWS, refetch=True)
    start = ends(WEATHER.topic)
    assert replay(request(batch_id)) == REFUSED
    assert states(connection, batch_id) == {"replayed"}
    assert not sent(WEATHER, day, start)


@both
def test_replays_at_once_publish_each_event_once(flow: Flow, day: date, connection: object) -> None:
    batch_id = refuse_some(flow, day)
    start, errors, barrier = ends(flow.topic), [], threading.Barrier(3)

    def body() -> None:
        try:
            run = replay_run()
            groups = select(request(batch_id), run)
            barrier.wait()
            for group in groups:
                replaying.replay(group, run)
        except SkippableError:
            pass  # another was so fast that nothing was open any more
        except Exception as error:  # noqa: BLE001 - reported by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=body) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert list(sent(flow, day, start).values()) == [1] * REFUSED
    assert states(connection, batch_id) == {"replayed"}


KILLED = [
    Point("select", "pipeline.quarantine_records:refuse_again", "after"),
    Point("select", "replay.selection:Selection.write", "after"),
    Point("extract", "pipeline.landing:place", "after"),
    Point("extract", "pipeline.registry:register", "after"),
    Point("stage", "pipeline.registry:decide_delta", "after"),
    Point("stage", "pipeline.registry:mark", "before"),
    Point("publish", "streams.kafka:transaction", "inside"),
    Point("publish", "pipeline.publishing:_send", "after"),
    Point("publish", "pipeline.registry:mark", "after"),
    Point("reconcile", "pipeline.ledger:enter", "after"),
    Point("settle", "pipeline.quarantine_records:mark_replayed"),
    Point("settle", "pipeline.quarantine_records:execute", "after"),
    Point("settle", "pipeline.quarantine_records:mark_replayed", "after"),
]


def step(name: str, batch_id: str, given: str, run: Run) -> str:
    """One step of a replay of one group, as its task does it."""
    match name:
        case "select":
            return str(select(request(batch_id), run)[0])
        case "extract":
            return replaying.extract(given, run)
        case "stage":
            return staging.stage(given)
        case "publish":
            return publishing.publish(given)
        case "reconcile":
            reconciling.reconcile(given, run)
            return given
        case _:
            replaying.settle(given)
            return given


@pytest.mark.parametrize("point", KILLED, ids=str)
def test_after_a_kill_the_retry_publishes_nothing_twice_and_leaves_nothing_open(
    point: Point, day: date, connection: object
) -> None:
    batch_id = refuse_some(WEATHER, day)
    run, start, given = replay_run(), ends(WEATHER.topic), ""
    for name in ("select", "extract", "stage", "publish", "reconcile", "settle"):
        if name == point.step:
            run_and_kill(point, step, name, batch_id, given, run)
        given = step(name, batch_id, given, run)
    assert states(connection, batch_id) == {"replayed"}
    assert list(sent(WEATHER, day, start).values()) == [1] * REFUSED
    assert set(stored(WEATHER, day)) == WEATHER.ids(day, rows=ROWS)


def test_another_run_ends_what_a_killed_one_began(day: date, connection: object) -> None:
    batch_id = refuse_some(WEATHER, day)
    run, start = replay_run(), ends(WEATHER.topic)
    (group,) = select(request(batch_id), run)
    point = Point("publish", "streams.kafka:transaction", "inside")
    run_and_kill(point, replaying.replay, group, run)
    assert replay(request(batch_id)) == REFUSED
    assert states(connection, batch_id) == {"replayed"}
    assert list(sent(WEATHER, day, start).values()) == [1] * REFUSED


def test_a_run_that_is_cleared_as_a_whole_changes_nothing(day: date, connection: object) -> None:
    batch_id, run = refuse_some(WEATHER, day), replay_run()
    replay(request(batch_id), run)
    before, start = kept(connection, batch_id), ends(WEATHER.topic)
    assert replay(request(batch_id), run) == 0
    assert kept(connection, batch_id) == before
    assert not sent(WEATHER, day, start)


def test_a_record_that_was_replayed_meanwhile_is_skipped(day: date) -> None:
    batch_id, slow = refuse_some(WEATHER, day), replay_run()
    (group,) = select(request(batch_id), slow)
    replay(request(batch_id))
    with pytest.raises(SkippableError, match=r"another\s+run has replayed or dismissed them"):
        replaying.extract(group, slow)


def test_a_replayed_record_is_open_again_only_when_a_later_batch_refuses_it(
    day: date, connection: object
) -> None:
    first = refuse_some(WEATHER, day)
    replay(request(first))
    quarantine.keep(connection, registry.get(connection, first))
    assert states(connection, first) == {"replayed"}
    rows = WEATHER.rows(day, rows=ROWS)
    bad = np.arange(rows.num_rows) % 4 == 0
    raws = raws_of(rows.filter(pa.array(bad)))
    later, _ = land(WEATHER, day, rows.filter(pa.array(~bad)), raws[:4], "refused once more")
    assert [(entry.state, entry.reasons) for entry in kept(connection, later)] == [
        ("open", "refused once more")
    ] * 4
    assert states(connection, first) == {"replayed"}


def test_records_are_dismissed_with_a_comment_and_stay_so(day: date, connection: object) -> None:
    batch_id = refuse_some(WEATHER, day)
    run = replay_run()
    assert select(request(batch_id, dismiss=" a test of ours ", limit=3), run) == []
    # A retry dismisses the same records, not the next three.
    assert select(request(batch_id, dismiss=" a test of ours ", limit=3), run) == []
    dismissed = [entry for entry in kept(connection, batch_id) if entry.state == "dismissed"]
    assert {(entry.comment, entry.dismissed_by) for entry in dismissed} == {
        ("a test of ours", "tester")
    }
    assert len(dismissed) == 3
    assert ledger(connection, run)[0][3] == "3 records were dismissed by tester: a test of ours"
    assert replay(request(batch_id)) == REFUSED - 3
    quarantine.keep(connection, registry.get(connection, batch_id))
    assert sorted(entry.state for entry in kept(connection, batch_id)) == sorted(
        ["dismissed"] * 3 + ["replayed"] * (REFUSED - 3)
    )


def test_a_dry_run_dismisses_nothing(day: date, connection: object) -> None:
    batch_id, shown = refuse_some(WEATHER, day), []
    wanted = request(batch_id, dismiss="no", dry_run=True)
    assert select(wanted, show=shown.append) == []
    assert shown[0].endswith(f"{REFUSED} records to dismiss.")
    assert states(connection, batch_id) == {"open"}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param({}, 4, id="batch"),
        pytest.param({"record_type": "donnees_meteo"}, 4, id="record-type"),
        pytest.param({"record_type": "vols"}, 0, id="another-record-type"),
        pytest.param({"dag": "synthetic_weather"}, 4, id="dag"),
        pytest.param({"dag": "csv_files"}, 0, id="another-dag"),
        pytest.param({"reason": "100 % SURE"}, 4, id="reason-in-capitals"),
        pytest.param({"reason": "100 _"}, 0, id="no-wildcards"),
        pytest.param({"limit": 2}, 2, id="limit"),
        pytest.param({"since": "2020-01-01"}, 4, id="since"),
        pytest.param({"since": "9999-12-31"}, 0, id="since-the-future"),
        pytest.param({"ids": []}, 0, id="no-ids"),
    ],
)
def test_filters(filters: dict, found: int, day: date, connection: object) -> None:
    batch_id, _ = land(
        WEATHER, day, WEATHER.rows(day, rows=1), [b"1", b"2", b"3", b"4"], "100 % sure it is bad"
    )
    wanted = QuarantineFilter.checked({"batch_id": batch_id, **filters})
    assert len(quarantine_records.find(connection, wanted)) == found
    newest = QuarantineFilter.checked({"batch_id": batch_id, "limit": 1})
    (last,) = quarantine_records.find(connection, newest)
    assert last.position == 20
    named = QuarantineFilter.checked({"ids": [last.quarantine_id]})
    assert quarantine_records.find(connection, named) == [last]
    tomorrow = f"{last.last_seen + timedelta(days=1):%Y-%m-%d}"
    of_tomorrow = QuarantineFilter.checked({"batch_id": batch_id, "since": tomorrow})
    assert quarantine_records.find(connection, of_tomorrow) == []


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        pytest.param({}, "by_time", id="all"),
        pytest.param({"dag": "csv_files"}, "by_dag", id="dag"),
        pytest.param({"record_type": "vols"}, "by_type", id="record-type"),
    ],
)
def test_the_newest_are_found_by_an_index_alone(
    filters: dict, index: str, connection: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million records in quarantine must not be read to find a thousand of them."""
    asked = []
    monkeypatch.setattr(quarantine_records, "fetch", lambda *query: asked.append(query) or [])
    quarantine_records.find(connection, QuarantineFilter.checked(filters))
    ((_, statement, parameters),) = asked
    steps = {step["table"]: step for step in explain(connection, statement, parameters)}
    search, read = steps["quarantine"], steps["record"]
    assert search["key"] == index
    assert "Using index" in search["Extra"]
    assert "filesort" not in search["Extra"]
    assert (read["type"], read["key"]) == ("eq_ref", "PRIMARY")


def test_an_id_may_be_given_by_its_beginning(day: date, connection: object) -> None:
    batch_id = refuse_some(WEATHER, day)
    first = kept(connection, batch_id)[0].quarantine_id
    assert quarantine_records.id_of(connection, first[:13].upper()) == first
    for wrong, sentence in [
        (first[:7], "is no quarantine id"),
        ("%%%%%%%%", "is no quarantine id"),
        ("00000000-0000-5000-8000-00000000000", "No record in quarantine"),
    ]:
        with pytest.raises(FatalError, match=sentence):
            quarantine_records.id_of(connection, wrong)


def test_a_prefix_that_two_records_share_is_refused(connection: object) -> None:
    start = uuid.uuid4().hex[:8]
    for end in ("a", "b"):
        mysql.execute(
            connection,
            "INSERT INTO dataflow360.quarantine (quarantine_id, dag_id, record_type, batch_id, "
            "position, raw, reasons, first_seen, last_seen) VALUES (%s, 'test', 'vols', '', 1, "
            "'', '', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
            (f"{start}-0000-5000-8000-00000000000{end}",),
        )
    with pytest.raises(FatalError, match="More than one record"):
        quarantine_records.id_of(connection, start)
    mysql.execute(connection, "DELETE FROM dataflow360.quarantine WHERE dag_id = 'test'")


@pytest.fixture
def cli() -> Callable[..., str]:
    """Run the command line; what it prints."""

    def run(*words: str) -> str:
        result = CliRunner().invoke(command_line.app, ["quarantine", *words])
        if isinstance(result.exception, DataFlowError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_the_command_line_lists_shows_replays_and_dismisses(
    cli: Callable[..., str], day: date, connection: object
) -> None:
    batch_id = refuse_some(WEATHER, day)
    first, second, *_ = (entry.quarantine_id for entry in kept(connection, batch_id))
    listed = cli("list", "--batch", batch_id)
    assert listed.endswith(f"{REFUSED} records.\n")
    assert first[:13] in listed
    assert YESTERDAY in cli("show", first[:8])
    assert '"provenance":"synthetique"' in cli("show", first)

    assert f"{REFUSED} new." in cli("replay", "--batch", batch_id)
    assert states(connection, batch_id) == {"open"}
    assert cli("dismiss", first, "--comment", "a test of ours") == (
        "1 records dismissed; 0 were not open.\n"
    )
    assert f"by {getpass.getuser()}: a test of ours" in cli("show", first)
    assert "1 records replayed" in cli("replay", second[:13], "--for-real")
    assert f"{REFUSED - 2} records replayed" in cli("replay", "--batch", batch_id, "--for-real")
    assert cli("list", "--batch", batch_id) == "0 records.\n"
    assert cli("list", "--batch", batch_id, "--state", "all").endswith(f"{REFUSED} records.\n")


def test_no_control_character_of_a_record_reaches_the_terminal(
    cli: Callable[..., str], day: date, connection: object
) -> None:
    batch_id, _ = land(
        WEATHER,
        day,
        WEATHER.rows(day, rows=1),
        [b"\x1b[2Jgone\x07"],
        "\x1b]0;title\x07 \u202e[red]",
    )
    (entry,) = kept(connection, batch_id)
    for output in (cli("list", "--batch", batch_id), cli("show", entry.quarantine_id)):
        assert all(letter.isprintable() or letter == "\n" for letter in output)
        assert "\\x1b]0;title\\x07 \\u202e[red]" in output
    assert "1b 5b 32 4a 67 6f 6e 65 07" in cli("show", entry.quarantine_id)


@pytest.mark.parametrize("comment", ["", "  ", "x" * 1001], ids=["empty", "blank", "too-long"])
def test_a_dismissal_needs_a_comment(
    comment: str, cli: Callable[..., str], day: date, connection: object
) -> None:
    batch_id = refuse_some(WEATHER, day)
    first = kept(connection, batch_id)[0].quarantine_id
    with pytest.raises(FatalError, match="The param dismiss is wrong"):
        cli("dismiss", first, "--comment", comment)
    assert states(connection, batch_id) == {"open"}


def test_a_departure_out_of_quarantine_is_published_and_changes_no_board() -> None:
    """A few records are no board: what readers see stays the latest that was read."""
    start = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
    start += timedelta(days=random.randrange(1, 20_000))
    interval = Interval(start, start + timedelta(hours=6))
    shown, lost = (
        departure("DSS", "08:15", Vol=f"HC{n}", Date_Depart=start.date()) for n in (1, 2)
    )
    raw = page_text.kept("DSS", FLIGHT_HC2)
    run = Run("scrape_departures", f"test__{uuid.uuid4()}", -1, interval)
    wanted = Extraction(
        record=DEPARTS_AEROPORTS,
        topic="departs_aeroports",
        source_key=interval.key,
        source_name="a board",
        request="{}",
        fetch=lambda: [
            Chunk(
                pa.Table.from_pylist([shown], DEPARTS_AEROPORTS.arrow_schema),
                np.array([1]),
                lambda row: b"",
                [Refused(2, raw, YESTERDAY)],
            )
        ],
    )
    batch_id = extraction.extract(wanted, run, refetch=False)
    finish(batch_id, run)
    with redis.connect() as client:
        board = client.get("departures:DSS")
        sent_before = ends("departs_aeroports")
        assert replay(request(batch_id)) == 1
        assert client.get("departures:DSS") == board
    assert [flight["Vol"] for flight in orjson.loads(board)] == ["HC1"]
    sent = [orjson.loads(each.value) for each in received_since("departs_aeroports", sent_before)]
    own = [each["Vol"] for each in sent if each["Date_Depart"] == str(start.date())]
    assert own == [lost["Vol"]] == ["HC2"]
