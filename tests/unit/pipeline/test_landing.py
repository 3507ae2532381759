"""A batch is written aside, counted, and appears whole under its name or not at all."""

import os
import shutil
import time
from itertools import batched
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflow360.errors import FatalError
from dataflow360.pipeline import landing
from dataflow360.pipeline.chunk import CHUNK_ROWS, Refused
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import CONTENT_HASH
from dataflow360.records.identity import content_hashes, event_ids

VOLS, WEATHER = RECORD_TYPES["vols"], RECORD_TYPES["donnees_meteo"]


@pytest.fixture
def zone(tmp_path) -> Path:
    return tmp_path / "zone"


@pytest.fixture
def flights(made_rows) -> pa.Table:
    return made_rows["vols"].slice(0, 40).combine_chunks()


@pytest.fixture
def write(zone, chunk_of):
    """Write tables as one batch, each as a chunk of its own."""

    def write(*tables: pa.Table, record=VOLS, refused: list[Refused] | None = None):
        starts = [1 + sum(t.num_rows for t in tables[:n]) for n in range(len(tables))]
        chunks = [chunk_of(table, start) for table, start in zip(tables, starts, strict=True)]
        if refused:
            chunks[0] = chunk_of(tables[0], 1, refused)
        return landing.write_batch(zone, record, chunks)

    return write


def incomplete(zone: Path) -> list[Path]:
    return list((zone / ".incomplete").iterdir())


def rows_of(folder: Path) -> pa.Table:
    return pa.concat_tables(landing.valid_rows(folder))


def refused_of(folder: Path) -> list[Refused]:
    return [entry for entries in landing.refused_records(folder) for entry in entries]


def counts(written: landing.Written) -> tuple[int, int, int, int]:
    return (
        written.rows_read, written.rows_valid, written.rows_duplicate, written.rows_quarantined,
    )  # fmt: skip


def test_valid_rows_are_kept_in_order_with_id_and_hash(write, flights):
    written = write(flights)
    rows = rows_of(written.folder)
    assert counts(written) == (40, 40, 0, 0)
    assert rows.schema == landing.row_schema(VOLS)
    assert rows.select(VOLS.columns).equals(flights)
    assert rows["event_id"].combine_chunks().equals(event_ids(VOLS, flights))
    assert rows[CONTENT_HASH].combine_chunks().equals(content_hashes(VOLS, flights))
    assert refused_of(written.folder) == []


def test_what_the_contract_refuses_is_kept_with_its_bytes_position_and_reason(
    write, flights, edited
):
    bad = edited(edited(flights, 7, retard_min=9_999), 31, destination=None)
    written = write(bad.slice(0, 20), bad.slice(20))
    assert counts(written) == (40, 38, 0, 2)
    first, second = refused_of(written.folder)
    assert (first.position, first.reason) == (8, "retard_min is 9999; -30 to 1440 min is wanted")
    assert (second.position, second.reason) == (32, "destination is missing")
    assert orjson.loads(first.raw)["retard_min"] == 9_999
    assert orjson.loads(second.raw)["numero_vol"] == bad["numero_vol"][31].as_py()
    assert rows_of(written.folder).num_rows == 38


def test_what_the_parser_refuses_is_kept_as_it_is(write, flights):
    refused = [Refused(41, b"\xff\x00,\r", "not UTF-8"), Refused(42, b"", "empty")]
    written = write(flights, refused=refused)
    assert counts(written) == (42, 40, 0, 2)
    assert refused_of(written.folder) == refused


def test_the_last_row_of_an_event_supersedes_the_others(write, flights, edited):
    again = edited(flights.slice(0, 5), 2, retard_min=-3)
    written = write(flights.slice(0, 10), again, flights.slice(10))
    assert counts(written) == (45, 40, 5, 0)
    rows = rows_of(written.folder)
    expected = pa.concat_tables([flights.slice(5, 5), again, flights.slice(10)])
    assert rows.select(VOLS.columns).equals(expected.combine_chunks())


def test_a_row_that_is_refused_supersedes_none(write, flights, edited):
    worse = edited(flights.slice(0, 1), 0, retard_min=9_999)
    written = write(flights, worse)
    assert counts(written) == (41, 40, 0, 1)
    assert rows_of(written.folder).select(VOLS.columns).equals(flights)


