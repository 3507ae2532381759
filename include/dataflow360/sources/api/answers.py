"""Ask an API for the parts of a source, several at a time, and read its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from pydantic import ValidationError

from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import DataFlowError, FatalError, SkippableError
from dataflow360.pipeline.chunk import Missing

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


def records_of(
    answers: Iterable[tuple[str, bytes | DataFlowError]],
    split: Callable[[bytes], list[bytes]],
    unknown: SkippableError | None = None,
) -> Iterator[list[bytes] | Missing]:
    """The records in each part's answer.

    Args:
        answers: The parts, as :func:`answers_of` has them.
        split: The records of an answer; a ``FatalError`` of it is the part's own.
        unknown: Why an answer has no record, where that may be.

    Yields:
        The records of a part, or that it is missing; those without any record at the end.

    Raises:
        SkippableError: No part has any record, and none is missing for another reason.
    """
    empty: list[str] = []
    others = 0
    for part, answer in answers:
        try:
            records = answer if isinstance(answer, DataFlowError) else split(answer)
        except FatalError as error:
            records = error
        if isinstance(records, list) and not records and unknown is not None:
            empty.append(part)
            continue
        others += 1
        yield Missing(part, records) if isinstance(records, DataFlowError) else records
    if unknown is not None and empty and not others:
        raise unknown
    for part in empty:
        assert unknown is not None  # noqa: S101
        yield Missing(part, unknown)


def first_fault(error: ValidationError) -> str:
    """The first fault that pydantic found in a record, as a sentence."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place or 'the record'}: {fault['msg']}"
