"""Asking a service again until its answer will do, for a while."""

from __future__ import annotations

from collections.abc import Callable

from tenacity import Retrying, retry_if_result, stop_after_delay
from tenacity.wait import wait_base


def poll[Answer](
    ask: Callable[[], Answer],
    *,
    again: Callable[[Answer], bool],
    wait: wait_base,
    seconds: float,
) -> Answer:
    """Ask until an answer will do, or the time is over.

    Args:
        ask: The question.
        again: Whether an answer calls for another try.
        wait: How long to wait before it.
        seconds: When to give up.

    Returns:
        The last answer, which may still be one that will not do.

    Raises:
        Exception: Whatever the question raises, at once.
    """
    retrying = Retrying(
        retry=retry_if_result(again),
        wait=wait,
        stop=stop_after_delay(seconds),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    return retrying(ask)
