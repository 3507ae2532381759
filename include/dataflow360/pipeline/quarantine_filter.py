"""Which records of quarantine are meant, as params.

This module is imported while DAG files are parsed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from dataflow360.pipeline.request import Day, Params

_MOST_IDS = 1_000
_ID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def _optional_text(max_length: int) -> WithJsonSchema:
    return WithJsonSchema({"type": ["null", "string"], "minLength": 1, "maxLength": max_length})


ShortText = Annotated[str | None, Field(min_length=1, max_length=250), _optional_text(250)]
Ids = Annotated[
    tuple[Annotated[str, Field(pattern=_ID_PATTERN)], ...] | None,
    Field(max_length=_MOST_IDS),
    WithJsonSchema(
        {
            "type": ["null", "array"],
            "items": {"type": "string", "pattern": _ID_PATTERN},
            "maxItems": _MOST_IDS,
        }
    ),
]


class QuarantineFilter(Params):
    """Which records of quarantine are meant: those that meet all of what is given."""

    record_type: ShortText = Field(
        default=None, title="Record type", description="Only records of this type."
    )
    dag: ShortText = Field(
        default=None, title="DAG", description="Only records that this DAG has refused."
    )
    batch_id: ShortText = Field(
        default=None, title="Batch", description="Only records last seen in this batch."
    )
    reason: ShortText = Field(
        default=None,
        title="Reason",
        description="Only records whose reason contains this text; capitals do not matter.",
    )
    since: Day = Field(
        default=None, title="Since", description="Only records seen on or after this day, UTC."
    )
    ids: Ids = Field(
        default=None, title="Records", description="Only the records of these quarantine ids."
    )
    limit: int = Field(
        default=1_000,
        ge=1,
        le=100_000,
        title="At most",
        description="How many records are taken at most, those seen last first.",
    )
