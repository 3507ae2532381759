"""Landing zones in buckets of the test stack's S3."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataflow360.clients.aws import client
from dataflow360.clients.s3 import ObjectPath
from dataflow360.pipeline.zone import ZonePath, landing_zone
from dataflow360.settings import settings


@pytest.fixture
def s3() -> Any:
    return client("s3")


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    """A bucket of the test's own."""
    name, region = f"test-{uuid.uuid4().hex}", s3.meta.region_name
    # The first region is the one that must not be named.
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    yield name
    for key in keys(s3, name):
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def land_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ZonePath]]:
    """Move the landing zone to a folder or an ``s3://`` URL."""

    def move(place: str) -> ZonePath:
        monkeypatch.setenv("DATAFLOW360_LANDING", place)
        settings.cache_clear()
        return landing_zone()

    yield move
    settings.cache_clear()


@pytest.fixture(params=["folder", "bucket"])
def zone(
    request: pytest.FixtureRequest, tmp_path: Path, land_in: Callable[[str], ZonePath]
) -> ZonePath:
    """A landing zone of the test's own, empty: in a folder, and in a bucket."""
    if request.param == "folder":
        return land_in(str(tmp_path / "landing"))
    return land_in(f"s3://{request.getfixturevalue('bucket')}/some/prefix")


def keys(s3: Any, bucket: str) -> list[str]:
    """The keys of all objects in a bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def files(zone: ZonePath, s3: Any) -> list[str]:
    """What is in a landing zone, relative to it."""
    if isinstance(zone, ObjectPath):
        found = [key.removeprefix(f"{zone.key}/") for key in keys(s3, zone.bucket)]
    else:
        found = [str(path.relative_to(zone)) for path in zone.rglob("*") if path.is_file()]
    return sorted(found)
