"""Redis: clients through the provider's hook, and what their failures mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.redis.hooks.redis import RedisHook
from redis import exceptions

from dataflow360.errors import DataFlowError, FatalError, RetriableError

CONNECTION_ID = "dataflow360_redis"


@contextmanager
def connect() -> Iterator[Any]:
    """Open a client, and close its connections in the end."""
    hook: Any = RedisHook(CONNECTION_ID)
    client = hook.get_conn()
    try:
        yield client
    finally:
        client.close()


def failure(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
    """What an error of the client means; None if it is another's, or the command's own fault."""
    if isinstance(error, exceptions.AuthenticationError | exceptions.NoPermissionError):
        return FatalError(
            f"Redis refuses the user of connection {CONNECTION_ID}{administrator}: {error}; "
            "mend its password or access list."
        )
    if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
        return RetriableError(
            f"Redis (connection {CONNECTION_ID}{administrator}) does not answer: {error}; "
            f"{next_step}."
        )
    return None
