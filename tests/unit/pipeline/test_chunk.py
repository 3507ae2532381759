"""Tables are cut and joined to an exact number of rows, in their order."""

import itertools

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.pipeline.chunk import CHUNK_ROWS, regroup

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
