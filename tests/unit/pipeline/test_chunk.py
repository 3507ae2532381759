"""Chunks are joined, and tables cut and joined to an exact number of rows, in their order."""

import itertools

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.errors import RetriableError
from dataflow360.pipeline.chunk import CHUNK_ROWS, Chunk, Missing, Refused, joined, regroup

sizes = st.lists(st.integers(0, 25), max_size=12)


def tables(counts: list[int]) -> list[pa.Table]:
    starts = itertools.accumulate(counts, initial=0)
    return [
        pa.table({"number": pa.array(range(start, start + count), pa.int64())})
        for start, count in zip(starts, counts, strict=False)
    ]


@given(counts=sizes, rows=st.integers(1, 10))
def test_the_same_rows_come_out_in_the_same_order(counts, rows):
    out = regroup(iter(tables(counts)), rows)
    assert [n for table in out for n in table["number"].to_pylist()] == list(range(sum(counts)))


@given(counts=sizes, rows=st.integers(1, 10))
def test_every_group_but_the_last_is_full(counts, rows):
    lengths = [table.num_rows for table in regroup(iter(tables(counts)), rows)]
    whole, rest = divmod(sum(counts), rows)
    assert lengths == [rows] * whole + [rest] * bool(rest)


def test_no_more_is_read_than_the_next_group_needs():
    read = []

    def source():
        for number, table in enumerate(tables([3, 3, 3, 3])):
            read.append(number)
            yield table

    groups = regroup(source(), 5)
    assert next(groups).num_rows == 5
    assert read == [0, 1]


def test_a_group_is_of_fifty_thousand_rows_unless_told():
    (first, second) = regroup(iter(tables([CHUNK_ROWS + 1])))
    assert (CHUNK_ROWS, first.num_rows, second.num_rows) == (50_000, 50_000, 1)


def chunks(counts: list[int]) -> list[Chunk]:
    """Chunks of numbered rows, each of which but an empty one has a refused record behind it."""
    made, position = [], 1
    for table in tables(counts):
        positions = np.arange(position, position + table.num_rows)
        position += table.num_rows
        refused = [Refused(position, b"refused", "no")] if table.num_rows else []
        position += len(refused)
        numbers = table["number"].to_pylist()
        made.append(
            Chunk(table, positions, lambda row, own=numbers: str(own[row]).encode(), refused)
        )
    return made


def records(parts: list[Chunk]) -> tuple[list, list]:
    """Every row with its number, position and bytes, and every refused record."""
    rows = [
        (number, int(position), part.raw(row))
        for part in parts
        for row, (number, position) in enumerate(
            zip(part.table["number"].to_pylist(), part.positions, strict=True)
        )
    ]
    return rows, [entry for part in parts for entry in part.refused]


@given(counts=sizes, rows=st.integers(1, 60))
def test_joined_chunks_hold_the_same_records_in_the_same_order(counts, rows):
    assert records(list(joined(chunks(counts), rows))) == records(chunks(counts))


@given(counts=sizes, rows=st.integers(1, 60))
def test_chunks_are_joined_as_far_as_they_fit(counts, rows):
    lengths = [len(c.positions) + len(c.refused) for c in joined(chunks(counts), rows)]
    alone = {len(c.positions) + len(c.refused) for c in chunks(counts)}
    assert all(length <= rows or length in alone for length in lengths)
    assert all(one + other > rows for one, other in itertools.pairwise(lengths))


def test_a_full_chunk_is_handed_on_as_it_is_before_the_next_is_read():
    first, second = chunks([6, 6])
    parts = joined(iter([first, second]), 7)
    assert next(parts) is first


def test_what_is_missing_is_handed_on():
    gone = Missing("DSS", RetriableError("away"))
    assert list(joined([gone])) == [gone]
    first, second = chunks([2, 3])
    *others, both = joined([first, gone, second])
    assert others == [gone]
    assert records([both]) == records([first, second])