def test_duplicates_are_found_across_row_groups(fake_day, write):
    airports = ["DSS", "ABJ", "LOS", "ACC", "COO", "LFW", "BKO", "OUA", "NIM", "CKY", "ROB"]
    tables = [fake_day(code) for code in airports]
    written = write(*tables, tables[0])
    assert counts(written) == (60_000, 55_000, 5_000, 0)
    groups = [table.num_rows for table in landing.valid_rows(written.folder)]
    assert groups == [CHUNK_ROWS, 5_000]
    expected = pa.concat_tables([*tables[1:], tables[0]])["numero_vol"]
    assert rows_of(written.folder)["numero_vol"].to_pylist() == expected.to_pylist()


@pytest.fixture(scope="module")
def fake_day():
    from datetime import date

    from faker import Faker

    from dataflow360.faker_providers import FlightProvider

    fake = Faker()
    fake.add_provider(FlightProvider)
    return lambda airport: fake.flights(airport, date(2026, 11, 1), rows=5_000)


def test_a_batch_may_be_refused_as_a_whole(write, flights, edited):
    bad = flights
    for row in range(3):
        bad = edited(bad, row, compagnie=None)
    written = write(bad.slice(0, 3))
    assert counts(written) == (3, 0, 0, 3)
    assert list(landing.valid_rows(written.folder)) == []
    assert len(refused_of(written.folder)) == 3


def test_a_source_may_deliver_nothing(write, zone):
    written = landing.write_batch(zone, VOLS, [])
    assert counts(written) == (0, 0, 0, 0)
    assert list(landing.valid_rows(written.folder)) == []


def test_read_is_valid_duplicate_and_refused(write, flights, edited):
    bad = edited(flights, 3, mois=None)
    written = write(bad, flights, refused=[Refused(1, b"x", "no")])
    assert counts(written) == (81, 40, 39, 2)
    assert written.rows_read == sum(counts(written)[1:])


class GoneError(Exception):
    """What a source may raise."""


