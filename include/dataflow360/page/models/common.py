"""What the answers have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Natural = Annotated[int, Field(ge=0)]


class Answer(BaseModel):
    """What all answers have in common: no field may be forgotten or made up."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Availability(Answer):
    """Whether a store has answered in time.

    Attributes:
        available: False when it has not: the part is greyed.
        reason: Then one sentence that says what failed.
    """

    available: bool
    reason: str | None = None


class Part[T](Availability):
    """What one store knows.

    Attributes:
        data: None when it is not available.
    """

    data: T | None = None


class Count(Answer):
    """A bounded count.

    Attributes:
        value: How many there are, or the most that is counted.
        more: Whether there are more than that.
    """

    value: Natural
    more: bool = False
