"""Check a table against the contract of its record type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.errors import FatalError
from dataflow360.records.contract import RecordType

_MISSING_VALUE = "not_nullable"


@dataclass(frozen=True, slots=True)
class Checked:
    """A table with what is wrong in it.

    Attributes:
        table: The rows as they came, with the contract's columns and types.
        reasons: Why a row is refused, by row number; a row that is not here is valid.
    """

    table: pa.Table
    reasons: dict[int, str]

    @property
    def valid(self) -> pa.Table:
        """The rows that obey the contract, in their order."""
        if not self.reasons:
            return self.table
        keep = np.ones(self.table.num_rows, dtype=bool)
        keep[list(self.reasons)] = False
        return self.table.filter(pa.array(keep))


def check(record: RecordType, table: pa.Table) -> Checked:
    """Check every row of a table against the contract.

    Args:
        record: The record type.
        table: Rows with the contract's columns; values out of range or missing are allowed,
            columns missing, unknown or of another type are not.

    Raises:
        FatalError: The table's columns or types are not the contract's, which is a fault of
            the source's parser and not of a row.
    """
    expected = record.arrow_schema
    if table.schema.names != expected.names or table.schema.types != expected.types:
        raise FatalError(
            f"The table for {record.name} has the columns {_described(table.schema)}, the "
            f"contract has {_described(expected)}; mend the parser of its source."
        )
    if is_surely_valid(record, table):
        return Checked(table, {})
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    try:
        record.schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        return Checked(table, _reasons(error.failure_cases))
    return Checked(table, {})


def is_surely_valid(record: RecordType, table: pa.Table) -> bool:
    """Whether every row obeys the contract, found out in a tenth of pandera's time.

    It takes the rules from the same declaration and never accepts what pandera refuses: ranges are
    compared by Arrow; every other rule is pandera's own, asked of the distinct values. False means
    that pandera has to look at the whole table, and to say why.

    Args:
        record: The record type.
        table: Rows with the contract's columns and types.
    """
    schema = record.schema
    if schema.checks or schema.unique or any(c.unique for c in schema.columns.values()):
        return False  # rules over more than one value
    return all(_column_is_valid(table[name], column) for name, column in schema.columns.items())


def _column_is_valid(values: pa.ChunkedArray, column: pandera.Column) -> bool:
    if values.null_count and not column.nullable:
        return False
    others = []
    for rule in column.checks:
        match rule.statistics:
            case {"min_value": minimum, **rest} if not rest:
                within = pc.greater_equal(values, minimum)
            case {"max_value": maximum, **rest} if not rest:
                within = pc.less_equal(values, maximum)
            case _:
                others.append(rule)
                continue
        # What is no number is not within either: Arrow compares NaN as pandera does.
        if pc.all(within).as_py() is False:
            return False
    if not others:
        return True
    distinct = pd.Series(pc.unique(values).drop_null(), dtype=column.dtype.type)
    return all(bool(rule(distinct).check_passed) for rule in others)


def _reasons(failures: pd.DataFrame) -> dict[int, str]:
    reasons: dict[int, list[str]] = {}
    cases = zip(
        failures["index"].to_list(),
        failures["column"].to_list(),
        failures["failure_case"].to_list(),
        failures["check"].to_list(),
        strict=True,
    )
    for row, column, value, rule in cases:
        sentence = f"{column} is missing" if rule == _MISSING_VALUE else f"{column} {value} {rule}"
        reasons.setdefault(int(row), []).append(sentence)
    return {row: "; ".join(sentences) for row, sentences in reasons.items()}


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
