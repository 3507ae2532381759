"""What the check in Arrow says of a value is what the declaration, read row by row, says of it."""

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dataflow360.pipeline.reason_kind import kind_of
from dataflow360.records import RECORD_TYPES, contract
from dataflow360.records.contract import Column, OneOf, Pattern, Range
from dataflow360.records.json_schema import json_schema
from dataflow360.records.validation import check
from dataflow360.records.vols import VOLS
from dataflow360.streams.messages import messages

TEXTS = st.sampled_from(
    ["", " ", "x", "é" * 90, "Couvert\n", " Couvert", "ABC", "abc", "HC301", "HC301\n", "24:00",
     "07:35", "0\u0667:35", "\x00", "Dakar", "lundi", "zero", "\xa0x", "x\u2029", "\ufeffx", "a\rb",
     "a\vb", "x\x85", "a b", "';|"],
) | st.text(max_size=5)  # fmt: skip
FLOATS = st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.0, 55.1, -10.1, 1e300])
#: What ECMA 262 or Python takes for a blank.
BLANK = r"[\s\ufeff]"


def values(dtype: pa.DataType) -> st.SearchStrategy:
    """Values of a type that may or may not obey a contract."""
    if pa.types.is_string(dtype):
        return TEXTS
    if pa.types.is_floating(dtype):
        return FLOATS | st.floats(-1_000, 30_000)
    bits = dtype.bit_width - 1
    return st.integers(-(2**bits), 2**bits - 1)


def obeys(column: Column, value: Any) -> bool:
    """What a column's declaration says of one value."""
    if value is None:
        return column.nullable
    match column.rule:
        case Range(minimum, maximum):
            return minimum <= value <= maximum
        case OneOf(allowed):
            return value in allowed
        case contract.TRIMMED:
            blanks = re.match(BLANK, value) or re.search(rf"{BLANK}\Z", value)
            one_line = bool(value) and not blanks and not re.search("[\n\r\u2028\u2029]", value)
            return one_line and len(value) <= column.max_length
        case Pattern(regex):
            fits = re.fullmatch(regex.removesuffix("$"), value, re.ASCII)
            return fits is not None and len(value) <= column.max_length
    return True


@pytest.fixture
def draw(record, rows) -> Callable[[Any], tuple[Column, list[Any], pa.Table]]:
    """Rows that are valid but for the values of one column, which may be anything."""

    def rows_of(data: Any) -> tuple[Column, list[Any], pa.Table]:
        name = data.draw(st.sampled_from([n for n, column in record.schema.items() if column.rule]))
        column = record.schema[name]
        drawn = data.draw(st.lists(st.none() | values(column.dtype), min_size=20, max_size=20))
        place = record.columns.index(name)
        table = rows.slice(0, len(drawn))
        return column, drawn, table.set_column(place, name, pa.array(drawn, column.dtype))

    return rows_of


@settings(suppress_health_check=list(HealthCheck), max_examples=50)
@given(data=st.data())
def test_it_says_of_a_value_what_the_declaration_says(record, draw, data):
    column, drawn, table = draw(data)
    refused = [row for row, value in enumerate(drawn) if not obeys(column, value)]
    assert list(check(record, table).reasons) == refused


@settings(suppress_health_check=list(HealthCheck), max_examples=20)
@given(data=st.data())
def test_the_messages_of_the_rows_that_it_takes_obey_the_json_schema(
    record, draw, identified, data
):
    _, _, table = draw(data)
    validator = Draft202012Validator(json_schema(record))
    taken = identified(record, check(record, table).valid)
    for _, message, _ in messages(record, taken, dag_id="tests", batch_id="0" * 32):
        validator.validate(orjson.loads(message))


@settings(suppress_health_check=list(HealthCheck))
@given(value=st.text())
@example(value="'")
@example(value="x; text is wanted")
@example(value="missing | x is missing")
@example(value="\x1b[31m\u202e")
def test_a_strangers_text_is_short_harmless_and_seen_where_it_ends(value, made_rows, edited):
    assume(value not in VOLS.schema["pays_depart"].rule.values)  # which it draws: they are ours
    rows = edited(made_rows["vols"].slice(0, 1), 0, aeroport_depart=value * 20, pays_depart=value)
    reason = check(RECORD_TYPES["vols"], rows).reasons[0]
    assert len(reason) < 400
    assert not {unicodedata.category(letter) for letter in reason} & {"Cc", "Cf", "Zl", "Zp"}
    assert kind_of(reason) == "aeroport_depart is …; one of COO, OUA, RAI and 13 others is wanted"
    first, second = re.findall(r"\w+ is (?:'(?:[^']|'')*'|[^';|][^;|]*); [^;|]* is wanted", reason)
    assert reason == f"{first} | {second}"


def test_of_many_faults_three_are_told_and_the_others_counted(made_rows, edited):
    spoil = {"humidite": 140, "pression": 0.0, "pays": None, "aeroport": None, "temperature": 99.0}
    rows = edited(made_rows["donnees_meteo"].slice(0, 3), 1, **spoil)
    rows = edited(rows, 2, humidite=140)
    assert check(RECORD_TYPES["donnees_meteo"], rows).reasons == {
        1: "pays is missing | aeroport is missing | temperature is 99; -10 to 55 °C is wanted"
        " | and 2 more",
        2: "humidite is 140; 0 to 100 % is wanted",
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param("x" * 200, "compagnie has 200 characters; at most 80 are wanted", id="long"),
        pytest.param(
            "x" * 80 + " y", "compagnie has 82 characters; at most 80 are wanted", id="cut"
        ),
        pytest.param(
            " " + "x" * 200,
            f"compagnie is ' {'x' * 59}…'; one line of text without blanks at its ends is wanted",
            id="long-and-blank",
        ),
        pytest.param(
            "a\nb",
            "compagnie is a\ufffdb; one line of text without blanks at its ends is wanted",
            id="two-lines",
        ),
    ],
)
def test_a_text_is_told_by_its_length_only_where_that_is_all(value, reason, made_rows, edited):
    rows = edited(made_rows["vols"].slice(0, 2), 1, compagnie=value)
    assert check(RECORD_TYPES["vols"], rows).reasons == {1: reason}
