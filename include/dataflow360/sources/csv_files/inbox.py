"""The inbox: which files lie there whole, and their bytes, wherever it is (a folder or s3)."""

from __future__ import annotations

import gzip
import hashlib
import io
import logging
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from shutil import copyfileobj
from typing import IO, Any

from airflow.sdk import ObjectStoragePath

from dataflow360.errors import FatalError
from dataflow360.settings import settings

log = logging.getLogger(__name__)

AWS_CONNECTION_ID = "dataflow360_aws"
SUFFIXES = (".csv", ".csv.gz", ".zip")

_UNFINISHED_SUFFIXES = (".partial", ".part", ".tmp", ".crdownload")
_SECONDS_BETWEEN_LOOKS = 2.0
_BYTES_AT_ONCE = 1 << 20


def path_of(name: str) -> ObjectStoragePath:
    """Where a file of the inbox lies, by its name relative to the inbox."""
    return _root() / name


def complete_files() -> list[str]:
    """Names, relative to the inbox, of the CSV files that lie there whole.

    A hidden file, one whose name says that it is unfinished, and one that changes between two
    looks two seconds apart are left alone, with the reason in the log.
    """
    first = _look()
    if not first:
        return []
    time.sleep(_SECONDS_BETWEEN_LOOKS)
    second = _look()
    for name in first:
        if second.get(name) != first[name]:
            log.info("%s is left alone: it is still being written", name)
    return [name for name in sorted(first) if second.get(name) == first[name]]


def digest(path: ObjectStoragePath) -> str:
    """SHA-256 of a file's bytes, as they lie there (hexadecimal)."""
    with _open(path) as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them, so that what is hashed is what is parsed."""

    def __init__(self, raw: io.BufferedIOBase) -> None:
        self._raw = raw
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._raw.readinto(buffer)
        self._hash.update(memoryview(buffer)[:count])
        return count

    def digest(self) -> str:
        """SHA-256 of the whole file, to which this reads on (hexadecimal)."""
        while self.read(_BYTES_AT_ONCE):
            pass
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class Content:
    """A file that is open.

    Attributes:
        stream: Its text, unpacked.
        packed: Its bytes, as they lie there.
    """

    stream: IO[bytes]
    packed: _Hashing

    def digest(self) -> str:
        """SHA-256 of the file's bytes (hexadecimal); asked for when the stream has been read."""
        return self.packed.digest()


@contextmanager
def opened(path: ObjectStoragePath, name: str) -> Iterator[Content]:
    """Open a file and unpack it on the way; nothing is held in memory.

    Raises:
        FatalError: It is damaged, or does not hold exactly one CSV file.
        FileNotFoundError: It is not there.
    """
    with _open(path) as raw, _Hashing(raw) as packed:
        try:
            with _unpacked(packed, name) as stream:
                yield Content(stream, packed)
        except (gzip.BadGzipFile, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise FatalError(
                f"{name} is damaged or cut off: {error}; put it into the inbox again."
            ) from error


@contextmanager
def _unpacked(packed: _Hashing, name: str) -> Iterator[IO[bytes]]:
    lower = name.lower()
    if lower.endswith(".gz"):
        with gzip.GzipFile(fileobj=packed, mode="rb") as stream:
            yield io.BufferedReader(stream, _BYTES_AT_ONCE)
    elif lower.endswith(".zip"):
        # A ZIP file is read from its end: it needs a copy on disk that can be sought in.
        with tempfile.TemporaryFile(prefix="dataflow360-") as copy:
            copyfileobj(packed, copy, _BYTES_AT_ONCE)
            with zipfile.ZipFile(copy) as archive, archive.open(_member(archive, name)) as stream:
                yield stream
    else:
        yield io.BufferedReader(packed, _BYTES_AT_ONCE)


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [
        each
        for each in archive.infolist()
        if each.filename.lower().endswith(".csv") and not _is_hidden(each.filename)
    ]
    if len(members) != 1:
        found = ", ".join(each.filename for each in members) or "none"
        raise FatalError(f"{name} must hold exactly one CSV file but holds {found}; pack it again.")
    (member,) = members
    if member.flag_bits & 1:
        raise FatalError(f"{name} is encrypted; put it into the inbox without a password.")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise FatalError(f"{name} is packed by a rare method; pack it again by deflate.")
    return member


def _open(path: ObjectStoragePath) -> io.BufferedIOBase:
    stream: io.BufferedIOBase = path.open("rb")  # type: ignore[no-untyped-call]
    return stream


def _root() -> ObjectStoragePath:
    inbox = settings().inbox
    return ObjectStoragePath(
        inbox, conn_id=AWS_CONNECTION_ID if inbox.startswith("s3://") else None
    )


def _look() -> dict[str, dict[str, Any]]:
    """The CSV files of the inbox by name, with what its file system says of each."""
    root = _root()
    root.fs.invalidate_cache()
    # The path as the file system itself writes it: absolute, without the protocol.
    top = root.fs._strip_protocol(root.path)
    found = {
        str(PurePosixPath(path).relative_to(top)): state
        for path, state in root.fs.find(top, detail=True).items()
    }
    return {name: state for name, state in found.items() if _is_wanted(name)}


def _is_wanted(name: str) -> bool:
    lower = name.lower()
    if _is_hidden(name):
        log.info("%s is left alone: it is hidden", name)
    elif lower.endswith(_UNFINISHED_SUFFIXES):
        log.info("%s is left alone: its name says that it is still being written", name)
    elif not lower.endswith(SUFFIXES):
        log.info("%s is left alone: its name does not end in %s", name, ", ".join(SUFFIXES))
    else:
        return True
    return False


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
