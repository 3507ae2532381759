"""Ask a store within a time limit: one that is down never holds up, or breaks, the page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from confluent_kafka import KafkaError

from dataflow360.errors import FatalError
from dataflow360.page.inert import visible
from dataflow360.page.models.common import Availability, Part

log = logging.getLogger(__name__)

_THREADS = 4
_CAUSE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Found[T]:
    """What a store has answered.

    Attributes:
        data: The answer; None when there is none.
        reason: Why there is none, as a sentence; None when there is one.
    """

    data: T | None
    reason: str | None = None

    @property
    def availability(self) -> Availability:
        """Whether there is an answer, as the page has it."""
        return Availability(available=self.reason is None, reason=self.reason)

    def part(self, kind: type[Part[T]]) -> Part[T]:
        """The answer as a part of the page."""
        return kind(available=self.reason is None, reason=self.reason, data=self.data)

    def map[U](self, change: Callable[[T], U]) -> Found[U]:
        """The answer in another form, if there is one."""
        return Found(None if self.data is None else change(self.data), self.reason)


class Store:
    """A store as the page asks it.

    It has threads of its own, so that one store that hangs takes none from the others. The same
    question is asked once at a time, and its answer (or failure) serves all for some seconds.
    """

    def __init__(
        self,
        name: str,
        seconds: float,
        *,
        module: str | None = None,
        kept_seconds: float = 2.0,
    ) -> None:
        """Ask nothing yet.

        Args:
            name: What a person calls the store.
            seconds: Time limit of an answer.
            module: What asks the store, with a client that is heavy to import.
            kept_seconds: For how long an answer serves after it has come.
        """
        self._name = name
        self._seconds = seconds
        self._module = module
        self._imported: ModuleType | None = None
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"page-{name}")
        self._kept_seconds = kept_seconds
        self._answers: dict[Hashable, asyncio.Future[Found[Any]]] = {}

    async def ask[T](self, key: Hashable, question: Callable[[], T]) -> Found[T]:
        """The answer to a question, or why there is none.

        Args:
            key: What tells the question from others.
            question: Asks the store; runs in a thread.
        """
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = asyncio.ensure_future(self._answer(question))
            loop = asyncio.get_running_loop()
            answer.add_done_callback(
                lambda _: loop.call_later(self._kept_seconds, self._answers.pop, key)
            )
        # Whoever asked first may go away; the others still wait for the same answer.
        return await asyncio.shield(answer)

    async def ask_module[T](self, key: Hashable, question: Callable[[Any], T]) -> Found[T]:
        """The answer to a question that takes the store's module.

        The module is imported on first use, which is not of the store's time.

        Raises:
            ValueError: The store has none.
        """
        if self._module is None:
            raise ValueError(f"The store {self._name} has no module of its own.")
        if self._imported is None:
            loop = asyncio.get_running_loop()
            self._imported = await loop.run_in_executor(self._pool, import_module, self._module)
        return await self.ask(key, partial(question, self._imported))

    async def _answer[T](self, question: Callable[[], T]) -> Found[T]:
        loop = asyncio.get_running_loop()
        try:
            data = await asyncio.wait_for(loop.run_in_executor(self._pool, question), self._seconds)
        except TimeoutError:
            return Found(
                None,
                f"{self._name} has not answered within {self._seconds:g} s; "
                "see whether it is up, and this page asks again.",
            )
        except FatalError as error:
            return Found(None, str(error))
        # Whatever a client raises, the other parts of the page are not to suffer from it.
        except Exception as error:
            log.exception("The page could not ask %s", self._name)
            return Found(
                None,
                f"{self._name} could not be asked: {_cause(error)}; see whether it is up, and "
                "the API server's log.",
            )
        return Found(data)


def _cause(error: Exception) -> str:
    """What an error says in one line, with nothing in it that acts."""
    # Cassandra's client has an error for each node.
    each = getattr(error, "errors", None)
    causes = list(each.values()) if isinstance(each, dict) and each else [error]
    lines = "; ".join(sorted({_words(cause) for cause in causes})).splitlines()
    return visible(lines[0] if lines else "", _CAUSE_CHARACTERS).rstrip(".")


def _words(error: object) -> str:
    match getattr(error, "args", ()):
        case (int(), str(words), *_):  # MySQL's client has a number before them
            return words
        case (KafkaError() as inner, *_):
            return str(inner.str())
        case _:
            return str(error).strip() or type(error).__name__
