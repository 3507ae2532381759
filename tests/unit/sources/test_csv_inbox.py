"""The inbox, in a folder and in an object store: what is taken from it, and what is left alone."""

import gzip
import logging
import threading
from collections.abc import Iterator

import fsspec
import orjson
import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach

from dataflow360.errors import FatalError, RetriableError
from dataflow360.pipeline import landing
from dataflow360.settings import settings
from dataflow360.sources.csv_files import files, inbox
from dataflow360.sources.csv_files.formats.weather import WEATHER
from tests.unit.sources.csv_lines import GOOD

CONTENT = f"{','.join(WEATHER.header)}\n{GOOD['donnees_meteo']}\n".encode()


@pytest.fixture(params=["folder", "object-store"])
def store(request, tmp_path, monkeypatch) -> Iterator[ObjectStoragePath]:
    """An inbox that is a folder, or lies where there are no local paths."""
    monkeypatch.setattr(inbox, "_SECONDS_BETWEEN_LOOKS", 0.0)
    if request.param == "folder":
        root = ObjectStoragePath(tmp_path / "inbox")
        root.mkdir()
        yield root
        return
    memory = fsspec.filesystem("memory")
    attach("memory", fs=memory)
    monkeypatch.setenv("DATAFLOW360_INBOX", "memory://inbox")
    settings.cache_clear()
    root = ObjectStoragePath("memory://inbox")
    root.mkdir()
    yield root
    memory.rm("/inbox", recursive=True)


def put(root: ObjectStoragePath, name: str, content: bytes = CONTENT) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)


def test_files_are_named_by_their_place_in_the_inbox(store):
    for name in ("b.csv", "a.CSV", "2026/11/c.csv.gz", "d.zip"):
        put(store, name)
    found = files.unloaded("csv_files", everything=True)
    assert found == ["2026/11/c.csv.gz", "a.CSV", "b.csv", "d.zip"]
    assert all(inbox.path_of(name).exists() for name in found)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("notes.txt", "its name does not end in .csv, .csv.gz, .zip"),
        ("a.csv.part", "its name says that it is still being written"),
        ("a.csv.partial", "its name says that it is still being written"),
        ("a.csv.tmp", "its name says that it is still being written"),
        ("a.zip.crdownload", "its name says that it is still being written"),
        (".a.csv", "it is hidden"),
        (".trash/a.csv", "it is hidden"),
    ],
)
def test_another_file_is_left_alone_with_the_reason(store, name, reason, caplog):
    put(store, name)
    put(store, "good.csv")
    with caplog.at_level(logging.INFO):
        assert files.unloaded("csv_files", everything=True) == ["good.csv"]
    assert f"{name} is left alone: {reason}" in caplog.messages


@pytest.mark.parametrize("change", ["grows", "is-replaced", "goes"])
def test_a_file_that_changes_between_two_looks_is_left_alone(store, change, monkeypatch, caplog):
    put(store, "growing.csv")
    put(store, "whole.csv")

    def meanwhile(_: float) -> None:
        if change == "goes":
            (store / "growing.csv").unlink()
        else:
            put(store, "growing.csv", CONTENT * 2 if change == "grows" else CONTENT[::-1])

    monkeypatch.setattr(inbox.time, "sleep", meanwhile)
    with caplog.at_level(logging.INFO):
        assert files.unloaded("csv_files", everything=True) == ["whole.csv"]
    assert "growing.csv is left alone: it is still being written" in caplog.messages


def test_two_looks_are_two_seconds_apart(tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr(inbox.time, "sleep", slept.append)
    put(ObjectStoragePath(tmp_path / "inbox"), "a.csv")
    inbox.complete_files()
    assert slept == [2.0]


def test_an_inbox_that_is_empty_or_not_there_yet_has_no_files_and_needs_no_second_look(monkeypatch):
    monkeypatch.setattr(inbox.time, "sleep", pytest.fail)
    assert files.unloaded("csv_files", everything=False) == []


def test_a_file_is_read_where_it_lies(store, root):
    for name in ("meteo_abidjan.zip", "passagers_dakar.csv", "tarifs_afrique_ouest.csv.gz"):
        put(store, name, (root / "samples" / name).read_bytes())
        extraction = files.file(inbox.path_of(name), name)
        assert orjson.loads(extraction.request)["sha256"] == inbox.digest(inbox.path_of(name))
        assert sum(chunk.table.num_rows for chunk in extraction.fetch()) > 20
        assert (extraction.source_key, extraction.source_name) == (name, name)


def test_a_file_is_known_by_its_content(store):
    put(store, "a.csv")
    put(store, "b.csv")
    put(store, "c.csv", CONTENT + CONTENT.splitlines()[1] + b"\n")
    first, same, other = (
        files.file(inbox.path_of(name), name).request for name in ("a.csv", "b.csv", "c.csv")
    )
    assert first == same
    assert first != other


@pytest.mark.parametrize("pack", [False, True], ids=["plain", "gzip"])
def test_a_file_that_changes_while_it_is_loaded_leaves_nothing(store, pack, tmp_path):
    name = "a.csv.gz" if pack else "a.csv"
    written = gzip.compress if pack else bytes
    put(store, name, written(CONTENT))
    extraction = files.file(inbox.path_of(name), name)
    put(store, name, written(CONTENT.replace(b"26.5", b"27.5")))
    zone = tmp_path / "zone"
    with pytest.raises(RetriableError, match=f"{name} has changed while it was read"):
        landing.write_batch(zone, extraction.record, extraction.fetch())
    assert not [path for path in zone.rglob("*") if path.is_file()]


def test_no_thread_and_no_file_is_left_when_reading_is_given_up(store, monkeypatch):
    monkeypatch.setattr("dataflow360.sources.csv_files.blocks.BLOCK_BYTES", 100)
    put(store, "a.csv", CONTENT + CONTENT.splitlines()[1] * 50 + b"\n")
    before = threading.active_count()
    chunks = files.file(inbox.path_of("a.csv"), "a.csv").fetch()
    next(iter(chunks))
    chunks.close()
    assert threading.active_count() == before


def test_a_file_that_is_gone_is_named(store):
    with pytest.raises(FatalError, match=r"The file 2026/dakar\.csv is not there"):
        files.file(inbox.path_of("2026/dakar.csv"), "2026/dakar.csv")


def test_an_inbox_on_s3_is_reached_by_the_projects_connection(monkeypatch):
    monkeypatch.setenv(
        "AIRFLOW_CONN_DATAFLOW360_AWS",
        orjson.dumps(
            {
                "conn_type": "aws", "login": "key", "password": "not-a-secret",
                "extra": {"region_name": "eu-west-1", "endpoint_url": "http://127.0.0.1:1"},
            }
        ).decode(),
    )  # fmt: skip
    monkeypatch.setenv("DATAFLOW360_INBOX", "s3://inbox/csv")
    settings.cache_clear()
    path = inbox.path_of("a.csv")
    assert (path.conn_id, path.protocol, path.path) == (
        "dataflow360_aws", "s3", "inbox/csv/a.csv",
    )  # fmt: skip
    assert path.fs.endpoint_url == "http://127.0.0.1:1"
