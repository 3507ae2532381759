"""What a comparison is made of: variants that do the same work on the same rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, Self

Work = Callable[[], object]


class Remark(str):
    """What a work has to say of itself, beside its time."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Job:
    """What a variant is asked to do.

    Attributes:
        folder: Where the comparison's input lies.
        rows: How many of its rows to work on.
        round: Number of the repetition, from 0.
    """

    folder: Path
    rows: int
    round: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The job for another process, as JSON takes it."""
        return {**asdict(self), "folder": str(self.folder)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        return cls(Path(values["folder"]), values["rows"], values["round"])


class Destination(Protocol):
    """A table or topic of the benchmark's own."""

    def create(self) -> None:
        """Make it, empty."""
        ...

    def empty(self) -> None:
        """Take everything out of it."""
        ...

    def count(self) -> int:
        """How many rows or messages it holds."""
        ...

    def drop(self) -> None:
        """Remove it, if it is there."""
        ...


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of doing the work.

    Attributes:
        name: Name on the command line of the process that runs it.
        title: What it is called in the table.
        open: Makes everything ready that is not measured, and yields what is.
        destination: Where its rows go; emptied before each round and counted after it.
        most_rows: Works on no more rows than this, because it is slow: it is judged by its rate.
    """

    name: str
    title: str
    open: Callable[[Job], AbstractContextManager[Work]]
    destination: Destination | None = None
    most_rows: int | None = None

    def rows_of(self, rows: int) -> int:
        """How many of a comparison's rows it works on."""
        return rows if self.most_rows is None else min(rows, self.most_rows)


@dataclass(frozen=True, slots=True)
class Target:
    """How many times the rate of another variant one of ours shall reach.

    Attributes:
        ours: Name of our variant.
        label: What it is called beside the ratio.
        other: Name of the variant that it is held against.
        at_least: The ratio; below 1 it is shown as a percentage.
    """

    ours: str
    label: str
    other: str
    at_least: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Variants, measured one after the other in each round.

    Attributes:
        name: Name on the command line.
        title: Heading in the table.
        rows: How many rows, unless the command line says otherwise.
        variants: In the order in which a round measures them.
        targets: What is to be reached.
        destinations: Tables and topics to make before and to remove after.
        prepare: Makes the input of all variants and of the given number of rounds, in a process
            of its own.
        repeatable: False when the variants are steps, one after the other, on the same batch.
    """

    name: str
    title: str
    rows: int
    variants: tuple[Variant, ...]
    targets: tuple[Target, ...] = ()
    destinations: tuple[Destination, ...] = ()
    prepare: Callable[[Job, int], None] | None = None
    repeatable: bool = True
