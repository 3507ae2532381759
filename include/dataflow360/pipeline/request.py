"""What a run is asked for: the params of its trigger form, checked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from dataflow360.errors import FatalError

if TYPE_CHECKING:
    from airflow.sdk import Param


def iso_day(text: str) -> date | None:
    """The day that a text names as YYYY-MM-DD, which alone is accepted; None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _day(value: object) -> object:
    if isinstance(value, str) and (value := iso_day(value)) is None:
        raise ValueError("give it as YYYY-MM-DD")
    return value


Day = Annotated[
    date | None,
    BeforeValidator(_day),
    WithJsonSchema({"type": ["null", "string"], "format": "date"}),
]


class Params(BaseModel):
    """The params of a DAG, declared once: its trigger form and their check come from the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def checked(cls, params: dict[str, Any]) -> Self:
        """Check params that come from anywhere.

        Raises:
            FatalError: One of them is unknown or out of range; the sentence names it.
        """
        try:
            return cls.model_validate(params)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise FatalError(
                f"The param {name} is wrong ({first['input']!r}): {first['msg']}; "
                "nothing was written."
            ) from error

    @classmethod
    def form(cls) -> dict[str, Param]:
        """The params of the DAG's trigger form."""
        from airflow.sdk import Param

        properties = cls.model_json_schema()["properties"]
        return {name: Param(**schema) for name, schema in properties.items()}


class Request(Params):
    """The params that every source has; a source adds its own by a subclass."""

    refetch: bool = Field(
        default=False,
        title="Fetch again",
        description="Fetch again what was fetched before, and publish just the difference.",
    )

    @property
    def content(self) -> str:
        """The params that shape the content of what is fetched, as canonical JSON."""
        return self.model_dump_json(exclude={"day", "refetch"})


class DerivedRequest(Request):
    """The params of what is made of other data: it is made anew, as these may have changed."""

    refetch: bool = Field(
        default=True,
        title="Make again",
        description="Make again what was made before, and publish just the difference.",
    )
    day: Day = Field(
        default=None,
        title="Day",
        description="Day to work on instead of those that were updated (YYYY-MM-DD).",
    )
