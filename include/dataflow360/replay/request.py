"""What a replay of quarantine is asked for, as params.

This module is imported while DAG files are parsed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from dataflow360.pipeline.quarantine_filter import QuarantineFilter
from dataflow360.sources import sources

_COMMENT_LENGTH = 1_000
_RECORD_TYPES = sorted(
    {output.record_type for source in sources().values() for output in source.outputs}
)

RecordTypeName = Annotated[
    str | None,
    Field(pattern=f"^({'|'.join(_RECORD_TYPES)})$"),
    WithJsonSchema({"type": ["null", "string"], "enum": [None, *_RECORD_TYPES]}),
]

Comment = Annotated[
    str | None,
    Field(max_length=_COMMENT_LENGTH, pattern=r"\S"),
    WithJsonSchema({"type": ["null", "string"], "pattern": r"\S", "maxLength": _COMMENT_LENGTH}),
]


class ReplayRequest(QuarantineFilter):
    """The params of ``replay_quarantine``."""

    record_type: RecordTypeName = Field(
        default=None, title="Record type", description="Only records of this type."
    )

    dry_run: bool = Field(
        default=True,
        title="Dry run",
        description="Only show in the log what would happen; change nothing.",
    )
    dismiss: Comment = Field(
        default=None,
        title="Dismiss, because",
        description="Dismiss the records with this comment instead of replaying them.",
    )
