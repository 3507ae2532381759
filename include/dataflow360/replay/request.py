"""What a replay of quarantine is asked for, as params.

This module is imported while DAG files are parsed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from dataflow360.pipeline.quarantine_filter import QuarantineFilter

_COMMENT_LENGTH = 1_000

Comment = Annotated[
    str | None,
    Field(max_length=_COMMENT_LENGTH, pattern=r"\S"),
    WithJsonSchema({"type": ["null", "string"], "pattern": r"\S", "maxLength": _COMMENT_LENGTH}),
]


class ReplayRequest(QuarantineFilter):
    """The params of ``replay_quarantine``."""

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
