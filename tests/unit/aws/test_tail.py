"""What a person reads of records, invocations and items."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from dataflow360.aws.tail import invocation_lines, item_line, record_line

ARRIVED = datetime(2024, 11, 12, 9, 26, 41, tzinfo=timezone(timedelta(hours=1)))
DAKAR = {
    "ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS", "data": {"temp": 30, "pm2_5": 12},
    "timestamp": 1731400000,
}  # fmt: skip


def record(payload: bytes) -> dict:
    return {"Data": payload, "SequenceNumber": "17", "ApproximateArrivalTimestamp": ARRIVED}


def test_a_record_has_its_place_its_city_and_its_moment():
    line = record_line("shardId-0", record(json.dumps(DAKAR).encode()))
    assert line.text == "shardId-0 17 Dakar 2024-11-12 08:26:40"
    assert line.moment == datetime(2024, 11, 12, 8, 26, 41, tzinfo=UTC)
    assert not line.is_fault


@pytest.mark.parametrize("poison", [b"", b"{", b"[]", bytes(range(256))])
def test_a_record_that_is_none_is_a_fault_with_its_reason(poison):
    line = record_line("shardId-0", record(poison))
    assert line.is_fault
    assert line.text.startswith("shardId-0 17 it is ")


def test_an_invocation_is_what_the_function_says_and_how_long_it_took():
    message = "\n".join(
        [
            "START RequestId: r-1 Version: $LATEST",
            '{"level": "ERROR", "message": "record refused", "requestId": "r-1", '
            '"sequenceNumber": "17", "reason": "ville is missing"}',
            '{"level": "INFO", "message": "batch stored", "requestId": "r-1", "records": 2}',
            "END RequestId: r-1",
            "REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 13 ms",
            "",
        ]
    )
    lines = list(invocation_lines({"timestamp": 1731400000123, "message": message}))
    assert [(line.text, line.is_fault) for line in lines] == [
        ("r-1 record refused: sequenceNumber 17, reason ville is missing", True),
        ("r-1 batch stored: records 2", False),
        ("r-1 took 12.34 ms", False),
    ]


@pytest.mark.parametrize("said", ["Task timed out after 60.00 seconds", "{", "3", "{}", "[]"])
def test_whatever_else_is_in_the_log_is_shown_as_it_is(said):
    (line,) = invocation_lines({"timestamp": 0, "message": said})
    assert (line.text, line.is_fault) == (said, True)


def test_an_item_is_the_state_of_its_city():
    line = item_line(
        {
            "ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS", "air_quality": "bonne",
            "date": "2024-11-12T08:26:40+00:00", "timestamp": Decimal(1731400000),
            "temp": Decimal("30.5"),
        }
    )  # fmt: skip
    assert line.text == "Dakar (DSS): air_quality bonne, temp 30.5"
    assert line.moment == datetime(2024, 11, 12, 8, 26, 40, tzinfo=UTC)
