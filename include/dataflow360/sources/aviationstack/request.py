"""The params of ``aviationstack``.

This module is imported while DAG files are parsed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from dataflow360.sources.places import AirportsRequest

_MOST_CALLS = 10_000

Calls = Annotated[
    int | None,
    Field(ge=1, le=_MOST_CALLS),
    WithJsonSchema({"type": ["null", "integer"], "minimum": 1, "maximum": _MOST_CALLS}),
]


class AviationstackRequest(AirportsRequest):
    """The params of ``aviationstack``."""

    calls: Calls = Field(
        default=None,
        title="Calls",
        description="Use so many calls now, instead of those that are due by today; never more "
        "than the month has left.",
    )
