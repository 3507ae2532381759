"""Boards and the versions of their events in Redis: written twice, out of order, at once."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pyarrow as pa
import pytest

from dataflow360.clients import redis
from dataflow360.errors import RetriableError
from dataflow360.records.contract import CONTENT_HASH, RedisBoards
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.identity import EVENT_ID_TYPE, content_hashes, event_ids
from dataflow360.stores.redis import RedisStore
from tests.unit.sources.test_flight_weather import departure

OLD, NEW = "20261101T000000Z-20261101T060000Z", "20261101T060000Z-20261101T120000Z"
BATCH_A, BATCH_B = "a" * 32, "b" * 32


@pytest.fixture
def client() -> Iterator[Any]:
    with redis.connect() as opened:
        yield opened


@pytest.fixture
def boards(client: Any) -> Iterator[RedisBoards]:
    """Boards of the test's own; nothing of them is left behind."""
    prefix = f"test-{uuid.uuid4().hex}"
    assert isinstance(DEPARTS_AEROPORTS.store, RedisBoards)
    yield replace(DEPARTS_AEROPORTS.store, prefix=prefix)
    keys = list(client.scan_iter(f"*{prefix}*", 1_000))
    if keys:
        client.delete(*keys)


@pytest.fixture
def store(client: Any, boards: RedisBoards) -> RedisStore:
    return RedisStore(client, replace(DEPARTS_AEROPORTS, store=boards))


def rows(*departures: dict[str, Any]) -> pa.Table:
    """Departures as a batch has them, with ids and hashes."""
    table = pa.Table.from_pylist(list(departures), DEPARTS_AEROPORTS.arrow_schema)
    return table.append_column("event_id", event_ids(DEPARTS_AEROPORTS, table)).append_column(
        CONTENT_HASH, content_hashes(DEPARTS_AEROPORTS, table)
    )


def known(store: RedisStore, table: pa.Table) -> list[tuple[int | None, str | None]]:
    found = store.lookup(table)
    return list(zip(found.hashes.to_pylist(), found.batch_ids.to_pylist(), strict=True))


def hashes(table: pa.Table) -> list[int]:
    return list(table[CONTENT_HASH].to_pylist())


def board(client: Any, boards: RedisBoards, place: str = "DSS") -> Any:
    return orjson.loads(client.get(f"{boards.prefix}:{place}"))


def test_what_was_never_written_is_not_known(store: RedisStore) -> None:
    assert known(store, rows(departure(), departure("LOS"))) == [(None, None), (None, None)]


def test_versions_are_found_by_event_whatever_else_is_asked_for(store: RedisStore) -> None:
    written = rows(
        departure(Vol="HC1"), departure("LOS", Vol="HC2"), departure(Date_Depart=date(2026, 11, 2))
    )
    store.upsert(written, BATCH_A, order=1)
    asked = pa.concat_tables([rows(departure(Vol="HC9")), written.slice(1), written.slice(0, 1)])
    first, second, third = hashes(written)
    assert known(store, asked) == [
        (None, None), (second, BATCH_A), (third, BATCH_A), (first, BATCH_A),
    ]  # fmt: skip


def test_writing_twice_is_writing_once(store: RedisStore, client: Any, boards: RedisBoards) -> None:
    table = rows(departure(Vol="HC1"), departure(Vol="HC2"))
    key = f"versions:{boards.prefix}:DSS:2026-11-01"
    store.upsert(table, BATCH_A, order=1)
    once = client.get(key)
    store.upsert(table, BATCH_A, order=1)
    assert client.get(key) == once


def test_a_later_version_replaces_one_and_leaves_the_others(store: RedisStore) -> None:
    first = rows(departure(Vol="HC1"), departure(Vol="HC2"))
    store.upsert(first, BATCH_A, order=1)
    changed = rows(departure(Vol="HC2", time="11:00"), departure(Vol="HC3"))
    store.upsert(changed, BATCH_B, order=2)
    assert known(store, pa.concat_tables([first.slice(0, 1), changed])) == [
        (hashes(first)[0], BATCH_A), (hashes(changed)[0], BATCH_B), (hashes(changed)[1], BATCH_B),
    ]  # fmt: skip


def test_an_older_order_loses(store: RedisStore) -> None:
    newer, older = rows(departure(time="11:00")), rows(departure(time="10:30"))
    store.upsert(newer, BATCH_B, order=2)
    store.upsert(older, BATCH_A, order=1)
    assert known(store, older) == [(hashes(newer)[0], BATCH_B)]


def test_ids_that_end_in_zero_bytes_stay_apart(store: RedisStore) -> None:
    """numpy's own byte strings would lose the zeros at their end."""
    ids = [bytes(16), b"\1" + bytes(15), b"\1\1" + bytes(14), bytes(15) + b"\1"]
    table = rows(*(departure(Vol=f"HC{number}") for number in range(1, 5)))
    table = table.set_column(
        table.schema.get_field_index("event_id"), "event_id", pa.array(ids, EVENT_ID_TYPE)
    )
    store.upsert(table, BATCH_A, order=1)
    store.upsert(table.slice(1, 1), BATCH_B, order=2)
    assert known(store, table) == [
        (value, BATCH_B if number == 1 else BATCH_A) for number, value in enumerate(hashes(table))
    ]


