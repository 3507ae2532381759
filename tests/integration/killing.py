"""Kill a process in the middle of a step, at a point that a test names."""

import functools
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from dataflow360.pipeline import chunk

_CONTEXT = multiprocessing.get_context("forkserver")
# What is imported once here is not imported by each process that is killed.
_CONTEXT.set_forkserver_preload(
    [
        "tests.integration.support",
        "dataflow360.faker_providers",
        "pyarrow.dataset",
    ]
)

#: Small enough for a day of synthetic data to be many chunks, and so several transactions.
SMALL_CHUNK = 25


@dataclass(frozen=True)
class Point:
    """Where to die: before, inside or after the n-th call of a function of the library.

    Attributes:
        step: The step that is running.
        target: ``module:attribute`` below ``dataflow360``.
        when: ``before`` or ``after`` the call; ``inside`` the body of a context manager, at its
            end.
        call: Number of the call, from 1.
    """

    step: str
    target: str
    when: str = "before"
    call: int = 1

    def __str__(self) -> str:
        return f"{self.step}-{self.when}-{self.target.replace(':', '.')}-{self.call}"


def run_and_kill(point: Point, work: Callable[..., Any], *args: Any) -> None:
    """Run work in a process of its own that kills itself with SIGKILL at the point."""
    process = _CONTEXT.Process(target=_body, args=(point, work, args, dict(os.environ)))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL, f"{point} was never reached: {process.exitcode}"


def small_chunks() -> None:
    """Make batches of several chunks from few rows."""
    chunk.regroup.__defaults__ = (SMALL_CHUNK,)


def _body(
    point: Point, work: Callable[..., Any], args: tuple[Any, ...], environment: dict[str, str]
) -> None:
    os.environ.update(environment)
    small_chunks()
    module_name, _, path = point.target.partition(":")
    owner: Any = import_module(f"dataflow360.{module_name}")
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, _deadly(getattr(owner, name), point))
    work(*args)


def _deadly(function: Callable[..., Any], point: Point) -> Callable[..., Any]:
    calls = 0

    def reached() -> bool:
        nonlocal calls
        calls += 1
        return calls == point.call

    @functools.wraps(function)
    def dying(*args: Any, **kwargs: Any) -> Any:
        here = reached()
        if here and point.when == "before":
            _die()
        result = function(*args, **kwargs)
        if here and point.when == "after":
            _die()
        return result

    @contextmanager
    def dying_inside(*args: Any, **kwargs: Any) -> Iterator[Any]:
        here = reached()
        with function(*args, **kwargs) as value:
            yield value
            if here:
                _die()

    return dying_inside if point.when == "inside" else dying


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
