"""What ``aws_setup`` is asked for, as params.

This module is imported while DAG files are parsed.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dataflow360.pipeline.request import Params


class SetupRequest(Params):
    """The params of ``aws_setup``; the reasons for the defaults are in the DAG's documentation."""

    shards: int = Field(
        default=1, ge=1, le=100, title="Shards", description="Shards of the stream."
    )
    batch_size: int = Field(
        default=500,
        ge=1,
        le=10_000,
        title="Batch size",
        description="Records that one invocation gets at most.",
    )
    window_seconds: int = Field(
        default=0,
        ge=0,
        le=300,
        title="Window",
        description="Seconds that Lambda waits at most for a batch to fill.",
    )
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = Field(
        default="TRIM_HORIZON",
        title="Starting position",
        description="Where reading starts when the mapping is made; a mapping that exists goes on "
        "from where it is.",
    )
    maximum_retry_attempts: int = Field(
        default=3,
        ge=0,
        le=10_000,
        title="Attempts after the first",
        description="How often a batch that fails is delivered again before it is given up to the "
        "failure queue.",
    )
