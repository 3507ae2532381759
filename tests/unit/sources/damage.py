"""Anything that JSON can hold, and documents with it in each of their places.

To draw a value costs far more than to put it somewhere: so each goes into every place.
"""

from collections.abc import Sequence

from hypothesis import strategies as st

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


def changes(places: Sequence[str], values: list, apart: int) -> list[dict]:
    """Each value for each place, and another one for the place that is so many places apart."""
    return [
        {places[(number + apart) % len(places)]: other, place: value}
        for other, value in zip([*values[1:], values[0]], values, strict=True)
        for number, place in enumerate(places)
    ]


def damaged(document: dict, values: st.SearchStrategy) -> st.SearchStrategy[list]:
    """At least 50 documents with values in one or two of their places, and the bare values."""
    count = -(-50 // len(document))
    return st.builds(
        lambda some, apart: [
            *({**document, **each} for each in changes(list(document), some, apart)),
            *some,
        ],
        st.lists(values, min_size=count, max_size=count),
        st.integers(0, len(document) - 1),
    )
