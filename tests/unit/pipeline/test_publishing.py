"""The ledger record of a transaction."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.pipeline.publishing import Part

offsets = st.integers(0, 2**62)
parts = st.builds(
    Part,
    batch_id=st.text("0123456789abcdef", min_size=32, max_size=32),
    number=st.integers(0, 10_000),
    count=st.integers(1, 50_000),
    ranges=st.dictionaries(st.integers(0, 5), st.tuples(offsets, offsets).map(sorted).map(tuple)),
)


@given(part=parts)
def test_a_part_comes_back_as_it_was_written(part):
    assert Part.from_json(part.to_json("vols_synthetiques")) == part


def test_a_part_on_the_topic():
    part = Part("b" * 32, 2, 5, {0: (10, 12), 3: (7, 8)})
    assert part.key == b"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/2"
    assert orjson.loads(part.to_json("vols_synthetiques")) == {
        "batch_id": "b" * 32,
        "part": 2,
        "topic": "vols_synthetiques",
        "count": 5,
        "ranges": {"0": [10, 12], "3": [7, 8]},
    }


def test_parts_of_a_batch_have_keys_of_their_own():
    keys = {Part(batch, number, 1, {}).key for batch in ("a" * 32, "b" * 32) for number in range(3)}
    assert len(keys) == 6
