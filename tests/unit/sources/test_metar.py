"""METAR reports: each is a row, or is refused with the reason; a correction stands."""

import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow360.errors import FatalError, SkippableError
from dataflow360.pipeline import landing
from dataflow360.pipeline.run import Interval, Run
from dataflow360.records.metar import METAR as CONTRACT
from dataflow360.records.validation import check
from dataflow360.sources.metar import METAR, MOST_REPORTS, records, row_of
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import Origin

HOUR = Interval(datetime(2023, 10, 27, 15, tzinfo=UTC), datetime(2023, 10, 27, 16, tzinfo=UTC))
ORIGIN = Origin("{}", HOUR.key)
#: A recorded answer, moved to Dakar.
REPORT = {
    "metar_id": 438274397, "icaoId": "GOBD", "receiptTime": "2023-10-27 15:35:34",
    "obsTime": 1698420600, "reportTime": "2023-10-27 15:30:00", "temp": 22, "dewp": 13,
    "wdir": 240, "wspd": 11, "wgst": None, "visib": "6+", "altim": 1015, "slp": None,
    "qcField": 0, "wxString": None, "presTend": None, "vertVis": None, "metarType": "METAR",
    "rawOb": "GOBD 271530Z 24011KT 220V280 9999 FEW050 22/13 Q1015", "mostRecent": 1,
    "lat": 14.67, "lon": -17.07, "elev": 25, "prior": 4, "name": "Dakar",
    "clouds": [{"cover": "FEW", "base": 5000}],
}  # fmt: skip


def raw(**changes: object) -> bytes:
    """The report with other values; ``...`` takes one away."""
    return json.dumps({k: v for k, v in {**REPORT, **changes}.items() if v is not ...}).encode()


def row(**changes: object) -> dict:
    found = row_of(raw(**changes))
    assert isinstance(found, dict), found
    return found


def test_a_recorded_report_becomes_a_row_that_the_contract_takes():
    chunk = METAR.parse([raw()], ORIGIN)
    assert chunk.table.to_pylist() == [
        {
            "aeroport": "DSS",
            "oaci": "GOBD",
            "observation": datetime.fromisoformat("2023-10-27T15:30:00"),
            "type_rapport": "METAR",
            "automatique": False,
            "corrige": False,
            "neant": False,
            "temperature": 22.0,
            "point_rosee": 13.0,
            "qnh": 1015.0,
            "direction_vent": 240,
            "vent_variable": False,
            "vitesse_vent": 20.37,  # 11 knots
            "rafales": None,
            "visibilite": 9.66,  # 6 statute miles
            "visibilite_ou_plus": True,
            "nuages": "FEW050",
            "phenomenes": None,
            "rapport": "GOBD 271530Z 24011KT 220V280 9999 FEW050 22/13 Q1015",
        }
    ]
    assert not check(CONTRACT, chunk.table).reasons


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"wdir": "VRB", "wspd": 2}, {"direction_vent": None, "vent_variable": True}),
        ({"wdir": ..., "wspd": ...}, {"direction_vent": None, "vitesse_vent": None}),
        ({"wdir": 0, "wspd": 0}, {"direction_vent": 0, "vitesse_vent": 0.0}),
        ({"wgst": 25}, {"rafales": 46.3}),
        ({"visib": "10+"}, {"visibilite": 16.09, "visibilite_ou_plus": True}),
        ({"visib": 1.86}, {"visibilite": 2.99, "visibilite_ou_plus": False}),
        ({"visib": "2"}, {"visibilite": 3.22, "visibilite_ou_plus": False}),
        ({"visib": ...}, {"visibilite": None, "visibilite_ou_plus": False}),
        ({"dewp": ..., "temp": None, "altim": ...}, {"temperature": None, "qnh": None}),
        ({"clouds": []}, {"nuages": None}),
        ({"clouds": [{"cover": "CAVOK"}]}, {"nuages": "CAVOK"}),
        (
            {"clouds": [{"cover": "SCT", "base": 1400}, {"cover": "BKN", "base": 10000}]},
            {"nuages": "SCT014 BKN100"},
        ),
        ({"wxString": "-TSRA BR"}, {"phenomenes": "-TSRA BR"}),
        ({"metarType": "SPECI"}, {"type_rapport": "SPECI"}),
        ({"reportTime": "2023-10-27T15:30:00.000Z", "receiptTime": ...}, {"temperature": 22.0}),
    ],
)
def test_what_a_report_does_not_tell_is_empty(changes, expected):
    found = row(**changes)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GOBD 271530Z AUTO 24011KT", ("automatique",)),
        ("METAR COR GOBD 271530Z 24011KT", ("corrige",)),
        ("GOBD 271530Z COR 24011KT", ("corrige",)),
        ("GOBD 271530Z AUTO COR 24011KT", ("automatique", "corrige")),
        ("METAR GOBD 271530Z NIL=", ("neant",)),
        ("SPECI GOBD 271530Z 24011KT RMK AUTO NIL COR", ()),
    ],
)
def test_the_head_of_a_report_says_how_it_was_made(text, expected):
    found = row(rawOb=text)
    assert tuple(n for n in ("automatique", "corrige", "neant") if found[n]) == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"icaoId": "LFPG"}, "icaoId 'LFPG' is no airport of the project"),
        ({"obsTime": ...}, "obsTime: Field required"),
        ({"obsTime": "yesterday"}, "obsTime: Input should be a valid integer"),
        ({"metarType": "TAF"}, "metarType: Input should be 'METAR' or 'SPECI'"),
        ({"wdir": 361}, "wdir"),
        ({"visib": "far"}, "visib"),
        ({"rawOb": ""}, "rawOb: String should have at least 1 character"),
    ],
)
def test_what_is_no_report_is_refused_by_name(changes, reason):
    (refused,) = METAR.parse([raw(**changes)], ORIGIN).refused
    assert refused.reason.startswith(reason)
    assert refused.raw == raw(**changes)


