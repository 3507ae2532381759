"""Cassandra: sessions through the provider's hook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.apache.cassandra.hooks.cassandra import CassandraHook
from cassandra.query import tuple_factory

CONNECTION_ID = "dataflow360_cassandra"


@contextmanager
def connect() -> Iterator[Any]:
    """Open a session, and close its cluster in the end."""
    hook = CassandraHook(CONNECTION_ID)
    try:
        session = hook.get_conn()
        session.row_factory = tuple_factory
        yield session
    finally:
        hook.shutdown_cluster()
