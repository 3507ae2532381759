"""A version of an event on its topic: CloudEvents 1.0 in binary mode."""

import uuid
from datetime import date, datetime

import orjson
import pyarrow as pa
import pytest

from dataflow360.records import RECORD_TYPES
from dataflow360.records.identity import NAMESPACE
from dataflow360.streams.messages import messages

BATCH = "0123456789abcdef" * 2


@pytest.fixture
def sent(record, rows, identified):
    return list(messages(record, identified(record, rows), dag_id="csv_files", batch_id=BATCH))


def test_every_row_is_one_message_in_order(record, rows, sent):
    values = [orjson.loads(value) for _, value, _ in sent]
    keys = [as_json(key) for key in rows[record.natural_key[0]].to_pylist()]
    assert [value[record.natural_key[0]] for value in values] == keys
    assert len(values) == rows.num_rows


def as_json(value: object) -> object:
    """A value as JSON has it: a date by ISO 8601, a point in time (UTC) by RFC 3339."""
    match value:
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case date():
            return value.isoformat()
    return value


def test_a_value_is_the_row_as_json(record, rows, sent):
    for row, (_, value, _) in zip(rows.to_pylist(), sent, strict=True):
        body = orjson.loads(value)
        del body[record.id_column]
        assert body == {name: as_json(each) for name, each in row.items()}


def test_the_key_is_the_airport_so_that_order_holds_for_each(record, rows, sent):
    assert [key.decode() for key, _, _ in sent] == rows[record.entity].to_pylist()


def test_the_headers_are_those_of_a_cloud_event(record, rows, sent):
    times = record.event_time(rows).to_pylist()
    for time, (_, value, headers) in zip(times, sent, strict=True):
        assert len(dict(headers)) == len(headers), "a header comes once"
        assert dict(headers) == {
            "ce_specversion": b"1.0",
            "ce_id": orjson.loads(value)[record.id_column].encode(),
            "ce_source": b"/dataflow360/csv_files",
            "ce_type": f"dataflow360.{record.name}".encode(),
            **({"ce_time": time.encode()} if time else {}),
            "ce_dataschema": f"urn:dataflow360:schema:{record.name}:1".encode(),
            "content-type": b"application/json",
            "batch_id": BATCH.encode(),
        }


def text(value: object) -> str:
    """A key's value as text: a whole number without a fraction, whatever its type."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(as_json(value))


def test_ids_are_those_of_the_natural_keys(record, rows, sent):
    for row, (_, _, headers) in zip(rows.to_pylist(), sent, strict=True):
        key = "\x1f".join(text(row[name]) for name in record.natural_key)
        expected = uuid.uuid5(NAMESPACE, f"{record.name}\x1f{key}")
        assert dict(headers)["ce_id"] == str(expected).encode()


def test_text_is_utf_8(sent):
    assert any("é".encode() in value for _, value, _ in sent)
    assert not any(b"\\u" in value for _, value, _ in sent)


def test_nothing_to_send_sends_nothing(record, rows, identified):
    nothing = identified(record, rows.slice(0, 0))
    assert list(messages(record, nothing, dag_id="csv_files", batch_id=BATCH)) == []


def test_a_row_group_that_is_a_slice_has_its_own_ids(made_rows, identified):
    record = RECORD_TYPES["vols"]
    rows = identified(record, made_rows["vols"])
    whole = list(messages(record, rows, dag_id="d", batch_id=BATCH))
    part = list(messages(record, rows.slice(100, 7), dag_id="d", batch_id=BATCH))
    assert part == whole[100:107]
    pieces = pa.concat_tables([rows.slice(0, 3), rows.slice(3, 4)])
    assert list(messages(record, pieces, dag_id="d", batch_id=BATCH)) == whole[:7]
