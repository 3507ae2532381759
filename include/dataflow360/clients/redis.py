"""Redis: clients through the provider's hook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.redis.hooks.redis import RedisHook

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
