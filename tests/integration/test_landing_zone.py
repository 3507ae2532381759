"""The landing zone in a folder and in a bucket: the same promises, by one setting."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest

from dataflow360.clients import s3 as s3_store
from dataflow360.clients.s3 import ObjectPath
from dataflow360.errors import FatalError, RetriableError
from dataflow360.pipeline import chunk, day_table, extraction, landing, registry, staging
from dataflow360.pipeline import zone as landing_zone
from dataflow360.pipeline.run import Run
from dataflow360.pipeline.zone import ZonePath
from dataflow360.records.vols_meteo import VOLS_METEO
from dataflow360.replay.selection import Group, Selection
from dataflow360.stores.failures import readable_failures
from tests.integration.buckets import bucket, files, keys, land_in, s3, zone
from tests.integration.killing import Point, run_and_kill, small_chunks
from tests.integration.support import (
    FLIGHTS,
    WEATHER,
    Flow,
    ends,
    finish,
    ids_since,
    new_run,
    run_all,
    stored,
)
from tests.integration.test_flight_weather import board, join_day, lone_day
from tests.integration.test_flight_weather import files as day_rows

__all__ = ["bucket", "land_in", "s3", "zone"]

ROWS = 16
KEYS = Group("synthetic_weather", "donnees_meteo", "meteo_synthetique")


def extract(flow: Flow, run: Run, **params: Any) -> str:
    wanted = flow.extraction(run.interval, rows=ROWS, **params)
    return extraction.extract(wanted, run, refetch=False)


# ---- the four steps


@pytest.mark.parametrize("flow", [FLIGHTS, WEATHER], ids=lambda flow: flow.dag_id)
def test_a_day_goes_all_the_way_and_the_second_time_changes_nothing(
    flow: Flow, day: date, zone: ZonePath, s3: Any
) -> None:
    start = ends(flow.topic)
    account = run_all(flow, day, rows=ROWS, bad_share=0.125)
    first = files(zone, s3)
    assert (account["rows_new"], account["rows_quarantined"]) == (ROWS * 14, ROWS * 2)
    assert run_all(flow, day, rows=ROWS, bad_share=0.125) == account
    assert ids_since(flow.topic, start) == dict.fromkeys(stored(flow, day), 1)

    assert files(zone, s3) == first
    (folder,) = {name.rpartition("/")[0] for name in first}
    assert folder.startswith(f"{flow.dag_id}/{new_run(flow, day).interval.key}/")
    delta, refused, valid = (name.rpartition("/")[2] for name in first)
    assert delta.startswith("delta-")
    assert (refused, valid) == ("refused.parquet", "valid.parquet")


@pytest.mark.parametrize("name", ["2026/11/dakar.csv", "météo 1.csv", "a+b=c%.csv"])
def test_a_batch_of_any_name_is_found_again(name: str, zone: ZonePath, chunk_of_flights) -> None:
    written = landing.write_batch(zone, FLIGHTS.record, [chunk_of_flights])
    directory = landing.name_batch(zone, written, "csv_files", name, "b" * 32)
    (rows,) = landing.valid_rows(zone / directory)
    assert rows.select(FLIGHTS.record.columns).equals(chunk_of_flights.table)
    assert not written.folder.exists()


@pytest.fixture
def chunk_of_flights(day: date) -> chunk.Chunk:
    fetched = FLIGHTS.extraction(new_run(FLIGHTS, day).interval, rows=2).fetch()
    found = next(iter(fetched))
    assert isinstance(found, chunk.Chunk)
    return found


# ---- kills


@pytest.fixture
def chunks_of_few_rows() -> Iterator[None]:
    defaults = chunk.regroup.__defaults__
    small_chunks()
    yield
    chunk.regroup.__defaults__ = defaults


KILLED = [
    Point("extract", "pipeline.landing:place"),
    Point("extract", "clients.s3:ObjectPath.upload", "after"),
    Point("extract", "clients.s3:ObjectPath.upload", "before", call=2),
    Point("extract", "pipeline.landing:place", "after"),
    Point("extract", "pipeline.registry:register", "after"),
    Point("stage", "clients.s3:ObjectPath.upload"),
    Point("stage", "clients.s3:ObjectPath.upload", "after"),
    Point("stage", "pipeline.registry:decide_delta", "after"),
    Point("stage", "stores.mysql:MySQLStore.upsert", "before", call=2),
    Point("publish", "clients.s3:ObjectPath.download", "after"),
]


def step(name: str, batch_id: str, run: Run) -> str:
    match name:
        case "extract":
            return extract(WEATHER, run)
        case "stage":
            return staging.stage(batch_id)
        case _:
            finish(batch_id, run)
            return batch_id


@pytest.mark.usefixtures("chunks_of_few_rows")
@pytest.mark.parametrize("point", KILLED, ids=str)
def test_after_a_kill_the_retry_completes_what_lies_in_the_bucket(
    point: Point, day: date, bucket: str, land_in: Any, connection: object
) -> None:
    land_in(f"s3://{bucket}")
    run, start, batch_id = new_run(WEATHER, day), ends(WEATHER.topic), ""
    for name in ("extract", "stage", "publish"):
        if name == point.step:
            run_and_kill(point, step, name, batch_id, run)
            require_whole(connection, run)
        batch_id = step(name, batch_id, run)
    assert ids_since(WEATHER.topic, start) == dict.fromkeys(WEATHER.ids(day, rows=ROWS), 1)
    assert set(stored(WEATHER, day)) == WEATHER.ids(day, rows=ROWS)


def require_whole(connection: Any, run: Run) -> None:
    """What is registered can be read to its end."""
    batch = registry.latest(connection, run.dag_id, run.interval.key)
    if batch is None:
        return
    assert sum(rows.num_rows for rows in landing.valid_rows(batch.folder)) == batch.rows_valid
    if batch.delta_file is not None:
        assert batch.rows_new is not None
        assert sum(rows.num_rows for rows in landing.read_tables(batch.delta)) == batch.rows_new


_UPLOAD = """
import sys
from pathlib import Path
from dataflow360.clients.s3 import ObjectPath
from dataflow360.pipeline.zone import move_folder
move_folder(Path(sys.argv[1]), ObjectPath.of_url(sys.argv[2]))
"""


def test_of_a_file_whose_upload_is_killed_half_way_nothing_is_there(
    bucket: str, tmp_path: Path, s3: Any
) -> None:
    folder, place = tmp_path / "folder", ObjectPath(bucket, "dag/key/batch")
    folder.mkdir()
    content = os.urandom(1 << 20) * 96
    (folder / "valid.parquet").write_bytes(content)
    uploader = subprocess.Popen([sys.executable, "-c", _UPLOAD, folder, str(place)])
    wait_for_part(s3, bucket)
    uploader.kill()
    assert uploader.wait() == -signal.SIGKILL
    assert keys(s3, bucket) == []
    with pytest.raises(FatalError, match=r"batch/valid\.parquet is not in the landing zone"):
        next(landing.valid_rows(place))

    landing_zone.move_folder(folder, place)
    assert not folder.exists()
    with landing_zone.opened(place / "valid.parquet") as copy:
        assert copy.read() == content


def wait_for_part(s3: Any, bucket: str) -> None:
    """Wait until an upload has begun and some of it has arrived."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            with suppress(s3.exceptions.NoSuchUpload):
                parts = s3.list_parts(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
                if parts.get("Parts"):
                    return
        time.sleep(0.005)
    pytest.fail("the upload has not begun, or was over too soon")


# ---- at once


def test_runs_at_once_land_and_publish_once(day: date, zone: ZonePath, s3: Any) -> None:
    start, barrier = ends(WEATHER.topic), threading.Barrier(3)

    def one(_: int) -> dict[str, int]:
        barrier.wait()
        return run_all(WEATHER, day, rows=ROWS)

    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(one, range(3))
    assert others == [first, first]
    assert len(files(zone, s3)) == 3
    assert ids_since(WEATHER.topic, start) == dict.fromkeys(WEATHER.ids(day, rows=ROWS), 1)


def test_a_batch_that_is_placed_again_can_be_read_meanwhile(zone: ZonePath, day: date) -> None:
    def place() -> ZonePath:
        wanted = WEATHER.extraction(new_run(WEATHER, day).interval, rows=ROWS)
        written = landing.write_batch(zone, WEATHER.record, wanted.fetch())
        return zone / landing.name_batch(zone, written, "dag", "key", "b" * 32)

    folder = place()
    rows = pa.concat_tables(landing.valid_rows(folder))
    with ThreadPoolExecutor(2) as pool:
        again = [pool.submit(place) for _ in range(10)]
        while not all(each.done() for each in again):
            assert pa.concat_tables(landing.valid_rows(folder)).equals(rows)
    assert {each.result() for each in again} == {folder}


@pytest.mark.usefixtures("zone")
def test_of_selections_that_are_written_at_once_one_stands() -> None:
    barrier = threading.Barrier(4)

    def choose(number: int) -> None:
        barrier.wait()
        Selection.of("run").write([(f"record-{number}", KEYS)])

    assert not Selection.of("run").exists()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(choose, range(4)))
    (chosen,) = Selection.of("run").all_ids()
    Selection.of("run").write([("late", KEYS)])
    assert Selection.of("run").exists()
    assert Selection.of("run").ids(KEYS) == [chosen]
    assert Selection.of("run").groups() == [str(KEYS)]