def test_the_board_is_the_rows_in_their_order_with_the_columns_of_the_contract(
    store: RedisStore, client: Any, boards: RedisBoards
) -> None:
    tables = [
        rows(departure(Vol="HC7"), departure("LOS", Vol="HC8")),
        rows(departure(Vol="HC1"), departure(Vol="HC3", Compagnie='Air "Ω"')),
    ]
    store.finish_batch(tables, OLD, order=1)
    shown = board(client, boards)
    assert [line["Vol"] for line in shown] == ["HC7", "HC1", "HC3"]
    assert [list(line) for line in shown] == [list(DEPARTS_AEROPORTS.columns)] * 3
    expected = {**departure(Vol="HC3", Compagnie='Air "Ω"'), "Date_Depart": "2026-11-01"}
    assert shown[2] == expected
    assert [line["Vol"] for line in board(client, boards, "LOS")] == ["HC8"]


def test_a_board_is_replaced_as_a_whole_and_others_stay(
    store: RedisStore, client: Any, boards: RedisBoards
) -> None:
    store.finish_batch([rows(departure(Vol="HC1"), departure("LOS", Vol="HC2"))], OLD, order=1)
    for _ in range(2):
        store.finish_batch([rows(departure(Vol="HC3"))], NEW, order=2)
        assert [line["Vol"] for line in board(client, boards)] == ["HC3"]
        assert [line["Vol"] for line in board(client, boards, "LOS")] == ["HC2"]


@pytest.mark.parametrize(("interval", "order"), [(OLD, 3), (NEW, 1)])
def test_neither_an_older_interval_nor_an_older_batch_replaces_a_board(
    store: RedisStore, client: Any, boards: RedisBoards, interval: str, order: int
) -> None:
    store.finish_batch([rows(departure(Vol="HC2"))], NEW, order=2)
    store.finish_batch([rows(departure(Vol="HC1"), departure("LOS", Vol="HC1"))], interval, order)
    assert [line["Vol"] for line in board(client, boards)] == ["HC2"]
    assert [line["Vol"] for line in board(client, boards, "LOS")] == ["HC1"]


def test_a_later_batch_of_the_same_interval_replaces_a_board(
    store: RedisStore, client: Any, boards: RedisBoards
) -> None:
    store.finish_batch([rows(departure(Vol="HC1"))], NEW, order=9)
    store.finish_batch([rows(departure(Vol="HC2"))], NEW, order=10)
    assert [line["Vol"] for line in board(client, boards)] == ["HC2"]


def test_no_rows_write_nothing(store: RedisStore, client: Any, boards: RedisBoards) -> None:
    store.upsert(rows(), BATCH_A, order=1)
    store.finish_batch([rows()], NEW, order=1)
    assert list(client.scan_iter(f"{boards.prefix}:*", 1_000)) == []
    assert known(store, rows()) == []


def test_everything_goes_in_its_time(store: RedisStore, client: Any, boards: RedisBoards) -> None:
    table = rows(departure())
    store.upsert(table, BATCH_A, order=1)
    store.finish_batch([table], NEW, order=1)
    prefix = boards.prefix
    left = {key.decode(): client.ttl(key) for key in client.scan_iter(f"*{prefix}*", 1_000)}
    hours = boards.board_hours * 3_600
    days = boards.version_days * 86_400
    assert left == {
        f"{prefix}:DSS": pytest.approx(hours, abs=60),
        f"written:{prefix}:DSS": pytest.approx(hours, abs=60),
        f"versions:{prefix}:DSS:2026-11-01": pytest.approx(days, abs=60),
        f"writing:{prefix}": pytest.approx(3_600, abs=60),
    }


class Interrupted:
    """A client in whose first read another run writes first."""

    def __init__(self, client: Any, other: Any) -> None:
        self._client, self._other = client, other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def mget(self, keys: list[str]) -> Any:
        found = self._client.mget(keys)
        self._other()
        return found


def test_a_version_written_meanwhile_is_noticed_and_stays(
    store: RedisStore, client: Any, boards: RedisBoards
) -> None:
    table = rows(departure())
    client = Interrupted(client, lambda: store.upsert(table, BATCH_B, order=2))
    with pytest.raises(RetriableError, match=f"Another run has written redis.{boards.prefix}"):
        RedisStore(client, replace(DEPARTS_AEROPORTS, store=boards)).upsert(table, BATCH_A, order=1)
    assert known(store, table) == [(hashes(table)[0], BATCH_B)]


def test_a_board_replaced_meanwhile_is_noticed_and_stays(
    store: RedisStore, client: Any, boards: RedisBoards
) -> None:
    newer = [rows(departure(Vol="HC2"))]
    other = Interrupted(client, lambda: store.finish_batch(newer, NEW, order=2))
    with pytest.raises(RetriableError, match="at the same time; this task tries again"):
        RedisStore(other, replace(DEPARTS_AEROPORTS, store=boards)).finish_batch(
            [rows(departure(Vol="HC1"))], OLD, order=1
        )
    assert [line["Vol"] for line in board(client, boards)] == ["HC2"]
