"""The DDL of every store, from the contracts."""

from __future__ import annotations

import pandera.pandas as pandera
import pyarrow as pa

from dataflow360.records import RECORD_TYPES, control
from dataflow360.records.contract import (
    BATCH_ID,
    CONTENT_HASH,
    MOMENT,
    CassandraTable,
    MySQLTable,
    RecordType,
    arrow_type,
)

_MYSQL_TYPES = {
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    MOMENT: "DATETIME",
}
_CQL_TYPES = {
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    MOMENT: "timestamp",
    pa.string(): "text",
}
#: Binary collation: two keys are equal in the table just when their event ids are.
_TABLE_OPTIONS = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"


def mysql_databases() -> list[str]:
    """MySQL's databases: those of the record types, and the pipeline's own."""
    databases = {
        record.store.database
        for record in RECORD_TYPES.values()
        if isinstance(record.store, MySQLTable)
    }
    return sorted(databases | {control.DATABASE})


def mysql() -> list[str]:
    """Statements that create MySQL's databases and tables where they are missing."""
    return [
        *(
            f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4"
            for name in mysql_databases()
        ),
        *(
            mysql_table(record, record.store)
            for record in RECORD_TYPES.values()
            if isinstance(record.store, MySQLTable)
        ),
        *(f"{statement} {_TABLE_OPTIONS}" for statement in control.TABLES),
    ]


def mysql_table(record: RecordType, store: MySQLTable) -> str:
    """``CREATE TABLE`` of one record type."""
    columns = [
        f"{name} {_mysql_type(column)} {'NULL' if column.nullable else 'NOT NULL'}"
        f" COMMENT '{_comment(column)}'"
        for name, column in record.schema.columns.items()
    ]
    lines = [
        *columns,
        f"{record.id_column} CHAR(36) CHARACTER SET ascii NOT NULL COMMENT 'Event id.'",
        f"{CONTENT_HASH} BIGINT NOT NULL COMMENT 'Hash of the values above.'",
        f"{BATCH_ID} CHAR(32) CHARACTER SET ascii NOT NULL COMMENT 'Batch that last wrote it.'",
        f"PRIMARY KEY ({', '.join(record.natural_key)})",
    ]
    body = ",\n  ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {store.name} (\n  {body}\n) {_TABLE_OPTIONS}"


def cassandra_keyspaces() -> list[str]:
    """Cassandra's keyspaces."""
    return sorted(
        {
            record.store.keyspace
            for record in RECORD_TYPES.values()
            if isinstance(record.store, CassandraTable)
        }
    )


def cassandra(replication_factor: int) -> list[str]:
    """Statements that create Cassandra's keyspaces and tables where they are missing."""
    return [
        *(
            f"CREATE KEYSPACE IF NOT EXISTS {name} WITH replication = "
            f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {replication_factor}}}"
            for name in cassandra_keyspaces()
        ),
        *(
            cassandra_table(record, record.store)
            for record in RECORD_TYPES.values()
            if isinstance(record.store, CassandraTable)
        ),
    ]


def cassandra_table(record: RecordType, store: CassandraTable) -> str:
    """``CREATE TABLE`` of one record type."""
    lines = [
        f"{record.id_column} uuid",
        *(f"{name} {_CQL_TYPES[arrow_type(c)]}" for name, c in record.schema.columns.items()),
        *(f"{name} {_CQL_TYPES[dtype]}" for name, dtype, _ in store.derived),
        f"{CONTENT_HASH} bigint",
        f"{BATCH_ID} text",
        f"PRIMARY KEY (({', '.join(store.partition_key)}), {', '.join(store.clustering_key)})",
    ]
    return f"CREATE TABLE IF NOT EXISTS {store.name} (\n  " + ",\n  ".join(lines) + "\n)"


def _mysql_type(column: pandera.Column) -> str:
    dtype = arrow_type(column)
    if dtype == pa.string():
        return f"VARCHAR({column.metadata['max_length']})"
    return _MYSQL_TYPES[dtype]


def _comment(column: pandera.Column) -> str:
    unit = column.metadata["unit"]
    sentence = f"{column.description} [{unit}]" if unit else str(column.description)
    return sentence.replace("'", "''")
