"""Turn what the clients of the servers raise into the project's errors, readable in a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dataflow360.errors import DataFlowError

_LATER = "this task tries again later"


@contextmanager
def readable_failures(administrator: str = "", next_step: str = _LATER) -> Iterator[None]:
    """Say in one sentence which server failed, why, and what happens next.

    Args:
        administrator: What the names of the connections end in where an administrator's are in
            use.
        next_step: What is done when a server does not answer.

    Raises:
        RetriableError: A server is away, busy or has given the work to another run.
        FatalError: A server refuses the project's user.
    """
    try:
        yield
    except DataFlowError:
        raise
    except Exception as error:
        meaning = _meaning(error, administrator, next_step)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
    """What the stores and the servers that serve for more than rows make of an error."""
    # The clients are imported only now: there is nothing to explain in most processes.
    from dataflow360.clients import aws, mysql, redis
    from dataflow360.stores.store import kinds, store_of
    from dataflow360.streams import kafka

    of_stores = (store_of(kind).failure for kind in kinds())
    for failure in (mysql.failure, kafka.failure, redis.failure, aws.failure, *of_stores):
        if meaning := failure(error, administrator, next_step):
            return meaning
    return None
