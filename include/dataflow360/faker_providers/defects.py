"""Records broken on purpose, to see the quarantine at work."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.faker_providers.draws import booleans, generator, numbers, repeated

# What no contract accepts: column and the value it gets; None is null in a required column.
_FLIGHTS: Final = (
    ("numero_vol", ""),
    ("aeroport_depart", "XXX"),
    ("distance_vol_km", -1.0),
    ("heure_depart", "25:61"),
    ("retard_min", 100_000),
    ("date_vol", None),
    ("destination", None),
)
_WEATHER: Final = (
    ("temperature", 99.9),
    ("humidite", 140),
    ("aeroport", "XXX"),
    ("heure_observation", 25),
    ("precipitations", -5.0),
    ("pression", 0.0),
    ("date_observation", None),
)
_DEFECTS: Final[Sequence[tuple[str, str | float | None]]] = _FLIGHTS + _WEATHER


def _scalar(value: str | float | None, type_: pa.DataType) -> pa.Scalar:
    """Scalar of that type; unlike `pa.scalar`, without importing pandas."""
    if value is None:
        return pa.nulls(1, type_)[0]
    if isinstance(value, str):
        return repeated(value, 1).cast(type_)[0]
    return numbers(np.array([float(value)]), pa.float64()).cast(type_)[0]


def damage(table: pa.Table, share: float, rng_key: str) -> pa.Table:
    """Break round(share * rows) rows of `table` in one column each, and leave the others alone.

    The defects (a value out of range, an unknown airport, a required value that is null) suit the
    columns that the table has, and take turns, so that a few rows show them all. Types don't
    change.

    Args:
        table: Flights or weather, as the providers of this package make them.
        share: Part of the rows to break, 0 to 1.
        rng_key: Decides which rows; the same key breaks the same rows.

    Raises:
        ValueError: `share` is out of range, or no defect is known for the table's columns.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share is {share}: choose 0 to 1")
    defects = [(name, value) for name, value in _DEFECTS if name in table.column_names]
    if not defects:
        raise ValueError(f"no defect is known for the columns {', '.join(table.column_names)}")
    rows = table.num_rows
    ranks = generator("defects", rng_key).random(rows).argsort(kind="stable")
    broken = ranks[: round(share * rows)]
    for turn, (name, value) in enumerate(defects):
        hit = np.zeros(rows, dtype=np.bool_)
        hit[broken[turn :: len(defects)]] = True
        if hit.any():
            at = table.schema.get_field_index(name)
            field = table.schema.field(at)
            bad = pc.if_else(booleans(hit), _scalar(value, field.type), table.column(at))
            table = table.set_column(at, field, bad)
    return table
