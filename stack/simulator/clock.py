"""The simulator's time: that of the world outside, or a test's."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

Clock = Callable[[], datetime]
"""Tells the time, in UTC."""


def system() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


async def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock()


Now = Annotated[datetime, Depends(_now)]
"""Parameter of a route: the time at which the request is answered, in UTC."""
