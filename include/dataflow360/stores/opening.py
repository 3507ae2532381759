"""Open the store of a record type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dataflow360.records.contract import CassandraTable, MySQLTable, RecordType, RedisBoards
from dataflow360.stores.store import Store


@contextmanager
def open_store(record: RecordType, mysql_connection: Any) -> Iterator[Store]:
    """Open the store that a record type is kept in, and close it in the end.

    Args:
        record: The record type.
        mysql_connection: Session of the pipeline's own accounts. Rows that are kept in MySQL go
            through it as well: the session that holds a lock is then the one that writes.
    """
    if isinstance(record.store, MySQLTable):
        from dataflow360.stores.mysql import MySQLStore

        yield MySQLStore(mysql_connection, record, record.store)
    elif isinstance(record.store, RedisBoards):
        from dataflow360.clients import redis
        from dataflow360.stores.redis import RedisStore

        with redis.connect() as client:
            yield RedisStore(client, record, record.store)
    elif isinstance(record.store, CassandraTable):
        from dataflow360.clients import cassandra
        from dataflow360.stores.cassandra import CassandraStore

        with cassandra.connect() as session:
            yield CassandraStore(session, record, record.store)
    else:
        from dataflow360.stores.dynamodb import DynamoDBStore

        yield DynamoDBStore(record.store)
