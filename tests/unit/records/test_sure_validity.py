"""The quick check never accepts what pandera refuses, and accepts what the sources make."""

import math
from dataclasses import replace

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow360.records.validation import is_surely_valid

TEXTS = st.sampled_from(
    ["", " ", "x", "é" * 90, "Couvert\n", " Couvert", "ABC", "abc", "HC301", "HC301\n", "24:00",
     "07:35", "0\u0667:35", "\x00", "Dakar", "lundi", "zero"],
) | st.text(max_size=5)  # fmt: skip
FLOATS = st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.0, 55.1, -10.1, 1e300])


def values(dtype: pa.DataType) -> st.SearchStrategy:
    """Values of a type that may or may not obey a contract."""
    if pa.types.is_string(dtype):
        return TEXTS
    if pa.types.is_floating(dtype):
        return FLOATS | st.floats(-1_000, 30_000)
    if pa.types.is_integer(dtype):
        return st.integers(-(2 ** (dtype.bit_width - 1)), 2 ** (dtype.bit_width - 1) - 1)
    if pa.types.is_date(dtype):
        return st.dates()
    if pa.types.is_timestamp(dtype):
        # In microseconds from 1970, as a source that has lost its way may well deliver.
        return st.integers(-(10**15), 10**16)
    assert pa.types.is_boolean(dtype)
    return st.booleans()


def pandera_accepts(record, table: pa.Table) -> bool:
    try:
        record.schema.validate(table.to_pandas(types_mapper=pd.ArrowDtype), lazy=False)
    except pandera.errors.SchemaError:
        return False
    return True


@settings(suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_it_says_of_a_table_what_pandera_says(record, rows, edited, data):
    table = rows.slice(0, 3)
    field = data.draw(st.sampled_from(list(table.schema)))
    value = data.draw(st.none() | values(field.type))
    spoiled = edited(table, 1, **{field.name: value})
    assert is_surely_valid(record, spoiled) == pandera_accepts(record, spoiled)


def test_what_the_sources_make_is_surely_valid(record, rows):
    assert is_surely_valid(record, rows)
    assert pandera_accepts(record, rows)


@pytest.mark.parametrize("rule", ["unique", "checks", "column"])
def test_rules_over_more_than_one_value_are_left_to_pandera(rule, rows, record):
    columns = dict(record.schema.columns)
    first = record.natural_key[0]
    if rule == "column":
        columns[first] = pandera.Column(columns[first].dtype, unique=True)
    schema = pandera.DataFrameSchema(
        columns,
        unique=[first] if rule == "unique" else None,
        checks=pandera.Check(lambda frame: len(frame) > 1_000_000) if rule == "checks" else None,
    )

    assert not is_surely_valid(replace(record, schema=schema), rows)
