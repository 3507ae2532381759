"""What a record type is, and the vocabulary in which one is declared.

A record type is declared once, in a module beside this one. Its columns carry types, rules,
nullability, descriptions and units; from them come the validation, the DDL of its store, the JSON
Schema of its topics and its page of the data dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from dataflow360.airports import AIRPORTS

#: Columns that every stored row carries beside those of its record type.
CONTENT_HASH = "content_hash"
BATCH_ID = "batch_id"

#: Type of a point in time, UTC: Parquet has no coarser one.
MOMENT = pa.timestamp("ms")


@dataclass(frozen=True, slots=True)
class Range:
    """A number from ``minimum`` to ``maximum``, both included; what is no number (NaN) is not."""

    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of few values."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    r"""Text of a certain form.

    Attributes:
        regex: For JSON Schema (ECMA 262), from ``^`` to ``$``.
        wanted: The form in words, as in "an IATA code of three capital letters".
        re2: The same for Arrow (RE2), where it is not: ``\S`` and ``.`` are of ASCII there.
    """

    regex: str
    wanted: str
    re2: str = ""


IATA = Pattern(r"^[A-Z]{3}$", "an IATA code of three capital letters")
TIME = Pattern(r"^([01]\d|2[0-3]):[0-5]\d$", "a time from 00:00 to 23:59")
FLIGHT_NUMBER = Pattern(r"^[A-Z0-9]{2}[0-9]{1,4}[A-Z]?$", "a flight number such as AF718")
#: Some boards have the ICAO designator of the airline, which has three letters.
BOARD_NUMBER = Pattern(r"^[A-Z0-9]{2,3}[0-9]{1,4}[A-Z]?$", "a flight number such as AF718")

_INK = r"[^\s\pZ\x{0b}\x{1c}-\x{1f}\x{85}\x{feff}]"
#: Text is trimmed before it is checked; what is empty then must have become null.
TRIMMED = Pattern(
    r"^\S(.*\S)?$",
    "one line of text without blanks at its ends",
    rf"^{_INK}([^\n\r\x{{2028}}\x{{2029}}]*{_INK})?$",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a record type.

    Attributes:
        dtype: Its type.
        description: What it holds; a sentence.
        rule: What its values obey beside their type.
        nullable: Whether a value may be missing.
        unit: Unit of its values; empty where they have none.
        max_length: Characters of a text at most; the length of the SQL column.
    """

    dtype: pa.DataType
    description: str
    rule: Range | OneOf | Pattern | None = None
    nullable: bool = False
    unit: str = ""
    max_length: int = 0


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
        schema: The columns by name, in their order at rest.
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
    schema: Mapping[str, Column]
    natural_key: tuple[str, ...]
    id_column: str
    entity: str
    event_time: Callable[[pa.Table], pa.Array]
    store: StorePlace
    topics: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the declared columns, in their order at rest."""
        return tuple(self.schema)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The declared columns as an Arrow schema; what may be missing is the check's business."""
        return pa.schema([(name, column.dtype) for name, column in self.schema.items()])

    @property
    def schema_id(self) -> str:
        """URN of the JSON Schema that the messages of this type obey."""
        return f"urn:dataflow360:schema:{self.name}:{self.version}"


def text(
    description: str,
    max_length: int,
    *,
    one_of: Sequence[str] | None = None,
    pattern: Pattern = TRIMMED,
    nullable: bool = False,
) -> Column:
    """Declare a text column.

    Args:
        description: What it holds.
        max_length: Characters at most; the length of the SQL column.
        one_of: The only values allowed, when they are few and known.
        pattern: Form of each value, when ``one_of`` is not given.
        nullable: Whether it may be missing.
    """
    rule = pattern if one_of is None else OneOf(tuple(one_of))
    return Column(pa.string(), description, rule, nullable=nullable, max_length=max_length)


def iata(description: str) -> Column:
    """Declare an airport code (three capitals, IATA Resolution 763)."""
    return text(description, 3, pattern=IATA)


def airport(description: str) -> Column:
    """Declare the IATA code of one of the project's airports."""
    return text(description, 3, one_of=list(AIRPORTS))


def city(description: str) -> Column:
    """Declare the city of one of the project's airports."""
    return text(description, 40, one_of=sorted({each.city for each in AIRPORTS.values()}))


def country(description: str) -> Column:
    """Declare the country of one of the project's airports."""
    return text(description, 40, one_of=sorted({each.country for each in AIRPORTS.values()}))


def number(
    description: str, unit: str, minimum: float, maximum: float, *, nullable: bool = False
) -> Column:
    """Declare a measured quantity (64-bit float) with its unit and plausible range."""
    return Column(pa.float64(), description, Range(minimum, maximum), nullable=nullable, unit=unit)


def integer(
    description: str,
    unit: str,
    minimum: int,
    maximum: int,
    *,
    bits: Literal[8, 16, 32] = 16,
    nullable: bool = False,
) -> Column:
    """Declare a whole quantity of 8, 16 or 32 bits with its unit and plausible range."""
    dtype = {8: pa.int8(), 16: pa.int16(), 32: pa.int32()}[bits]
    return Column(dtype, description, Range(minimum, maximum), nullable=nullable, unit=unit)


def boolean(description: str) -> Column:
    """Declare a truth value."""
    return Column(pa.bool_(), description)


def day(description: str) -> Column:
    """Declare a calendar date."""
    return Column(pa.date32(), description)


def moment(description: str, *, nullable: bool = False) -> Column:
    """Declare a point in time, UTC, in whole seconds."""
    return Column(MOMENT, description, nullable=nullable)


def rfc3339(moments: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Points in time as text, ``2026-11-01T06:00:00Z``."""
    return pc.strftime(pc.cast(moments, pa.timestamp("s")), "%Y-%m-%dT%H:%M:%SZ")
