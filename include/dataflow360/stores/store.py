"""What a store is: how rows are written and found there, and what it says of itself.

Each module beside this one that has a ``STORE`` is a store; its name is the ``kind`` that a record
type's declaration gives. It is imported when it is needed: only then, its client is.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import pyarrow as pa

from dataflow360.errors import DataFlowError
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import RecordType


@dataclass(frozen=True, slots=True)
class Known:
    """What a store holds of some rows, aligned with them; null where it does not hold the row.

    Attributes:
        hashes: Content hash of the stored version (int64).
        batch_ids: Batch that last wrote it (string).
    """

    hashes: pa.Array
    batch_ids: pa.Array


class Store(Protocol):
    """A session with the store of one record type; its class describes the store itself."""

    @classmethod
    def open(cls, record: RecordType, mysql_connection: Any) -> AbstractContextManager[Store]:
        """Open the store for a record type, and close it in the end.

        Args:
            record: A record type that is kept there.
            mysql_connection: Session of the pipeline's own accounts. Rows that are kept in MySQL
                go through it as well: the session that holds a lock is then the one that writes.
        """
        ...

    @staticmethod
    def description(record: RecordType) -> str:
        """Where the rows of a record type are, as the data dictionary tells it."""
        ...

    @staticmethod
    def failure(error: Exception, administrator: str, next_step: str) -> DataFlowError | None:
        """What an error of the store's client means; None, by default, if it is another's.

        Args:
            error: What the client has raised.
            administrator: What the names of the connections end in where an administrator's are
                in use.
            next_step: What is done when the server does not answer.
        """
        del error, administrator, next_step
        return None

    @staticmethod
    def ddl() -> dict[str, list[str]]:
        """Statements that create what rows need, by the file that shows them; none by default."""
        return {}

    @staticmethod
    def provision(replication_factor: int | None) -> str:
        """Make, as an administrator, what must be there before rows come; nothing by default.

        It is safe to repeat: what is there stays as it is, and users get the passwords of now.

        Args:
            replication_factor: On how many nodes a row is kept, if the store is asked for another
                number than its own.

        Returns:
            What is there now, as a sentence.

        Raises:
            FatalError: A connection is missing, or the server refuses what it is asked for.
        """
        del replication_factor
        return "Nothing must be made there before rows come."

    def lookup(self, rows: pa.Table) -> Known:
        """Find the stored versions of rows that carry ``event_id`` and the natural key."""
        ...

    def upsert(self, rows: pa.Table, batch_id: str, order: int) -> None:
        """Write rows by their key, replacing older versions.

        Args:
            rows: Rows of a delta: the contract's columns, ``event_id`` and ``content_hash``.
            batch_id: Batch that they belong to.
            order: Stage order of the batch in microseconds; a version of a higher order is
                never replaced by one of a lower order.
        """
        ...

    def finish_batch(self, tables: Iterable[pa.Table], as_of: str, order: int) -> None:
        """Do what takes all rows of a batch, once its delta is written; nothing by default.

        Args:
            tables: All valid rows of the batch.
            as_of: The batch's interval, in a form that sorts by time.
            order: Stage order of the batch.
        """
        del tables, as_of, order


def store_of(kind: str) -> type[Store]:
    """The store of a kind, such as ``mysql``."""
    store: type[Store] = import_module(f"{__package__}.{kind}").STORE
    return store


def kinds() -> list[str]:
    """The kinds of stores that record types are kept in."""
    return sorted({record.store.kind for record in RECORD_TYPES.values()})


def open_store(record: RecordType, mysql_connection: Any) -> AbstractContextManager[Store]:
    """Open the store that a record type is kept in, as ``Store.open`` does."""
    return store_of(record.store.kind).open(record, mysql_connection)
