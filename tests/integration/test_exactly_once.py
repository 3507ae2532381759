"""Whatever is run again, or at once: the same rows, and each version of an event once."""

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import orjson
import pytest
from airflow.sdk import ObjectStoragePath

from dataflow360.clients import mysql
from dataflow360.errors import FatalError
from dataflow360.pipeline import extraction, publishing, registry, staging
from dataflow360.pipeline.run import Run
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.settings import settings
from dataflow360.sources.csv_files import files
from dataflow360.sources.csv_files.formats.weather import WEATHER as WEATHER_FORMAT
from tests.integration.support import (
    FLIGHTS,
    WEATHER,
    Flow,
    ends,
    finish,
    ids_since,
    new_run,
    received_since,
    run_all,
    stored,
)

ROWS = {FLIGHTS: 20, WEATHER: 12}

both = pytest.mark.parametrize("flow", [FLIGHTS, WEATHER], ids=lambda flow: flow.dag_id)


@both
def test_a_run_brings_every_row_to_store_and_topic(flow: Flow, day: date) -> None:
    start = ends(flow.topic)
    account = run_all(flow, day, rows=ROWS[flow])
    expected = ROWS[flow] * 16
    assert account == {
        "rows_read": expected,
        "rows_valid": expected,
        "rows_duplicate": 0,
        "rows_quarantined": 0,
        "rows_new": expected,
        "rows_changed": 0,
        "rows_unchanged": 0,
        "rows_stored": expected,
        "messages_published": expected,
        "rows_failed": 0,
    }
    ids = flow.ids(day, rows=ROWS[flow])
    assert set(stored(flow, day)) == ids
    assert ids_since(flow.topic, start) == dict.fromkeys(ids, 1)


@both
def test_store_topic_and_source_hold_the_same_values(flow: Flow, day: date) -> None:
    start = ends(flow.topic)
    run_all(flow, day, rows=ROWS[flow])
    at_rest = stored(flow, day)
    sent = {
        m.headers["ce_id"].decode(): orjson.loads(m.value)
        for m in received_since(flow.topic, start)
    }
    made = flow.rows(day, rows=ROWS[flow]).to_pylist()
    assert len(made) == len(at_rest) == len(sent)
    key = flow.record.natural_key
    by_key = {tuple(str(row[name]) for name in key): row for row in made}
    for event_id, message in sent.items():
        row = by_key[tuple(str(message[name]) for name in key)]
        kept = at_rest[event_id]
        for name in flow.record.columns:
            assert plain(kept[name]) == plain(row[name]) == message[name], name


@both
def test_the_same_interval_again_changes_nothing(flow: Flow, day: date) -> None:
    run = new_run(flow, day)
    first = run_all(flow, day, run=run, rows=ROWS[flow])
    before, start = stored(flow, day), ends(flow.topic)
    cleared = run_all(flow, day, run=run, rows=ROWS[flow])
    another = run_all(flow, day, rows=ROWS[flow])
    assert first == cleared == another
    assert stored(flow, day) == before
    assert not ids_since(flow.topic, start)


@both
def test_refetching_more_rows_publishes_just_the_difference(flow: Flow, day: date) -> None:
    few, many = ROWS[flow] // 2, ROWS[flow]
    run_all(flow, day, rows=few)
    start = ends(flow.topic)
    account = run_all(flow, day, rows=many, refetch=True)
    difference = flow.ids(day, rows=many) - flow.ids(day, rows=few)
    assert ids_since(flow.topic, start) == dict.fromkeys(difference, 1)
    assert account["rows_new"] == len(difference)
    assert set(stored(flow, day)) == flow.ids(day, rows=many)


