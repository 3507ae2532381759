"""What a record type is, and the vocabulary in which one is declared.

A record type is declared once, in a module beside this one. Its pandera schema carries types,
ranges, nullability, descriptions and units; from it come the validation, the DDL of its store,
the JSON Schema of its topics and its page of the data dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc

#: Columns that every stored row carries beside those of its record type.
CONTENT_HASH = "content_hash"
BATCH_ID = "batch_id"

#: Type of a point in time, UTC: Parquet has no coarser one.
MOMENT = pa.timestamp("ms")
IATA_PATTERN = r"^[A-Z]{3}$"
TIME_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$"
#: Text is trimmed before it is checked; what is empty then must have become null.
TRIMMED_PATTERN = r"^\S(.*\S)?$"


class StorePlace(Protocol):
    """Where the rows of a record type are kept.

    Attributes:
        kind: The store: a module of ``dataflow360.stores``.
    """

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """Qualified name of the place in its store."""
        ...


@dataclass(frozen=True, slots=True)
class MySQLTable:
    """A table clustered by the natural key of its record type."""

    kind: ClassVar[str] = "mysql"
    database: str
    table: str

    @property
    def name(self) -> str:
        """Qualified name, as in ``meteo_db.donnees_meteo``."""
        return f"{self.database}.{self.table}"


@dataclass(frozen=True, slots=True)
class CassandraTable:
    """A table whose partitions stay bounded.

    Attributes:
        keyspace: Keyspace of the table.
        table: Name of the table.
        partition_key: Columns of the partition key; ``derived`` ones are allowed.
        clustering_key: Columns that order the rows in a partition; the first is the one by
            which a partition is read back, the last is the event id.
        derived: Columns that exist in the store only: name, Arrow type and how to compute them.
    """

    kind: ClassVar[str] = "cassandra"
    keyspace: str
    table: str
    partition_key: tuple[str, ...]
    clustering_key: tuple[str, ...]
    derived: tuple[tuple[str, pa.DataType, Callable[[pa.Table], pa.Array]], ...] = ()

    @property
    def name(self) -> str:
        """Qualified name, as in ``aerien.vols``."""
        return f"{self.keyspace}.{self.table}"


@dataclass(frozen=True, slots=True)
class RedisBoards:
    """The latest board of each place, and which version of each event was last written.

    A board is the JSON array of a place's rows under ``<prefix>:<place>``. It goes when its time
    is over. The versions stay longer than the source can be asked for the same events again, so
    that none of them is taken for a new one.

    Attributes:
        prefix: First part of the keys.
        place: Column whose value is the second part.
        day: Column with the date of the event; versions are kept by place and day.
        board_hours: Time to live of a board.
        version_days: Time to live of the versions of a day's events.
    """

    kind: ClassVar[str] = "redis"
    prefix: str
    place: str
    day: str
    board_hours: int
    version_days: int = 40

    @property
    def name(self) -> str:
        """Qualified name, as in ``redis.departures``."""
        return f"redis.{self.prefix}"


@dataclass(frozen=True, slots=True)
class DynamoDBTable:
    """Tables of DynamoDB that a Lambda function fills from a Kinesis stream.

    Attributes:
        stream: The stream.
        table: The latest row of each entity.
        history: Every row, by the natural key.
    """

    kind: ClassVar[str] = "dynamodb"
    stream: str
    table: str
    history: str

    @property
    def name(self) -> str:
        """Qualified name, as in ``dynamodb.dataflow_mongo``."""
        return f"dynamodb.{self.table}"


@dataclass(frozen=True, slots=True, eq=False)
class RecordType:
    """One kind of record, declared once.

    Attributes:
        name: French name at rest; also the first part of every event id.
        version: Raised when the contract changes incompatibly; part of the JSON Schema's id.
        description: One sentence for the data dictionary.
        schema: pandera schema over Arrow-backed columns, in their order at rest.
        natural_key: Columns that identify an event.
        id_column: Name of the event id at rest (a UUIDv5 of name and natural key).
        entity: Column that is the Kafka partition key, so that order holds per entity.
        event_time: RFC 3339 time of each event, from a table of valid rows; missing where the
            rows carry no date.
        store: Where the rows are kept.
        topics: Topics that may carry this record type; none where its rows go through a stream.
    """

    name: str
    version: int
    description: str
    schema: pandera.DataFrameSchema
    natural_key: tuple[str, ...]
    id_column: str
    entity: str
    event_time: Callable[[pa.Table], pa.Array]
    store: StorePlace
    topics: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the declared columns, in their order at rest."""
        return tuple(self.schema.columns)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The declared columns as an Arrow schema; what may be missing is the check's business."""
        return pa.schema([(name, arrow_type(c)) for name, c in self.schema.columns.items()])

    @property
    def schema_id(self) -> str:
        """URN of the JSON Schema that the messages of this type obey."""
        return f"urn:dataflow360:schema:{self.name}:{self.version}"


