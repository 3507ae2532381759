"""Records of the stream that were given up become rows again, or say why not."""

import json
from datetime import datetime

import pyarrow as pa
import pytest

from dataflow360.records.mesures_villes import MEASUREMENTS, MESURES_VILLES
from dataflow360.records.validation import check
from dataflow360.sources.lambda_failures.records import parse
from dataflow360.sources.source import Origin
from dataflow360.streams import measurements

ORIGIN = Origin("{}", "20241112T080000Z-20241112T090000Z")
DAKAR = {
    "ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS",
    "data": {"temp": 30, "humidity": 71.0, "aqi": 2, "pm2_5": 12.25, "no": None},
    "timestamp": 1731400000,
}  # fmt: skip


def raw(**changes: object) -> bytes:
    return json.dumps({**DAKAR, **changes}).encode()


def test_a_good_record_is_a_row_that_the_contract_takes():
    chunk = parse([raw()], ORIGIN)
    assert chunk.refused == []
    (row,) = chunk.table.to_pylist()
    assert row == dict.fromkeys(MEASUREMENTS) | {
        "ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS",
        "timestamp": datetime.fromisoformat("2024-11-12T08:26:40"), "temp": 30.0,
        "humidity": 71, "aqi": 2, "pm2_5": 12.25,
    }  # fmt: skip
    assert check(MESURES_VILLES, chunk.table).reasons == {}


def test_a_record_of_ours_is_the_same_record_again(made_rows):
    rows = made_rows["mesures_villes"]
    sent = [record.data for record in measurements.records(rows)]
    again = parse(sent, ORIGIN)
    assert again.refused == []
    assert [record.data for record in measurements.records(again.table)] == sent


def test_the_contract_is_stricter_than_the_consumer():
    (reason,) = check(
        MESURES_VILLES, parse([raw(data={"temp": 30})], ORIGIN).table
    ).reasons.values()
    assert "aqi" in reason


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"{", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (raw(ville=""), "ville is '', not a text"),
        (raw(data={"aqi": 2, "ozone": 1}), "'ozone' is no measurement of mesures_villes"),
        (raw(data={"aqi": 2, "humidity": 71.5}), "humidity is 71.5; a whole number from"),
        (
            raw(data={"aqi": 2, "humidity": 10**9}),
            "humidity is 1000000000; a whole number from",
        ),
        (
            b'{"KinesisBatchInfo": {"shardId": "s", "startSequenceNumber": "1", '
            b'"endSequenceNumber": "2"}}',
            "it only names records of the stream that have expired there",
        ),
    ],
)
def test_a_record_that_is_no_row_says_why(record, reason):
    chunk = parse([record, raw()], ORIGIN)
    (refused,) = chunk.refused
    assert (refused.position, refused.raw) == (1, record)
    assert reason in refused.reason
    assert isinstance(chunk.table, pa.Table)
    assert chunk.positions.tolist() == [2]
