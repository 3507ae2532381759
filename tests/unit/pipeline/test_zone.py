"""A file of the landing zone is there whole or not at all, and the bucket's sentences are clear."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from dataflow360.clients import s3
from dataflow360.clients.s3 import ObjectPath
from dataflow360.errors import FatalError, RetriableError
from dataflow360.pipeline import landing, zone
from dataflow360.records.vols import VOLS
from dataflow360.stores.failures import readable_failures

OBJECT = ObjectPath("landing", "prefix/dag/valid.parquet")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/srv/landing", Path("/srv/landing")),
        (".stack/demo/landing", Path(".stack/demo/landing")),
        ("s3://landing", ObjectPath("landing", "")),
        ("s3://my-landing.zone/", ObjectPath("my-landing.zone", "")),
        ("s3://landing/a/b", ObjectPath("landing", "a/b")),
        ("s3://landing//a/b/", ObjectPath("landing", "a/b")),
    ],
)
def test_the_zone_is_a_folder_or_a_bucket(
    text: str, place: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW360_LANDING", text)
    assert zone.landing_zone() == place


def test_objects_are_joined_as_files_are() -> None:
    root = ObjectPath("landing", "")
    assert root / "dag" / Path("key/batch") == ObjectPath("landing", "dag/key/batch")
    assert str(ObjectPath("landing", "prefix") / "a.parquet") == "s3://landing/prefix/a.parquet"
    assert (OBJECT.name, OBJECT.parent.name) == ("valid.parquet", "dag")
    assert OBJECT.parent.parent.parent == root


# ---- files


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "new folder" / "file"
    for content in (b"old", b"new"):
        with zone.replacing(place) as file:
            file.write(content)
    assert place.read_bytes() == b"new"
    with pytest.raises(KeyboardInterrupt):
        break_off(place)
    assert place.read_bytes() == b"new"
    assert list(place.parent.iterdir()) == [place]


def break_off(place: Path) -> None:
    with zone.replacing(place) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_of_several_that_create_a_file_one_does(tmp_path: Path) -> None:
    place = tmp_path / "new folder" / "file"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: zone.create(place, b"%d" % number), range(8)))
    assert made.count(True) == 1
    assert place.read_bytes() == b"%d" % made.index(True)
    assert list(place.parent.iterdir()) == [place]


def test_what_is_to_be_uploaded_is_written_where_the_user_alone_may_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    monkeypatch.setattr(zone, "_SCRATCH", scratch)
    root = ObjectPath("landing", "")
    left = zone.aside_folder(root) / "left by a killed run"
    left.mkdir()
    os.utime(left, (0, time.time() - 90_000))
    written = landing.write_batch(root, VOLS, [])
    assert scratch.stat().st_mode & 0o777 == 0o700
    assert list(scratch.iterdir()) == [written.folder]


# ---- what S3 answers


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """A real client that is given the answers of S3, so that no server is needed for them."""
    client = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="not-a-secret"
    )
    monkeypatch.setattr(s3, "_client", lambda: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


CALLS: dict[str, tuple[str, Callable[[], object]]] = {
    "exists": ("head_object", OBJECT.exists),
    "download": ("head_object", lambda: OBJECT.download(BytesIO())),
    "upload": ("put_object", lambda: OBJECT.upload(BytesIO(b"content"))),
    "create": ("put_object", lambda: OBJECT.create(b"content")),
}
calls = pytest.mark.parametrize("call", CALLS)


@calls
@pytest.mark.parametrize("code", ["403", "AccessDenied", "InvalidAccessKeyId"])
def test_a_user_who_is_refused_is_told_what_to_mend(call: str, code: str, answers: Stubber) -> None:
    operation, do = CALLS[call]
    answers.add_client_error(operation, code, "S3's words")
    with pytest.raises(FatalError) as refused:
        do()
    sentence = str(refused.value)
    assert "connection dataflow360_aws at s3://landing/prefix/dag/valid.parquet" in sentence
    assert "S3's words" in sentence
    assert "s3:GetObject and s3:PutObject" in sentence


@calls
def test_a_bucket_that_is_not_there_is_named(call: str, answers: Stubber) -> None:
    operation, do = CALLS[call]
    if operation == "head_object":  # whose answer does not say what is not there
        answers.add_client_error("head_object", "404")
        answers.add_client_error("head_bucket", "404")
    else:
        answers.add_client_error(operation, "NoSuchBucket")
    with pytest.raises(FatalError, match=r"no bucket landing on S3 .*DATAFLOW360_LANDING in \.env"):
        do()


def test_an_object_that_is_not_there_is_a_file_that_is_not_there(answers: Stubber) -> None:
    for _ in range(2):
        answers.add_client_error("head_object", "404")
        answers.add_response("head_bucket", {})
    assert not OBJECT.exists()
    with pytest.raises(FatalError, match=r"dag/valid\.parquet is not in the landing zone"):
        next(landing.read_tables(OBJECT))


def test_who_may_not_see_whether_there_is_a_bucket_is_told_so(answers: Stubber) -> None:
    answers.add_client_error("head_object", "404")
    answers.add_client_error("head_bucket", "403")
    with pytest.raises(FatalError, match="s3:ListBucket on the bucket"):
        OBJECT.exists()


def test_what_another_has_created_stands(answers: Stubber) -> None:
    answers.add_client_error("put_object", "PreconditionFailed")
    assert not OBJECT.create(b"content")


@calls
def test_what_may_pass_is_tried_again(call: str, answers: Stubber) -> None:
    operation, do = CALLS[call]
    answers.add_client_error(operation, "ServiceUnavailable")
    with pytest.raises(RetriableError, match="this task tries again"), readable_failures():
        do()
