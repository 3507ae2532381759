"""What the stack runs: programs under the supervisor, and the services that they make up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def nothing() -> None:
    """The step of a service that has none."""


@dataclass(frozen=True)
class Program:
    """A server process: how it is started and stopped.

    ``ports`` are the short names of the ports that it listens on. ``stop_group`` sends the stop
    signal to the program's children as well. ``environment`` is added to the supervisor's; it
    holds no secret.
    """

    name: str
    command: tuple[str, ...]
    directory: Path
    ports: tuple[str, ...] = ()
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    stop_group: bool = False
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """One or more programs that are made ready together, once those in ``needs`` are.

    ``prepare`` writes configuration and first data; ``probe`` raises while the service does not
    answer in its own protocol; ``initialise`` creates users and schemas with the administrator's
    credentials. All three are safe to repeat.
    """

    name: str
    programs: tuple[Program, ...] = ()
    needs: tuple[str, ...] = ()
    prepare: Callable[[], None] = nothing
    probe: Callable[[], None] = nothing
    initialise: Callable[[], None] = nothing
    ready_seconds: int = 240
