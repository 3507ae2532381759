"""Where the landing zone is: a folder that all workers share, or a bucket of S3.

The two differ here and nowhere else. In both a file is there whole or not at all: it is written
aside on this machine, then renamed, or uploaded. What has its place outlives whoever wrote it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dataflow360.clients.s3 import ObjectPath
from dataflow360.settings import settings

#: A file or folder of the landing zone.
type ZonePath = Path | ObjectPath

_ASIDE = ".incomplete"
#: Of this machine, for batches that go to a bucket; for the user alone.
_SCRATCH = Path(tempfile.gettempdir()) / f"dataflow360-landing-{os.getuid()}"


def landing_zone() -> ZonePath:
    """Root of the landing zone, as the settings name it."""
    place = settings().landing
    return ObjectPath.of_url(place) if "://" in place else Path(place)


def aside_folder(zone: ZonePath) -> Path:
    """The folder of this machine in which batches are written before they have their place.

    Args:
        zone: Root of the landing zone.
    """
    if isinstance(zone, Path):
        folder = zone / _ASIDE
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    _SCRATCH.mkdir(mode=0o700, exist_ok=True)
    return _SCRATCH


def move_folder(folder: Path, place: ZonePath) -> None:
    """Give a folder of files its place.

    If something is there already, it has the same content by its name: a folder stands and this
    one is dropped, objects are replaced by their like. When this returns, all of it is there.
    """
    if isinstance(place, ObjectPath):
        try:
            for path in sorted(folder.iterdir()):
                with path.open("rb") as file:
                    (place / path.name).upload(file)
        finally:
            shutil.rmtree(folder)
        return
    for path in folder.iterdir():
        _sync(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(place)
    except OSError:
        if not place.is_dir():
            raise
        shutil.rmtree(folder)
    _sync(place.parent)


@contextmanager
def replacing(place: ZonePath) -> Iterator[IO[bytes]]:
    """Write a file, in the place of the one before if there is one.

    Yields:
        What to write to. If the body raises, the place is as it was.
    """
    if isinstance(place, ObjectPath):
        with tempfile.TemporaryFile() as file:
            yield file
            file.seek(0)
            place.upload(file)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    written = _beside(place)
    try:
        with written.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        written.replace(place)
    finally:
        written.unlink(missing_ok=True)
    _sync(place.parent)


def create(place: ZonePath, content: bytes) -> bool:
    """Write a small file unless there is one; of several that try, one does.

    Returns:
        Whether it was this one.
    """
    if isinstance(place, ObjectPath):
        return place.create(content)
    place.parent.mkdir(parents=True, exist_ok=True)
    written = _beside(place)
    try:
        written.write_bytes(content)
        _sync(written)
        os.link(written, place)
    except FileExistsError:
        return False
    finally:
        written.unlink(missing_ok=True)
    _sync(place.parent)
    return True


@contextmanager
def opened(place: ZonePath) -> Iterator[Path | IO[bytes]]:
    """A file, as the readers of files take it.

    An object is copied to this machine's disk first: what is read cannot change or break off
    half-way, and it takes no memory.

    Raises:
        FileNotFoundError: There is no such object; for a file, whoever opens it finds out.
    """
    if isinstance(place, Path):
        yield place
        return
    with tempfile.TemporaryFile() as copy:
        place.download(copy)
        copy.seek(0)
        yield copy


def _beside(path: Path) -> Path:
    """A name in the same folder that readers of the folder leave alone."""
    return path.with_name(f".{uuid.uuid4().hex}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
