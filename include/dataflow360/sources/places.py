"""The airports that a run is asked for, as a param.

This module is imported while DAG files are parsed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from dataflow360.airports import AIRPORTS
from dataflow360.pipeline.request import Request

_CODES = list(AIRPORTS)
_CITIES = {airport.iata: f"{airport.iata} {airport.city}" for airport in AIRPORTS.values()}

Airports = Annotated[
    tuple[Annotated[str, Field(pattern=f"^({'|'.join(_CODES)})$")], ...],
    Field(min_length=1),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "enum": _CODES},
            "minItems": 1,
            "uniqueItems": True,
            "examples": _CODES,
            "values_display": _CITIES,
        }
    ),
]


class AirportsRequest(Request):
    """The params of a source that is asked airport by airport."""

    airports: Airports = Field(
        default=tuple(_CODES), title="Airports", description="IATA codes of the airports."
    )
