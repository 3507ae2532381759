"""The put step: the rows of a batch go on the Kinesis stream, and it is noted where they lie.

Putting again is harmless, as the consumer writes the same observation any number of times: a retry
or a cleared task puts the whole batch. The note, ``put.parquet`` beside the batch's rows, replaces
that of an earlier attempt when all rows are on the stream.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import pyarrow as pa

from dataflow360 import names
from dataflow360.clients import mysql
from dataflow360.clients.aws import client
from dataflow360.errors import FatalError
from dataflow360.pipeline import landing, registry
from dataflow360.pipeline.staging import CHANGED, NEW
from dataflow360.pipeline.zone import ZonePath
from dataflow360.stores import dynamodb_tables
from dataflow360.streams import kinesis, measurements
from dataflow360.streams.kinesis import Place

log = logging.getLogger(__name__)

UNCHANGED = "unchanged"

_FILE = "put.parquet"
_BEGAN = b"began"
_SCHEMA = pa.schema(
    [
        ("ville", pa.string()),
        ("moment", pa.int64()),
        ("data", pa.binary()),
        ("shard", pa.string()),
        ("sequence", pa.string()),
        ("change", pa.string()),
        ("before", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A row that is on the stream.

    Attributes:
        ville: City.
        moment: Unix seconds.
        data: The record of the stream.
        shard: Shard that it lies in.
        sequence: Its number there.
        change: Whether the tables held it before: ``new``, ``changed`` or ``unchanged``.
        before: Digest of another version that the history held before; None where there was none.
    """

    ville: str
    moment: int
    data: bytes
    shard: str
    sequence: str
    change: str
    before: str | None

    @property
    def key(self) -> dynamodb_tables.Key:
        """What it is in the tables."""
        return self.ville, self.moment

    @property
    def place(self) -> Place:
        """Where it lies on the stream."""
        return Place(self.shard, self.sequence)


@dataclass(frozen=True, slots=True)
class Note:
    """What was put of a batch.

    Attributes:
        began: When, by MySQL's clock (UTC): what was refused before is another matter.
        sent: The rows.
    """

    began: datetime
    sent: list[Sent]

    @classmethod
    def of(cls, folder: ZonePath) -> Self:
        """Read the note beside a batch.

        Raises:
            FatalError: There is none.
        """
        try:
            table = landing.read_table(folder / _FILE)
        except FileNotFoundError as error:
            raise FatalError(
                f"Nothing is noted of the batch {folder.name} having been put on {names.STREAM}; "
                "clear its put task."
            ) from error
        began = datetime.fromisoformat(table.schema.metadata[_BEGAN].decode())
        return cls(began, [Sent(**row) for row in table.to_pylist()])


def put(batch_id: str) -> str:
    """Put a batch on the stream; returns its id.

    Raises:
        RetriableError: The stream has refused some rows for a minute.
    """
    with mysql.connect() as connection:
        batch = registry.get(connection, batch_id)
        began: datetime = mysql.fetch(connection, "SELECT UTC_TIMESTAMP(6)")[0][0]
        schema = _SCHEMA.with_metadata({_BEGAN: began.isoformat().encode()})
        landing.write_tables(batch.folder / _FILE, schema, _put_rows(batch.folder, schema))
        registry.mark(connection, batch_id, "published")
    return batch_id


def _put_rows(folder: ZonePath, schema: pa.Schema) -> Iterator[pa.Table]:
    stream, dynamodb = client("kinesis"), client("dynamodb")
    total = 0
    for rows in landing.valid_rows(folder):
        records = list(measurements.records(rows))
        keys = [dynamodb_tables.key_of(record.data) for record in records]
        held = dynamodb_tables.hold(dynamodb, keys)
        places = kinesis.put(stream, names.STREAM, records)
        sent = [
            Sent(*key, record.data, place.shard, place.sequence, *_before(held, key, record.data))
            for key, record, place in zip(keys, records, places, strict=True)
        ]
        total += len(sent)
        log.info("%s records are on %s", total, names.STREAM)
        columns = {name: [getattr(each, name) for each in sent] for name in schema.names}
        yield pa.table(columns, schema)


def _before(
    held: dynamodb_tables.Held, key: dynamodb_tables.Key, data: bytes
) -> tuple[str, str | None]:
    """What a row is to the tables as they were, and the digest of another version of it."""
    item = held.history.get(key)
    if item is None:
        return NEW, None
    if not dynamodb_tables.is_same(item, data):
        return CHANGED, dynamodb_tables.digest(item)
    return UNCHANGED, None
