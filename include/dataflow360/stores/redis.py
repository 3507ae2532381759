"""Redis: sessions through the provider's hook; boards, and the versions of their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from airflow.providers.redis.hooks.redis import RedisHook
from redis.exceptions import WatchError

from dataflow360.errors import RetriableError
from dataflow360.records.contract import CONTENT_HASH, RecordType, RedisBoards
from dataflow360.records.identity import bytes_of
from dataflow360.records.json_text import json_objects
from dataflow360.stores.store import Known

CONNECTION_ID = "dataflow360_redis"

#: One version of an event, as the versions of a place and day are kept: packed, one after the
#: other, so that a day is one value to read, to compare and to write.
_VERSION = np.dtype([("id", "S16"), ("hash", "<i8"), ("order", "<i8"), ("batch", "S32")])
_Versions = npt.NDArray[np.void]


@contextmanager
def connect() -> Iterator[Any]:
    """Open a client, and close its connections in the end."""
    hook: Any = RedisHook(CONNECTION_ID)
    client = hook.get_conn()
    try:
        yield client
    finally:
        client.close()


class RedisStore:
    """The boards of one record type.

    Keys: ``<prefix>:<place>`` is the board, ``written:<prefix>:<place>`` says from which interval
    it is, ``versions:<prefix>:<place>:<day>`` holds the versions.
    """

    def __init__(self, client: Any, record: RecordType, boards: RedisBoards) -> None:
        """Work with an open client, which stays the caller's."""
        self._client = client
        self._record = record
        self._boards = boards

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions by one pipelined read."""
        keys = self._version_keys(rows)
        versions = _concatenated(self._read(pc.unique(keys).to_pylist()))
        found = pc.index_in(rows["event_id"], pa.array(_ids(versions), rows["event_id"].type))
        return Known(
            pc.take(pa.array(versions["hash"], pa.int64()), found),
            pc.take(pa.array(versions["batch"].astype(str), pa.string()), found),
        )

    def upsert(self, rows: pa.Table, batch_id: str, order: int) -> None:
        """Note the rows' versions, all at once; a version of a higher order stays.

        Raises:
            RetriableError: Another run has written the same versions meanwhile.
        """
        keys = self._version_keys(rows).dictionary_encode()
        names = keys.dictionary.to_pylist()
        own = np.empty(rows.num_rows, _VERSION)
        own["id"] = np.ascontiguousarray(bytes_of(rows["event_id"])).view("S16").ravel()
        own["hash"] = rows[CONTENT_HASH].to_numpy()
        own["order"], own["batch"] = order, batch_id.encode()
        places = keys.indices.to_numpy()
        by_key = own[np.argsort(places, kind="stable")]
        ends = np.cumsum(np.bincount(places, minlength=len(names)))
        seconds = self._boards.version_days * 86_400
        with self._transaction(names) as transaction:
            stored = self._read(names)
            transaction.multi()
            for name, before, added in zip(names, stored, np.split(by_key, ends[:-1]), strict=True):
                transaction.set(name, _merged(before, added).tobytes(), ex=seconds)

    def replace_boards(self, tables: Iterable[pa.Table], as_of: str, order: int) -> None:
        """Replace the boards of the places in a batch, all at once.

        A board of a later interval, or of a later batch of the same, stays: a run of the past
        never hides the present.

        Args:
            tables: All valid rows of the batch.
            as_of: The batch's interval, in a form that sorts by time.
            order: Stage order of the batch.

        Raises:
            RetriableError: Another run has replaced one of the boards meanwhile.
        """
        boards = self._rendered(pa.concat_tables(tables))
        prefix, seconds = self._boards.prefix, self._boards.board_hours * 3_600
        stamp = f"{as_of}|{order:020}".encode()
        marks = [f"written:{prefix}:{place}" for place in boards]
        with self._transaction(marks) as transaction:
            written = self._client.mget(marks) if marks else []
            transaction.multi()
            for (place, board), mark, before in zip(boards.items(), marks, written, strict=True):
                if before is None or before <= stamp:
                    transaction.set(f"{prefix}:{place}", board, ex=seconds)
                    transaction.set(mark, stamp, ex=seconds)

    def _rendered(self, rows: pa.Table) -> dict[str, str]:
        """Each place's rows as one JSON array, in their order."""
        texts = json_objects({name: rows[name] for name in self._record.columns})
        table = pa.table({"place": rows[self._boards.place], "text": texts})
        grouped = table.group_by("place", use_threads=False).aggregate([("text", "list")])
        joined = pc.binary_join(grouped["text_list"], ",")
        arrays = pc.binary_join_element_wise("[", joined, "]", "")
        return dict(zip(grouped["place"].to_pylist(), arrays.to_pylist(), strict=True))

    def _version_keys(self, rows: pa.Table) -> pa.Array:
        place = rows[self._boards.place]
        day = pc.cast(rows[self._boards.day], pa.string())
        keys = pc.binary_join_element_wise(f"versions:{self._boards.prefix}", place, day, ":")
        return keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys

    def _read(self, keys: Sequence[str]) -> list[_Versions]:
        values = self._client.mget(keys) if keys else []
        return [np.frombuffer(value or b"", _VERSION) for value in values]

    @contextmanager
    def _transaction(self, watched: Sequence[str]) -> Iterator[Any]:
        """A transaction that fails when a watched key changes before its end."""
        if not watched:
            with self._client.pipeline() as transaction:
                yield transaction
            return
        try:
            with self._client.pipeline() as transaction:
                transaction.watch(*watched)
                yield transaction
                transaction.execute()
        except WatchError as error:
            raise RetriableError(
                f"Another run has written {self._boards.name} at the same time; "
                "this task tries again."
            ) from error


def _ids(versions: _Versions) -> list[bytes]:
    # numpy cuts zero bytes off the end of a value; an id has 16 bytes.
    return [value.ljust(16, b"\0") for value in versions["id"].tolist()]


def _concatenated(parts: Sequence[_Versions]) -> _Versions:
    return np.concatenate(parts) if parts else np.empty(0, _VERSION)


def _merged(before: _Versions, added: _Versions) -> _Versions:
    """For each event the version of the highest order; of equal ones, the last."""
    both = np.concatenate((before, added))
    by_age = np.lexsort((np.arange(len(both)), both["order"], both["id"]))
    last = np.append(both["id"][by_age][1:] != both["id"][by_age][:-1], [True][: len(both)])
    newest: _Versions = both[by_age][last]
    return newest
