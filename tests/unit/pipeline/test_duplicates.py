"""Of the rows that tell of one event the last one stands, however many there are."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.pipeline.duplicates import DuplicateFinder

#: Few different ids, some of which share their first byte or half, so that they do meet.
ids = st.one_of(
    st.sampled_from([bytes([first]) + bytes(14) + bytes([last]) for first in (0, 64, 255)
                     for last in (0, 1)]),
    st.sampled_from([bytes(8) + bytes([high]) * 8 for high in (0, 127, 128, 255)]),
    st.binary(min_size=16, max_size=16),
)  # fmt: skip


def superseded(chunks: list[list[bytes]]) -> list[int]:
    with tempfile.TemporaryDirectory() as folder:
        finder = DuplicateFinder(Path(folder))
        for chunk in chunks:
            finder.add(np.frombuffer(b"".join(chunk), np.uint8).reshape(-1, 16))
        found = finder.superseded()
    assert found.dtype == np.int64
    return found.tolist()


@given(chunks=st.lists(st.lists(ids, max_size=12), max_size=6))
def test_all_but_the_last_row_of_an_event_are_found(chunks):
    rows = [event_id for chunk in chunks for event_id in chunk]
    last = {event_id: number for number, event_id in enumerate(rows)}
    assert superseded(chunks) == [n for n, event_id in enumerate(rows) if last[event_id] != n]


@given(rows=st.lists(ids, max_size=24), cut=st.integers(1, 8))
def test_it_does_not_matter_how_the_rows_arrive(rows, cut):
    pieces = [rows[start : start + cut] for start in range(0, len(rows), cut)]
    assert superseded(pieces) == superseded([rows])


@pytest.mark.parametrize("chunks", [[], [[]], [[bytes(16)]]], ids=["none", "empty", "one-row"])
def test_nothing_is_found_where_nothing_is_double(chunks):
    assert superseded(chunks) == []


def test_one_event_many_times():
    assert superseded([[b"x" * 16] * 1000, [b"x" * 16] * 1000]) == list(range(1999))