@pytest.mark.parametrize("error", [GoneError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_of_a_batch_that_breaks_off(error, zone, flights, chunk_of):
    def chunks():
        yield chunk_of(flights)
        raise error

    with pytest.raises(error):
        landing.write_batch(zone, VOLS, chunks())
    assert incomplete(zone) == []


def test_a_table_of_another_form_leaves_nothing_either(write, zone, made_rows):
    with pytest.raises(FatalError):
        write(made_rows["donnees_meteo"])
    assert incomplete(zone) == []


def test_the_same_content_has_the_same_digest(write, flights):
    assert write(flights).content_digest == write(flights).content_digest


@pytest.mark.parametrize("size", [1, 7, 39])
def test_the_digest_does_not_depend_on_the_chunks(size, write, flights, edited):
    rows = edited(edited(flights, 3, retard_min=9_999), 20, destination=None)
    pieces = [rows.slice(start, size) for start in range(0, rows.num_rows, size)]
    assert write(*pieces).content_digest == write(rows).content_digest


def changes(flights, edited):
    return {
        "a value": edited(flights, 5, retard_min=-4),
        "an event": edited(flights, 5, numero_vol="ZZ999"),
        "a row less": flights.slice(1),
        "the order": flights.take(pa.array([1, 0, *range(2, 40)])),
        "a refused row": edited(flights, 5, retard_min=9_999),
        "another refused row": edited(flights, 5, retard_min=9_998),
    }


def test_any_other_content_has_another_digest(write, flights, edited):
    contents = changes(flights, edited)
    digests = {name: write(table).content_digest for name, table in contents.items()}
    digests["as it was"] = write(flights).content_digest
    assert len(set(digests.values())) == len(digests)
    assert all(len(digest) == 64 and int(digest, 16) for digest in digests.values())


def test_a_batch_is_whole_under_its_name(write, zone, flights):
    written = write(flights)
    assert [path.name for path in incomplete(zone)] == [written.folder.name]
    directory = landing.name_batch(zone, written, "synthetic_flights", "20261101T000000Z", "b" * 32)
    assert directory == f"synthetic_flights/20261101T000000Z/{'b' * 32}"
    assert sorted(path.name for path in (zone / directory).iterdir()) == [
        "refused.parquet", "valid.parquet",
    ]  # fmt: skip
    assert incomplete(zone) == []
    assert rows_of(zone / directory).num_rows == 40


@pytest.mark.parametrize(
    ("source_key", "folder"),
    [
        ("2026/11/dakar.csv", "2026%2F11%2Fdakar.csv"),
        ("météo 1.csv", "m%C3%A9t%C3%A9o%201.csv"),
        ("../../etc/x.csv", "..%2F..%2Fetc%2Fx.csv"),
    ],
)
def test_any_name_of_a_file_makes_one_folder(source_key, folder, write, zone, flights):
    directory = landing.name_batch(zone, write(flights), "csv_files", source_key, "b" * 32)
    assert directory == f"csv_files/{folder}/{'b' * 32}"
    assert (zone / directory / "valid.parquet").is_file()


def test_the_first_batch_of_a_name_stands(write, zone, flights):
    first = landing.name_batch(zone, write(flights), "dag", "key", "b" * 32)
    (zone / first / "delta-1.parquet").touch()
    second = landing.name_batch(zone, write(flights), "dag", "key", "b" * 32)
    assert first == second
    assert (zone / first / "delta-1.parquet").exists()
    assert incomplete(zone) == []


def test_a_batch_that_cannot_be_named_is_an_error(write, zone, flights):
    written = write(flights)
    (zone / "dag" / "key").mkdir(parents=True)
    (zone / "dag" / "key" / ("b" * 32)).write_text("a file where the folder goes")
    with pytest.raises(OSError, match="b" * 32):
        landing.name_batch(zone, written, "dag", "key", "b" * 32)
    assert written.folder.is_dir()


def test_a_batch_that_is_not_wanted_is_removed(write, zone, flights):
    landing.discard(write(flights))
    assert incomplete(zone) == []


def test_what_killed_runs_left_is_swept_after_a_day(write, zone, flights):
    folders = {hours: zone / ".incomplete" / f"{hours}h" for hours in (1, 23, 25, 1000)}
    for hours, folder in folders.items():
        folder.mkdir(parents=True)
        (folder / "valid.parquet").write_bytes(b"PAR1")
        moment = time.time() - hours * 3600
        os.utime(folder, (moment, moment))
    written = write(flights)
    assert {path.name for path in incomplete(zone)} == {"1h", "23h", written.folder.name}


def test_a_batch_that_was_removed_by_hand_is_named(write, zone, flights):
    directory = landing.name_batch(zone, write(flights), "dag", "key", "b" * 32)
    shutil.rmtree(zone / directory)
    with pytest.raises(FatalError, match=rf"{'b' * 32}/valid\.parquet is not in the landing zone"):
        next(landing.valid_rows(zone / directory))


def test_tables_come_back_by_row_group(tmp_path, flights):
    path = tmp_path / "rows.parquet"
    pieces = [flights.slice(start, 15) for start in (0, 15, 30)]
    landing.write_tables(path, flights.schema, pieces)
    assert [table.num_rows for table in landing.read_tables(path)] == [15, 15, 10]
    assert pa.concat_tables(landing.read_tables(path)).equals(flights)
    assert pq.ParquetFile(path).metadata.num_row_groups == 3


def test_an_empty_delta_can_be_written_and_read(tmp_path):
    path = tmp_path / "delta.parquet"
    landing.write_tables(path, landing.delta_schema(VOLS), [])
    assert list(landing.read_tables(path)) == []
    assert pq.read_schema(path).names == [*VOLS.columns, "event_id", CONTENT_HASH, "change"]


def test_weather_is_landed_as_flights_are(write, made_rows):
    weather = made_rows["donnees_meteo"]
    pieces = [
        pa.Table.from_batches(some) for some in batched(weather.to_batches(), 10, strict=False)
    ]
    written = write(*pieces, record=WEATHER)
    assert counts(written) == (384, 384, 0, 0)
    assert rows_of(written.folder).select(WEATHER.columns).equals(weather)
