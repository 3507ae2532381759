"""A row of measurements on the stream is what the consumer wants."""

import math

import orjson
import pytest

from dataflow360.records.mesures_villes import MEASUREMENTS
from dataflow360.streams.measurements import records


@pytest.fixture
def rows(made_rows):
    return made_rows["mesures_villes"]


def test_every_row_is_a_record_in_order_with_its_city_as_the_key(rows):
    made = list(records(rows))
    assert [record.key for record in made] == rows["ville"].to_pylist()


def test_a_record_has_the_row_without_what_is_missing(rows):
    for row, record in zip(rows.to_pylist(), records(rows), strict=True):
        payload = orjson.loads(record.data)
        assert list(payload) == ["ville", "pays", "aeroport", "data", "timestamp"]
        assert [payload[name] for name in ("ville", "pays", "aeroport")] == [
            row[name] for name in ("ville", "pays", "aeroport")
        ]
        assert payload["data"] == {
            name: row[name] for name in MEASUREMENTS if row[name] is not None
        }
        assert f"{row['timestamp']:%Y-%m-%dT%H:%M:%S}" == iso(payload["timestamp"])


def iso(seconds: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def test_measurements_are_numbers_without_nulls(rows):
    for record in records(rows):
        for value in orjson.loads(record.data)["data"].values():
            assert type(value) in {int, float}
            assert math.isfinite(value)


def test_the_same_row_gives_the_same_bytes(rows):
    assert [each.data for each in records(rows)] == [each.data for each in records(rows)]


def test_the_consumer_takes_every_record(rows):
    import base64

    import lambda_consumer

    for row, record in zip(rows.to_pylist(), records(rows), strict=True):
        item = lambda_consumer.item_of(lambda_consumer.read(base64.b64encode(record.data).decode()))
        assert (item["ville"], item["aeroport"]) == (row["ville"], row["aeroport"])
        assert item["date"] == f"{row['timestamp'].isoformat()}+00:00"
        assert float(item["aqi"]) == row["aqi"]
