"""The sentences that say why a value is refused: its column, the value, and what is wanted.

As in "heure_depart is 25:10; a time from 00:00 to 23:59 is wanted". A value is a stranger's: it is
cut, has no control characters, and is in quotes where it could be taken for a part of the sentence.
``pipeline/reason_kind.py`` takes it out again by this form.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.records.contract import MOMENT, Column, OneOf, Pattern, Range

#: Between two sentences about one record.
SEPARATOR = " | "

_LONGEST_VALUE = 60
_MOST_LISTED, _LISTED_OF_MORE = 7, 3
_TYPES = {
    **{
        dtype: f"a whole number from {-(2 ** (dtype.bit_width - 1))} to "
        f"{2 ** (dtype.bit_width - 1) - 1}"
        for dtype in (pa.int8(), pa.int16(), pa.int32())
    },
    pa.float64(): "a number",
    pa.bool_(): "true or false",
    pa.date32(): "a date as YYYY-MM-DD",
    MOMENT: "a moment as YYYY-MM-DDTHH:MM:SS",
    pa.string(): "text",
}


def refusals(name: str, values: pa.Array, wanted: str) -> pa.Array:
    """A sentence for each value that is not what is wanted; null where the value is missing.

    Args:
        name: Name of the column.
        values: Numbers or text.
        wanted: What a value should be, in words.
    """
    return pc.binary_join_element_wise(f"{name} is ", _shown(values), f"; {wanted} is wanted", "")


def misfit(name: str, value: object, dtype: pa.DataType) -> str:
    """Why a value that is not of its column's type is refused."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    values = pa.array([text.encode(errors="replace").decode()])  # half a character is no text
    (sentence,) = refusals(name, values, type_wanted(dtype)).to_pylist()
    return str(sentence)


def type_wanted(dtype: pa.DataType) -> str:
    """What a value of a column's type is, in words."""
    return _TYPES[dtype]


def rule_wanted(column: Column) -> str:
    """What obeys a column's rule, in words."""
    match column.rule:
        case Range(minimum, maximum):
            return f"{minimum:.15g} to {maximum:.15g} {column.unit}".rstrip()
        case OneOf(values) if len(values) <= _MOST_LISTED:
            return f"one of {', '.join(values)}"
        case OneOf(values):
            some = ", ".join(values[:_LISTED_OF_MORE])
            return f"one of {some} and {len(values) - _LISTED_OF_MORE} others"
        case Pattern(_, wanted):
            return wanted
    return type_wanted(column.dtype)


def _shown(values: pa.Array) -> pa.Array:
    if not pa.types.is_string(values.type):
        return pc.cast(values, pa.string())
    # Each step is taken only where it is needed: there may be 50,000 values.
    if pc.any(long := pc.greater(pc.utf8_length(values), _LONGEST_VALUE)).as_py():
        start = pc.utf8_slice_codeunits(values, 0, _LONGEST_VALUE)
        values = pc.if_else(long, pc.binary_join_element_wise(start, "…", ""), values)
    if not pc.all(pc.ascii_is_printable(values)).as_py():
        values = pc.replace_substring_regex(
            values, r"[\pC\p{Zl}\p{Zp}]", "\N{REPLACEMENT CHARACTER}"
        )
    if pc.any(odd := _is_odd(values)).as_py():
        escaped = pc.replace_substring(values, "'", "''")
        values = pc.if_else(odd, pc.binary_join_element_wise("'", escaped, "'", ""), values)
    return values


def _is_odd(values: pa.Array) -> pa.Array:
    """Whether a value would not be seen as one, or not where it ends, without quotes."""
    ends = pc.or_(pc.match_substring(values, ";"), pc.match_substring(values, "|"))
    blank = pc.or_(pc.not_equal(pc.utf8_trim_whitespace(values), values), pc.equal(values, ""))
    return pc.or_(pc.or_(ends, blank), pc.starts_with(values, "'"))