@pytest.mark.usefixtures("zone")
def test_a_selection_that_is_not_there_is_named() -> None:
    with pytest.raises(FatalError, match=r"\.parquet is not in the landing zone although its run"):
        Selection.of("run").all_ids()


# ---- the table by day


@pytest.mark.usefixtures("zone")
def test_the_table_by_day_is_replaced_as_a_whole_and_read_as_one() -> None:
    with pytest.raises(FileNotFoundError):
        day_table.dataset(VOLS_METEO)
    days = [lone_day(), lone_day()]
    for each in days:
        board(each, "08:15", "10:30")
        join_day(each)
    assert [[row["heure_depart"] for row in day_rows(day)] for day in days] == [
        ["08:15", "10:30"], ["08:15", "10:30"],
    ]  # fmt: skip
    board(days[0], "09:20", "10:30")
    join_day(days[0])
    assert [row["heure_depart"] for row in day_rows(days[0])] == ["09:20", "10:30"]
    assert day_table.dataset(VOLS_METEO).count_rows() == 4


# ---- what goes wrong


def test_a_batch_that_was_removed_is_named(day: date, zone: ZonePath, s3: Any) -> None:
    batch_id = extract(WEATHER, new_run(WEATHER, day))
    for name in files(zone, s3):
        remove(zone / name, s3)
    with pytest.raises(FatalError, match=rf"{batch_id}/valid\.parquet is not in the landing zone"):
        staging.stage(batch_id)


