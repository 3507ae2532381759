"""Redis: boards, and the versions of their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from redis.exceptions import WatchError

from dataflow360.clients import redis
from dataflow360.errors import RetriableError
from dataflow360.records.contract import CONTENT_HASH, RecordType, RedisBoards
from dataflow360.records.identity import bytes_of, fixed_binary
from dataflow360.records.json_text import json_objects
from dataflow360.stores.store import Known, Store

#: One version of an event, as the versions of a place and day are kept: packed, one after the
#: other, so that a day is one value to read, to compare and to write.
VERSION = np.dtype([("id", "u1", 16), ("hash", "<i8"), ("order", "<i8"), ("batch", "S32")])
_Versions = npt.NDArray[np.void]
_Numbers = npt.NDArray[np.int64]

#: Gives all keys the same time to live. With a SET for each key instead of this and one MSET, the
#: client would need three times as long to send them.
_EXPIRE_ALL = "for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end"


#: Longer than any transaction.
_GUARD_SECONDS = 3_600


class RedisStore(Store):
    """The boards of one record type.

    Keys: ``<prefix>:<place>`` is the board, ``written:<prefix>:<place>`` says from which interval
    it is, ``versions:<prefix>:<place>:<day>`` holds the versions. Whoever writes any of them writes
    ``writing:<prefix>`` with it.
    """

    def __init__(self, client: Any, record: RecordType) -> None:
        """Work with an open client, which stays the caller's."""
        self._client = client
        self._record = record
        self._boards = cast("RedisBoards", record.store)

    @classmethod
    @contextmanager
    def open(cls, record: RecordType, mysql_connection: Any) -> Iterator[Store]:
        """Work with a client of its own."""
        del mysql_connection
        with redis.connect() as client:
            yield cls(client, record)

    @staticmethod
    def description(record: RecordType) -> str:
        """The boards, and for how long they are kept."""
        boards = cast("RedisBoards", record.store)
        return (
            f"`{boards.prefix}:<{boards.place}>` (Redis), a JSON array of the rows of the "
            f"latest board, kept for {boards.board_hours} hours"
        )

    failure = staticmethod(redis.failure)

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions by one pipelined read."""
        keys = self._version_keys(rows)
        versions = np.frombuffer(b"".join(self._read(pc.unique(keys).to_pylist())), VERSION)
        found = pc.index_in(rows["event_id"], fixed_binary(versions["id"]))
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
        added = np.empty(rows.num_rows, VERSION)
        added["id"] = bytes_of(rows["event_id"])
        added["hash"] = rows[CONTENT_HASH].to_numpy()
        added["order"], added["batch"] = order, batch_id.encode()
        with self._transaction() as transaction:
            stored = self._read(names)
            transaction.multi()
            newest, ends = _merged(stored, added, keys.indices.to_numpy())
            data, cuts = newest.tobytes(), (ends * VERSION.itemsize).tolist()
            days = (data[start:end] for start, end in pairwise([0, *cuts]))
            values = dict(zip(names, days, strict=True))
            _set_all(transaction, values, self._boards.version_days * 86_400)

    def finish_batch(self, tables: Iterable[pa.Table], as_of: str, order: int) -> None:
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
        with self._transaction() as transaction:
            written = self._client.mget(marks) if marks else []
            transaction.multi()
            wanted: dict[str, bytes] = {}
            for (place, board), mark, before in zip(boards.items(), marks, written, strict=True):
                if before is None or before <= stamp:
                    wanted |= {f"{prefix}:{place}": board, mark: stamp}
            _set_all(transaction, wanted, seconds)

    def _rendered(self, rows: pa.Table) -> dict[str, bytes]:
        """Each place's rows as one JSON array, in their order."""
        texts = json_objects({name: rows[name] for name in self._record.columns})
        places = rows[self._boards.place].combine_chunks().dictionary_encode()
        numbers = places.indices.to_numpy()
        by_place = pc.take(texts, pa.array(np.argsort(numbers, kind="stable")))
        ends = np.cumsum(np.bincount(numbers, minlength=len(places.dictionary)))
        offsets = pa.array([0, *ends.tolist()], pa.int32())
        joined = pc.binary_join(pa.ListArray.from_arrays(offsets, by_place), ",")
        arrays = pc.cast(pc.binary_join_element_wise("[", joined, "]", ""), pa.binary())
        return dict(zip(places.dictionary.to_pylist(), arrays.to_pylist(), strict=True))

    def _version_keys(self, rows: pa.Table) -> pa.Array:
        place = rows[self._boards.place]
        day = rows[self._boards.day].combine_chunks().dictionary_encode()
        day = pc.cast(day.dictionary, pa.string()).take(day.indices)
        keys = pc.binary_join_element_wise(f"versions:{self._boards.prefix}", place, day, ":")
        return keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys

    def _read(self, keys: Sequence[str]) -> list[bytes]:
        values = self._client.mget(keys) if keys else []
        return [value or b"" for value in values]

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """A transaction that fails when there is another one before its end.

        They meet at one key: Redis would compare each of thousands of watched keys with all others.
        """
        guard = f"writing:{self._boards.prefix}"
        try:
            with self._client.pipeline() as transaction:
                transaction.watch(guard)
                yield transaction
                transaction.set(guard, "", ex=_GUARD_SECONDS)
                transaction.execute()
        except WatchError as error:
            raise RetriableError(
                f"Another run has written {self._boards.name} at the same time; "
                "this task tries again."
            ) from error


def _set_all(transaction: Any, values: Mapping[str, bytes], seconds: int) -> None:
    if values:
        transaction.mset(values)
        transaction.eval(_EXPIRE_ALL, len(values), *values, seconds)


def _merged(
    stored: Sequence[bytes], added: _Versions, key_of_added: _Numbers
) -> tuple[_Versions, _Numbers]:
    """For each event the version of the highest order; of equal ones, the last.

    Args:
        stored: What each key holds.
        added: Further versions.
        key_of_added: The number of the key that each of them belongs to.

    Returns:
        The versions that each key shall hold, key after key; where those of each key end.
    """
    before = np.frombuffer(b"".join(stored), VERSION)
    counts = [len(value) // VERSION.itemsize for value in stored]
    both = np.concatenate((before, added))
    keys = np.concatenate((np.repeat(np.arange(len(stored)), counts), key_of_added))
    # An id is two numbers here: those sort several times as fast as bytes.
    first, second = np.ascontiguousarray(both["id"]).view(">u8").astype(np.uint64).T
    by_age = np.lexsort((both["order"], second, first, keys))
    same = np.ones(max(len(both) - 1, 0), dtype=bool)
    for part in (keys, first, second):
        same &= part[by_age][1:] == part[by_age][:-1]
    newest = by_age[np.append(~same, True)[: len(both)]]
    return both[newest], np.cumsum(np.bincount(keys[newest], minlength=len(stored)))


STORE = RedisStore