def arrow_type(column: pandera.Column) -> pa.DataType:
    """Arrow type of a declared column."""
    return column.dtype.type.pyarrow_dtype


def _column(
    dtype: pa.DataType,
    description: str,
    checks: Sequence[pandera.Check],
    *,
    nullable: bool,
    unit: str | None,
    max_length: int | None = None,
) -> pandera.Column:
    return pandera.Column(
        pd.ArrowDtype(dtype),
        list(checks),
        nullable=nullable,
        description=description,
        metadata={"unit": unit, "max_length": max_length},
    )


def text(
    description: str,
    max_length: int,
    *,
    one_of: Sequence[str] | None = None,
    pattern: str = TRIMMED_PATTERN,
    nullable: bool = False,
) -> pandera.Column:
    """Declare a text column.

    Args:
        description: What it holds.
        max_length: Characters at most; the length of the SQL column.
        one_of: The only values allowed, when they are few and known.
        pattern: Regular expression that each value matches, when ``one_of`` is not given.
        nullable: Whether it may be missing.
    """
    checks = (
        [pandera.Check.isin(list(one_of), error="is not one of the known values")]
        if one_of is not None
        else [
            pandera.Check.str_matches(pattern, error=f"does not match {pattern}"),
            pandera.Check.str_length(max_value=max_length, error=f"is longer than {max_length}"),
        ]
    )
    return _column(
        pa.string(), description, checks, nullable=nullable, unit=None, max_length=max_length
    )


def iata(description: str, *, one_of: Sequence[str] | None = None) -> pandera.Column:
    """Declare an airport code (three capitals, IATA Resolution 763)."""
    return text(description, 3, one_of=one_of, pattern=IATA_PATTERN)


def number(
    description: str, unit: str, minimum: float, maximum: float, *, nullable: bool = False
) -> pandera.Column:
    """Declare a measured quantity (64-bit float) with its unit and plausible range."""
    return _column(
        pa.float64(), description, _range(minimum, maximum, unit), nullable=nullable, unit=unit
    )


def integer(
    description: str,
    unit: str,
    minimum: int,
    maximum: int,
    *,
    bits: Literal[8, 16, 32] = 16,
    nullable: bool = False,
) -> pandera.Column:
    """Declare a whole quantity of 8, 16 or 32 bits with its unit and plausible range."""
    dtype = {8: pa.int8(), 16: pa.int16(), 32: pa.int32()}[bits]
    return _column(dtype, description, _range(minimum, maximum, unit), nullable=nullable, unit=unit)


def boolean(description: str) -> pandera.Column:
    """Declare a truth value."""
    return _column(pa.bool_(), description, [], nullable=False, unit=None)


def day(description: str) -> pandera.Column:
    """Declare a calendar date."""
    return _column(pa.date32(), description, [], nullable=False, unit=None)


def moment(description: str, *, nullable: bool = False) -> pandera.Column:
    """Declare a point in time, UTC, in whole seconds."""
    return _column(MOMENT, description, [], nullable=nullable, unit=None)


def rfc3339(moments: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Points in time as text, ``2026-11-01T06:00:00Z``."""
    return pc.strftime(pc.cast(moments, pa.timestamp("s")), "%Y-%m-%dT%H:%M:%SZ")


def _range(minimum: float, maximum: float, unit: str) -> list[pandera.Check]:
    return [
        pandera.Check.ge(minimum, error=f"is below {minimum} {unit}".rstrip()),
        pandera.Check.le(maximum, error=f"is above {maximum} {unit}".rstrip()),
    ]
