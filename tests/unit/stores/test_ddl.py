"""The DDL of the stores follows from the contracts."""

import re

import pytest

from dataflow360.records import RECORD_TYPES, control
from dataflow360.stores import cassandra_tables, mysql_tables

MYSQL = [r for r in RECORD_TYPES.values() if r.store.kind == "mysql"]
CASSANDRA = [r for r in RECORD_TYPES.values() if r.store.kind == "cassandra"]
by_name = {"ids": lambda record: record.name}


def body(statement: str) -> list[str]:
    """Lines between the outermost parentheses, one a column or key."""
    inside = re.fullmatch(r"CREATE TABLE IF NOT EXISTS [\w.]+ \(\n(.*)\n\)[^)]*", statement, re.S)
    assert inside, statement
    return [line.strip() for line in inside[1].split(",\n")]


def columns(statement: str) -> dict[str, str]:
    lines = [line for line in body(statement) if not line.startswith("PRIMARY KEY")]
    return dict(line.split(" ", 1) for line in lines)


def primary_key(statement: str) -> str:
    (line,) = [line for line in body(statement) if line.startswith("PRIMARY KEY")]
    return line


def balanced(statement: str) -> bool:
    bare = re.sub(r"'(?:[^']|'')*'", "''", statement)
    return "'" not in bare.replace("''", "") and bare.count("(") == bare.count(")")


@pytest.mark.parametrize("record", MYSQL, **by_name)
def test_a_mysql_table_has_the_columns_in_order_and_what_each_row_carries(record):
    declared = columns(mysql_tables.table(record))
    assert list(declared) == [*record.columns, record.id_column, "content_hash", "batch_id"]


@pytest.mark.parametrize("record", MYSQL, **by_name)
def test_a_mysql_table_is_clustered_by_the_natural_key(record):
    statement = mysql_tables.table(record)
    assert primary_key(statement) == f"PRIMARY KEY ({', '.join(record.natural_key)})"
    # Two keys are equal in the table just when their event ids are.
    assert statement.endswith("ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin")


@pytest.mark.parametrize("record", MYSQL, **by_name)
def test_only_what_may_be_missing_is_nullable_in_mysql(record):
    declared = columns(mysql_tables.table(record))
    for name, column in record.schema.items():
        assert (" NOT NULL " in declared[name]) == (not column.nullable), name
    assert all(" NOT NULL " in declared[name] for name in (record.id_column, "batch_id"))


def test_mysqls_types_and_comments():
    record = RECORD_TYPES["donnees_meteo"]
    declared = columns(mysql_tables.table(record))
    assert declared["temperature"] == "DOUBLE NOT NULL COMMENT 'Air temperature at 2 m. [°C]'"
    assert declared["visibilite"] == "DOUBLE NULL COMMENT 'Visibility. [km]'"
    assert declared["date_observation"].startswith("DATE NOT NULL ")
    assert declared["heure_observation"].startswith("TINYINT NOT NULL ")
    assert declared["humidite"].startswith("SMALLINT NOT NULL ")
    assert declared["conditions_meteo"].startswith("VARCHAR(60) NOT NULL ")
    assert declared["id_observation"].startswith("CHAR(36) CHARACTER SET ascii NOT NULL ")
    assert declared["content_hash"].startswith("BIGINT NOT NULL ")


def test_a_moment_is_a_mysql_datetime_that_may_be_missing_where_it_is_declared_so():
    record = RECORD_TYPES["vols_meteo"]
    declared = columns(mysql_tables.table(record))
    assert declared["depart_utc"] == "DATETIME NOT NULL COMMENT 'Scheduled departure (UTC).'"
    assert declared["observation"].startswith("DATETIME NULL ")
    assert declared["date_depart"].startswith("DATE NOT NULL ")
    assert declared["humidite"].startswith("SMALLINT NULL ")
    assert declared["provenance"].startswith("VARCHAR(20) NULL ")


@pytest.mark.parametrize("record", CASSANDRA, **by_name)
def test_a_cassandra_table_has_the_columns_in_order(record):
    declared = columns(cassandra_tables.table(record))
    derived = [name for name, _, _ in record.store.derived]
    assert list(declared) == [
        record.id_column, *record.columns, *derived, "content_hash", "batch_id",
    ]  # fmt: skip
    assert declared[record.id_column] == "uuid"


def test_cassandras_partitions_are_an_airports_months():
    record = RECORD_TYPES["vols"]
    statement = cassandra_tables.table(record)
    assert primary_key(statement) == (
        "PRIMARY KEY ((pays_depart, aeroport_depart, annee_mois), date_vol, id_vol)"
    )
    declared = columns(statement)
    assert declared["distance_vol_km"] == "double"
    assert declared["retard_min"] == "int"
    assert declared["retard"] == "boolean"
    assert declared["date_vol"] == "date"
    assert declared["annee_mois"] == "text"


def test_a_flights_month_is_that_of_its_date(made_rows):
    ((name, dtype, compute),) = RECORD_TYPES["vols"].store.derived
    rows = made_rows["vols"]
    months = compute(rows)
    assert (name, months.type) == ("annee_mois", dtype)
    assert months.to_pylist() == [f"{day:%Y-%m}" for day in rows["date_vol"].to_pylist()]


def test_mysql_gets_its_databases_first_and_every_table():
    statements = mysql_tables.ddl()
    databases = [s for s in statements if s.startswith("CREATE DATABASE")]
    assert statements[: len(databases)] == databases
    assert [s.split()[5] for s in databases] == ["aerien_db", "dataflow360", "meteo_db"]
    tables = [s.split()[5] for s in statements[len(databases) :]]
    stores = [record.store.name for record in MYSQL]
    assert tables[: len(stores)] == stores
    assert {"aerien_db.trafic_passagers", "aerien_db.tarifs_vols"} <= set(stores)
    assert tables[len(stores) :] == [s.split()[5] for s in control.TABLES], (
        "the project's own accounts come last"
    )


def test_what_is_kept_in_redis_or_on_aws_has_no_table():
    elsewhere = [r.name for r in RECORD_TYPES.values() if r.store.kind in {"redis", "dynamodb"}]
    assert elsewhere == ["departs_aeroports", "mesures_villes", "meteo_villes"]
    statements = "\n".join([*mysql_tables.ddl(), *cassandra_tables.ddl(1)])
    assert not any(f".{name} (" in statements for name in elsewhere)
    assert len(MYSQL) + len(CASSANDRA) + len(elsewhere) == len(RECORD_TYPES)


@pytest.mark.parametrize("factor", [1, 3])
def test_cassandra_gets_its_keyspace_first_with_the_replication_asked_for(factor):
    keyspace, *tables = cassandra_tables.ddl(factor)
    assert keyspace == (
        "CREATE KEYSPACE IF NOT EXISTS aerien WITH replication = "
        f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {factor}}}"
    )
    assert [table.split()[5] for table in tables] == ["aerien.vols", "aerien.vols_ao"]


@pytest.mark.parametrize(
    "statement", [*mysql_tables.ddl(), *cassandra_tables.ddl(3)], ids=lambda s: s.split()[5]
)
def test_statements_are_well_formed_and_can_run_twice(statement):
    assert " IF NOT EXISTS " in statement
    assert balanced(statement)
    assert ";" not in re.sub(r"'(?:[^']|'')*'", "", statement)


def test_the_accounts_of_the_pipeline_are_in_a_database_of_their_own():
    for statement in control.TABLES:
        assert statement.startswith(f"CREATE TABLE IF NOT EXISTS {control.DATABASE}.")
        assert balanced(statement)
