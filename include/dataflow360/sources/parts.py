"""Ask a source for its parts, several at a time; one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import DataFlowError

_AT_ONCE = 8


def answers_of(
    parts: Sequence[str], call: Callable[[str], bytes], kept: RawAnswers
) -> Iterator[tuple[str, bytes | DataFlowError]]:
    """What a source answers for each of its parts, in their order.

    Args:
        parts: Names of the parts.
        call: Calls the source for one of them; used by several threads.
        kept: The answers that there are already: their parts are not called again.

    Yields:
        Each part with its answer, or with the project's error that it met instead.
    """

    def answer(part: str) -> bytes | DataFlowError:
        before = kept.get(part)
        if before is not None:
            return before
        try:
            new = call(part)
        except DataFlowError as error:
            return error
        kept.put(part, new)
        return new

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from zip(parts, pool.map(answer, parts), strict=True)