def test_only_what_was_observed_in_the_interval_is_taken():
    inside = [1698418800, 1698422399]  # 15:00:00 and 15:59:59
    answer = orjson.dumps(
        [{**REPORT, "obsTime": moment} for moment in (1698418799, *inside, 1698422400)]
    )
    assert [orjson.loads(each)["obsTime"] for each in records(answer, HOUR)] == inside


@pytest.mark.parametrize("newest_first", [False, True])
def test_of_two_reports_of_an_observation_the_correction_stands(newest_first, tmp_path):
    corrected = {
        **REPORT, "temp": 23, "receiptTime": ...,
        "rawOb": "GOBD 271530Z COR 24011KT 9999 FEW050 23/13 Q1015",
    }  # fmt: skip
    reports = [REPORT, {k: v for k, v in corrected.items() if v is not ...}]
    answer = orjson.dumps(reports[::-1] if newest_first else reports)
    chunk = METAR.parse(records(answer, HOUR), ORIGIN)
    written = landing.write_batch(tmp_path, CONTRACT, [chunk])
    assert (written.rows_read, written.rows_valid, written.rows_duplicate) == (2, 1, 1)
    (kept,) = (each for rows in landing.valid_rows(written.folder) for each in rows.to_pylist())
    assert (kept["temperature"], kept["corrige"]) == (23.0, True)


@pytest.mark.parametrize("answer", [b"", b"[]"])
def test_an_empty_answer_has_no_report(answer):
    assert records(answer, HOUR) == []


@pytest.mark.parametrize("answer", [b"{}", b"[1]", b"null", b"not JSON", b'{"data":"METAR"}'])
def test_an_answer_of_another_shape_is_a_changed_contract(answer):
    with pytest.raises(FatalError, match="is no list of reports; compare its documentation"):
        records(answer, HOUR)


@pytest.mark.parametrize("stray", [1, None, "METAR", []])
def test_one_element_that_is_no_report_is_refused_alone(stray):
    chunk = METAR.parse(records(orjson.dumps([REPORT, stray]), HOUR), ORIGIN)
    assert chunk.table["oaci"].to_pylist() == ["GOBD"]
    (refused,) = chunk.refused
    assert refused.raw == orjson.dumps(stray)
    assert "Input should be an object" in refused.reason


def test_an_answer_as_long_as_the_site_gives_may_be_cut_off():
    with pytest.raises(FatalError, match="gave 400 reports, as many as it ever does"):
        records(orjson.dumps([REPORT] * MOST_REPORTS), HOUR)


def test_an_interval_that_the_site_no_longer_keeps_is_skipped():
    late = HOUR.start + timedelta(days=15, seconds=1)
    run = Run("metar", "test", -1, HOUR, now=lambda: late)
    with pytest.raises(SkippableError, match="keeps 15 days: there is nothing for the interval"):
        list(METAR.extraction(AirportsRequest(), run).fetch())


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
DAMAGED = st.dictionaries(
    st.sampled_from(sorted(REPORT)), ANYTHING | st.lists(ANYTHING, max_size=2), max_size=3
).map(lambda changes: json.dumps({**REPORT, **changes}).encode("utf-8", "replace"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(DAMAGED | st.binary(max_size=40), min_size=100, max_size=100))
def test_whatever_is_sent_is_a_row_or_refused(raws):
    chunk = METAR.parse(raws, ORIGIN)
    numbers = [*chunk.positions.tolist(), *(each.position for each in chunk.refused)]
    assert sorted(numbers) == list(range(1, len(raws) + 1))
    assert all(each.reason for each in chunk.refused)
    check(CONTRACT, chunk.table)