def remove(place: ZonePath, s3: Any) -> None:
    if isinstance(place, ObjectPath):
        s3.delete_object(Bucket=place.bucket, Key=place.key)
    else:
        place.unlink()


def test_a_bucket_that_is_not_there_is_named(day: date, land_in: Any) -> None:
    zone = land_in("s3://never-made/landing")
    aside = set(landing_zone.aside_folder(zone).iterdir())
    named = "There is no bucket never-made on S3"
    with pytest.raises(FatalError, match=named):
        extract(WEATHER, new_run(WEATHER, day))
    with pytest.raises(FatalError, match=named):
        next(landing.valid_rows(zone / "dag"))
    with pytest.raises(FatalError, match=named):
        Selection.of("run").exists()
    with pytest.raises(FatalError, match=named):
        Selection.of("run").write([])
    assert set(landing_zone.aside_folder(zone).iterdir()) == aside


def test_when_s3_is_away_the_task_tries_again(
    day: date, land_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "AIRFLOW_CONN_DATAFLOW360_AWS"
    away = json.loads(os.environ[name])
    away["extra"] |= {
        "endpoint_url": "http://127.0.0.1:1",
        "config_kwargs": {"retries": {"total_max_attempts": 1}},
    }
    monkeypatch.setenv(name, json.dumps(away))
    s3_store._client.cache_clear()
    zone = land_in("s3://landing")
    try:
        with pytest.raises(RetriableError, match="dataflow360_aws"), readable_failures():
            extract(WEATHER, new_run(WEATHER, day))
        with pytest.raises(RetriableError, match="dataflow360_aws"), readable_failures():
            next(landing.valid_rows(zone / "dag"))
    finally:
        s3_store._client.cache_clear()


# ---- memory


@contextmanager
def peaks() -> Iterator[list[int]]:
    """How much more memory this process takes than before, bytes, looked at again and again."""
    process, over, seen = psutil.Process(), threading.Event(), []
    before = process.memory_info().rss

    def look() -> None:
        while not over.wait(0.01):
            seen.append(process.memory_info().rss - before)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def test_neither_writing_nor_reading_takes_the_memory_of_the_whole_file(zone: ZonePath) -> None:
    table = pa.table({"noise": pa.array([os.urandom(1 << 20) for _ in range(16)], pa.binary())})
    landing.write_tables(zone / "warm.parquet", table.schema, [table] * 2)
    list(landing.read_tables(zone / "warm.parquet"))
    with peaks() as seen:
        landing.write_tables(zone / "large.parquet", table.schema, [table] * 24)
        read = sum(rows.num_rows for rows in landing.read_tables(zone / "large.parquet"))
    assert read == 384  # MiB
    assert len(seen) > 10
    assert max(seen) < 256 << 20
