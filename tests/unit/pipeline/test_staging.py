"""What of a batch is new, what has changed, what the store has already."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.pipeline.landing import delta_schema
from dataflow360.pipeline.staging import compare
from dataflow360.records.contract import CONTENT_HASH

numbers = st.integers(-3, 3)


def hashes(*values: int | None) -> pa.Array:
    return pa.array(values, pa.int64())


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param(None, ["new"], id="new"),
        pytest.param(8, ["changed"], id="changed"),
        pytest.param(7, [], id="unchanged"),
        pytest.param(-7, ["changed"], id="sign"),
    ],
)
def test_a_row_against_its_stored_version(stored, expected):
    delta = compare(pa.table({CONTENT_HASH: hashes(7)}), hashes(stored))
    assert delta["change"].to_pylist() == expected


@given(pairs=st.lists(st.tuples(numbers, st.none() | numbers), max_size=20))
def test_rows_against_their_stored_versions(pairs):
    rows = pa.table(
        {"number": range(len(pairs)), CONTENT_HASH: hashes(*(mine for mine, _ in pairs))}
    )
    delta = compare(rows, hashes(*(theirs for _, theirs in pairs)))
    assert list(zip(delta["number"].to_pylist(), delta["change"].to_pylist(), strict=True)) == [
        (number, "new" if theirs is None else "changed")
        for number, (mine, theirs) in enumerate(pairs)
        if mine != theirs
    ]


def test_the_delta_of_a_batch_can_be_written_down(record, rows, identified):
    rows = identified(record, rows)
    stored = rows[CONTENT_HASH].to_pylist()
    stored[0], stored[1] = None, 1
    delta = compare(rows, hashes(*stored))
    assert delta.schema == delta_schema(record)
    assert delta["change"].to_pylist() == ["new", "changed"]
    assert delta.drop_columns(["change"]).equals(rows.slice(0, 2))


def test_the_same_batch_again_changes_nothing(record, rows, identified):
    rows = identified(record, rows)
    assert compare(rows, rows[CONTENT_HASH].combine_chunks()).num_rows == 0


def test_nothing_is_compared_with_nothing(record, rows, identified):
    rows = identified(record, rows.slice(0, 0))
    assert compare(rows, hashes()).schema == delta_schema(record)