@both
def test_refetching_fewer_rows_deletes_nothing(flow: Flow, day: date) -> None:
    run_all(flow, day, rows=ROWS[flow])
    before, start = stored(flow, day), ends(flow.topic)
    account = run_all(flow, day, rows=ROWS[flow] // 2, refetch=True)
    assert account["rows_unchanged"] == account["rows_valid"] == ROWS[flow] // 2 * 16
    assert stored(flow, day) == before
    assert not ids_since(flow.topic, start)


@both
def test_the_same_interval_at_once(flow: Flow, day: date) -> None:
    start = ends(flow.topic)
    accounts = at_once(4, lambda: run_all(flow, day, rows=ROWS[flow]))
    assert all(account == accounts[0] for account in accounts)
    assert ids_since(flow.topic, start) == dict.fromkeys(flow.ids(day, rows=ROWS[flow]), 1)


@both
def test_overlapping_batches_at_once_publish_each_version_once(flow: Flow, day: date) -> None:
    """Two runs of one interval with different params: different batches over the same events."""
    start = ends(flow.topic)
    many = ROWS[flow]
    at_once(
        3,
        lambda number: run_all(flow, day, rows=many - number, refetch=True),
        numbered=True,
    )
    union = set.union(*(flow.ids(day, rows=many - number) for number in range(3)))
    assert ids_since(flow.topic, start) == dict.fromkeys(union, 1)
    assert set(stored(flow, day)) == union


def test_content_that_goes_back_is_published_again(day: date) -> None:
    """A, B, A are three batches, and the topic ends at A."""
    start = ends("meteo_historique")
    accounts = [load_weather_file(day, temperature) for temperature in (20.5, 31.0, 20.5)]
    assert [(a["rows_new"], a["rows_changed"]) for a in accounts] == [(1, 0), (0, 1), (0, 1)]
    sent = [orjson.loads(m.value)["temperature"] for m in received_since("meteo_historique", start)]
    assert sent == [20.5, 31.0, 20.5]


def test_what_an_earlier_batch_left_behind_is_finished_in_its_order(day: date) -> None:
    """A batch whose run died before publishing is published by the next, and before it."""
    start = ends("meteo_historique")
    abandoned, _ = land_weather_file(day, 20.5)
    staging.stage(abandoned)
    load_weather_file(day, 31.0)
    sent = [orjson.loads(m.value)["temperature"] for m in received_since("meteo_historique", start)]
    assert sent == [20.5, 31.0]
    publishing.publish(abandoned)
    assert len(received_since("meteo_historique", start)) == 2


def test_a_decided_delta_is_applied_by_whoever_comes_next(
    day: date, connection: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that died between deciding its delta and writing it keeps its place in the order."""
    abandoned, _ = land_weather_file(day, 20.5)
    with monkeypatch.context() as patched:
        patched.setattr(staging, "_apply", _fail)
        with pytest.raises(ConnectionError):
            staging.stage(abandoned)
    assert not registry.get(connection, abandoned).staged
    account = load_weather_file(day, 20.5, name="copy.csv")
    assert (account["rows_new"], account["rows_unchanged"]) == (0, 1)
    assert registry.get(connection, abandoned).staged


@both
def test_bad_rows_are_in_quarantine_with_their_bytes_and_the_rest_goes_on(
    flow: Flow, day: date, connection: object
) -> None:
    run = new_run(flow, day)
    account = run_all(flow, day, run=run, rows=ROWS[flow], bad_share=0.25)
    bad = ROWS[flow] * 16 // 4
    assert (account["rows_quarantined"], account["rows_valid"]) == (bad, bad * 3)
    kept = quarantined(connection, run)
    assert len(kept) == bad
    for raw, reasons, state in kept:
        assert set(orjson.loads(raw)) == set(flow.record.columns)
        assert reasons
        assert state == "open"
    run_all(flow, day, rows=ROWS[flow], bad_share=0.25)
    assert quarantined(connection, run) == kept


@both
def test_more_bad_rows_than_allowed_fail_the_run_before_anything_is_staged(
    flow: Flow, day: date, connection: object
) -> None:
    run, start = new_run(flow, day), ends(flow.topic)
    with pytest.raises(FatalError, match=r"are refused, more than the share of 0\.5"):
        run_all(flow, day, run=run, rows=ROWS[flow], bad_share=0.75)
    assert not stored(flow, day)
    assert not ids_since(flow.topic, start)
    assert len(quarantined(connection, run)) == ROWS[flow] * 16 * 3 // 4


def test_duplicates_in_a_file_are_counted_and_the_last_stands(day: date) -> None:
    account = load_weather_file(day, 20.5, 21.5, 22.5)
    assert (account["rows_read"], account["rows_valid"], account["rows_duplicate"]) == (3, 1, 2)
    with mysql.connect() as connection:
        found = mysql.fetch(
            connection,
            "SELECT temperature FROM meteo_db.donnees_meteo "
            "WHERE date_observation = %s AND provenance = 'fichier'",
            (day,),
        )
    assert found == [(22.5,)]


def plain(value: object) -> object:
    """A value as JSON has it, whatever the store's driver makes of dates."""
    return value if value is None or isinstance(value, int | float | str) else str(value)


def quarantined(connection: object, run: Run) -> list[tuple[bytes, str, str]]:
    return mysql.fetch(
        connection,
        "SELECT raw, reasons, state FROM dataflow360.quarantine "
        "JOIN dataflow360.batches USING (batch_id) WHERE run_id = %s ORDER BY quarantine_id",
        (run.run_id,),
    )


def land_weather_file(day: date, *temperatures: float, name: str = "observations.csv") -> tuple:
    inbox = Path(settings().inbox)
    lines = [
        f"Sénégal,Dakar,{day},6,{temperature},80,1012.0,10.0,20,0.0,0,,15.0,Ciel clair"
        for temperature in temperatures
    ]
    path = inbox / f"{day}-{name}"
    path.write_text("\n".join([",".join(WEATHER_FORMAT.header), *lines, ""]), encoding="utf-8")
    run = new_run(Flow("csv_files", DONNEES_METEO, "meteo_historique"), day)
    return extraction.extract(
        files.file(ObjectStoragePath(path), path.name), run, refetch=False
    ), run


def load_weather_file(day: date, *temperatures: float, name: str = "observations.csv") -> dict:
    return finish(*land_weather_file(day, *temperatures, name=name))


def at_once(times: int, work: Callable[..., dict], *, numbered: bool = False) -> list[dict]:
    """Run the same work in several threads that start together."""
    barrier, results, errors = threading.Barrier(times), [], []

    def body(number: int) -> None:
        barrier.wait()
        try:
            results.append(work(number) if numbered else work())
        except Exception as error:  # noqa: BLE001 - reported by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=body, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    return results


def _fail(*_: object) -> None:
    raise ConnectionError("the process died here")
