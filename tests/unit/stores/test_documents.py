"""What is committed of the contracts is what they generate."""

import re

import pytest

from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import CassandraTable, DynamoDBTable, MySQLTable, RedisBoards
from dataflow360.records.topics import LEDGER_TOPIC, TOPICS
from dataflow360.stores.documents import data_dictionary, generated

DOCUMENTS = generated()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_document_is_not_stale(name, root):
    committed = (root / "docs" / name).read_text(encoding="utf-8")
    assert committed == DOCUMENTS[name], "write it with: python -m dataflow360 contracts"


def test_nothing_that_is_no_longer_generated_is_committed(root):
    committed = {f"schemas/{path.name}" for path in (root / "docs" / "schemas").iterdir()}
    assert committed == {name for name in DOCUMENTS if name.startswith("schemas/")}


def test_the_dictionary_tells_of_every_field(record):
    _, found, section = data_dictionary().partition(f"\n## {record.name}\n")
    assert found
    section = section.partition("\n## ")[0]
    assert record.description in section
    (store,) = re.findall("^- Store: (.*)$", section, re.M)
    match record.store:
        case MySQLTable(database=database, table=table):
            assert store == f"`{database}.{table}` (MySQL)"
        case CassandraTable(keyspace=keyspace, table=table):
            assert store == f"`{keyspace}.{table}` (Cassandra)"
        case RedisBoards(prefix=prefix, place=place, board_hours=hours):
            assert store.startswith(f"`{prefix}:<{place}>` (Redis), ")
            assert store.endswith(f" for {hours} hours")
        case DynamoDBTable(stream=stream, table=table, history=history):
            assert store.startswith(f"`{table}` (DynamoDB), the latest row of each")
            assert f"`{history}`, every row" in store
            assert store.endswith(f"from the Kinesis stream `{stream}`")
    for topic in record.topics:
        assert f"`{topic}`" in section
    rows = {line.split("|")[1].strip(): line for line in section.splitlines() if "| `" in line}
    assert list(rows) == [f"`{name}`" for name in record.columns]
    for name, column in record.schema.items():
        cells = [cell.strip() for cell in rows[f"`{name}`"].replace("\\|", "/").split("|")[1:-1]]
        assert len(cells) == 6, name
        assert cells[2:4] == [column.unit, "no" if column.nullable else "yes"]
        assert cells[5] == column.description


def test_only_what_goes_to_a_topic_has_a_schema_of_its_messages(record):
    section = data_dictionary().partition(f"\n## {record.name}\n")[2].partition("\n## ")[0]
    has_topics = bool(record.topics)
    assert (f"schemas/{record.name}.json" in DOCUMENTS) == has_topics
    assert ("\n- Topics: " in section) == has_topics
    assert (f"schemas/{record.name}.json" in section) == has_topics


def test_every_topic_is_kept_for_ever_and_the_ledger_is_compacted():
    *changes, ledger = TOPICS
    expected = [topic for each in RECORD_TYPES.values() for topic in each.topics]
    assert [topic.name for topic in changes] == expected
    assert all(topic.config == {"retention.ms": "-1"} for topic in changes)
    assert (ledger.name, ledger.partitions) == (LEDGER_TOPIC, 1)
    assert ledger.config == {"cleanup.policy": "compact"}
