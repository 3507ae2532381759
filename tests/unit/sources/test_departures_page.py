"""A page of departures: from its embedded data or its table, each line a row or refused."""

import json
from datetime import UTC, date, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow360.pipeline.chunk import Chunk
from dataflow360.pipeline.run import Interval
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.validation import check
from dataflow360.sources.flightstats.page import Window, parse, reparse
from dataflow360.sources.source import Origin
from dataflow360.sources.web.page_text import PageText
from tests.unit.sources.damage import JSON, changes, damaged

LAGOS = Window("LOS", date(2026, 11, 5), 6, 6)
ROW = {
    "Vol": "AF149",
    "Code_Compagnie": "AF",
    "Compagnie": "Air France",
    "Heure_Depart": "08:05",
    "Heure_Arrivee": "15:10",
    "Destination": "CDG",
    "Pays": "Nigéria",
    "Aeroport": "LOS",
    "Date_Depart": date(2026, 11, 5),
}
TABLE_ROW = """<a class="table__TableRow-sc-1x7nv9w-7 {hash}">
<div class="table__Cell-sc-1x7nv9w-13 x"><h2 class="table__CellText-sc-1x7nv9w-15">{flight}</h2>
<span class="table__SubText-sc-1x7nv9w-16">{airline}</span>{more}</div>
<div class="table__Cell-sc-1x7nv9w-13 y"><h2 class="table__CellText-sc-1x7nv9w-15">{departure}</h2>
</div><div class="table__Cell-sc-1x7nv9w-13"><h2>{arrival}</h2></div>
<div class="table__Cell-sc-1x7nv9w-13"><h2>CDG</h2><span>Paris</span></div></a>"""


def flight(**values):
    """A flight as the embedded data have it; ``None`` leaves a field out."""
    entry = {
        "sortTime": "2026-11-05T07:05:00.000Z",
        "departureTime": {"timeAMPM": "8:05", "ampm": "am", "time24": "08:05"},
        "arrivalTime": {"timeAMPM": "3:10", "ampm": "pm", "time24": "15:10"},
        "carrier": {"fs": "AF", "name": "Air France", "flightNumber": "149"},
        "operatedBy": None,
        "airport": {"fs": "CDG", "city": "Paris", "name": "Paris"},
        "isCodeshare": False,
        "url": "/flight-tracker/AF/149?year=2026&month=11&date=5",
        **values,
    }
    return {name: value for name, value in entry.items() if value is not None}


def page(*flights) -> PageText:
    """A page whose data are embedded, and whose table is not there yet."""
    data = {"props": {"initialState": {"flightTracker": {"route": {"flights": list(flights)}}}}}
    return PageText(orjson.dumps(data).decode(), "<div id=root></div>")


def table(*rows: str, embedded: str | None = None) -> PageText:
    heading = '<div class="table__TableHeader-sc-1x7nv9w-5"><p>Flight</p></div>'
    return PageText(embedded, f"<html><body>{heading}{''.join(rows)}</body></html>")


def line(flight="AF 149", departure="08:05", arrival="15:10", airline="Air France", more="") -> str:
    return TABLE_ROW.format(
        flight=flight, airline=airline, departure=departure, arrival=arrival, more=more, hash="kqZx"
    )


def rows(chunk: Chunk) -> list[dict]:
    assert check(DEPARTS_AEROPORTS, chunk.table).reasons == {}
    assert chunk.refused == []
    return chunk.table.to_pylist()


def refusal(text: PageText) -> str:
    """Why the one record of a page is refused, by the parser or by the contract."""
    chunk = parse(text, LAGOS)
    reasons = list(check(DEPARTS_AEROPORTS, chunk.table).reasons.values())
    (reason,) = reasons + [each.reason for each in chunk.refused]
    return reason


def test_a_flight_of_the_embedded_data():
    assert rows(parse(page(flight()), LAGOS)) == [ROW]


def test_a_flight_of_the_table():
    assert rows(parse(table(line()), LAGOS)) == [ROW]


@pytest.mark.parametrize(
    "embedded",
    ["", "{", "[]", '{"props": {"pageProps": {"board": "moved"}}}', "null"],
)
def test_the_table_is_read_when_the_embedded_data_are_not_there(embedded):
    assert rows(parse(table(line(), embedded=embedded), LAGOS)) == [ROW]


def test_the_embedded_data_come_first():
    text = PageText(page(flight()).embedded, table(line(), line("AF 151")).html)
    assert len(rows(parse(text, LAGOS))) == 1


def test_a_page_says_that_there_is_nothing():
    assert rows(parse(page(), LAGOS)) == []


def test_a_codeshare_is_left_out():
    carrier = {"fs": "DL", "name": "Delta Air Lines", "flightNumber": 8559}
    shared = flight(isCodeshare=True, operatedBy="Operated by Air France", carrier=carrier)
    assert rows(parse(page(shared, flight()), LAGOS)) == [ROW]


def test_a_codeshare_of_the_table_is_left_out():
    shared = line("DL 8559", airline="Delta", more="<span>Operated by Air France</span>")
    assert rows(parse(table(shared, line()), LAGOS)) == [ROW]


def test_what_may_be_missing():
    text = page(flight(arrivalTime=None), flight(arrivalTime={"time24": None}, isCodeshare=None))
    assert [row["Heure_Arrivee"] for row in rows(parse(text, LAGOS))] == [None, None]


def test_a_number_may_be_a_number():
    carrier = {"fs": "AF", "name": "Air France", "flightNumber": 149}
    assert rows(parse(page(flight(carrier=carrier)), LAGOS)) == [ROW]


def test_the_name_of_a_known_airline_may_be_missing():
    carrier = {"fs": "AF", "flightNumber": "149"}
    assert rows(parse(page(flight(carrier=carrier)), LAGOS)) == [ROW]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"departureTime": None}, "departureTime is wrong: Field required"),
        ({"departureTime": {"time24": "8:05"}}, "departureTime.time24 is wrong"),
        ({"departureTime": {"time24": "0805"}}, "departureTime.time24 is wrong"),
        ({"departureTime": {"time24": 805}}, "departureTime.time24 is wrong"),
        ({"departureTime": {"time24": "24:00"}}, "departureTime.time24 is wrong"),
        ({"departureTime": {"time24": "05:59"}}, "05:59 is not in the 6 h from 06:00"),
        ({"departureTime": {"time24": "12:00"}}, "12:00 is not in the 6 h from 06:00"),
        ({"url": "/x?year=2026&month=11&date=6"}, "a flight on 2026-11-06 instead of 2026-11-05"),
        ({"carrier": {"fs": "AF", "name": "Air France"}}, "carrier.flightNumber is wrong"),
        (
            {"carrier": {"fs": "AFRA", "flightNumber": "1"}},
            "Code_Compagnie is AFRA; an airline's designator",
        ),
        ({"carrier": {"fs": "Q1", "flightNumber": "1"}}, "Compagnie is missing"),
        ({"airport": {"fs": "Paris"}}, "Destination is Paris; an IATA code"),
        ({"arrivalTime": {"time24": "soon"}}, "arrivalTime.time24 is wrong"),
        ({"isCodeshare": "perhaps"}, "isCodeshare is wrong"),
    ],
)
def test_a_bad_flight_is_refused_with_the_reason(values, reason):
    assert reason in refusal(page(flight(**values)))


def original(raw: bytes) -> str:
    """The record itself, out of what quarantine keeps."""
    document = orjson.loads(raw)
    assert document["airport"] == "LOS"
    return document["record"]


@pytest.mark.parametrize("entry", [None, 1, "AF149", [], {}, True])
def test_what_is_no_flight_is_refused(entry):
    text = page(entry)
    assert refusal(text)
    assert original(parse(text, LAGOS).refused[0].raw) == json.dumps(entry)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(departure="delayed"), "departureTime.time24 is wrong"),
        (line(departure=""), "departureTime.time24 is wrong"),
        (line(flight="AF149"), "Code_Compagnie is AF149; an airline's designator"),
        ('<a class="table__TableRow-x"></a>', "departureTime.time24 is wrong"),
    ],
)
def test_a_bad_row_of_the_table_is_refused_with_its_html(bad, reason):
    assert reason in refusal(table(bad))
    chunk = parse(table(bad), LAGOS)
    raw = chunk.refused[0].raw if chunk.refused else chunk.raw(0)
    assert b"table__TableRow" in raw


def test_records_are_numbered_and_codeshares_are_none():
    text = page(flight(), flight(isCodeshare=True), "bad", flight(airport={"fs": "ORY"}))
    chunk = parse(text, LAGOS)
    assert chunk.positions.tolist() == [1, 3]
    assert [each.position for each in chunk.refused] == [2]
    assert orjson.loads(original(chunk.raw(1)))["airport"]["fs"] == "ORY"


def test_what_is_nested_too_deeply_to_be_written_alone_is_kept_with_its_page():
    deep = "[" * 300 + "]" * 300
    embedded = page("HERE").embedded.replace('"HERE"', deep)
    (refused,) = parse(PageText(embedded, ""), LAGOS).refused
    assert original(refused.raw) == embedded


@pytest.mark.parametrize(
    ("airport", "moment"),
    [
        ("LOS", "2026-11-05T08:05:00+01:00"),
        ("COO", "2026-11-05T08:05:00+01:00"),
        ("NIM", "2026-11-05T08:05:00+01:00"),
        ("RAI", "2026-11-05T08:05:00-01:00"),
        ("DSS", "2026-11-05T08:05:00+00:00"),
    ],
)
def test_the_time_of_the_event_has_the_airports_offset(airport, moment):
    chunk = parse(page(flight()), Window(airport, date(2026, 11, 5), 6, 6))
    assert DEPARTS_AEROPORTS.event_time(chunk.table).to_pylist() == [moment]


@pytest.mark.parametrize("text", [page(flight()), table(line())], ids=["embedded", "table"])
def test_bytes_out_of_quarantine_become_the_same_row(text):
    interval = Interval(datetime(2026, 11, 5, 6, tzinfo=UTC), datetime(2026, 11, 5, 12, tzinfo=UTC))
    window = Window.of("LOS", interval)
    chunk = parse(text, window)
    again = reparse([chunk.raw(0)], Origin("{}", interval.key))
    assert again.table.to_pylist() == chunk.table.to_pylist() != []


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"{}", b'{"airport":1,"record":"{}"}', b'{"airport":"CDG","record":"{}"}',
        b'{"airport":"LOS","record":"<p>"}', b'{"airport":"LOS","record":"{"}', b"\xff",
    ],
)  # fmt: skip
def test_bytes_of_another_shape_are_refused_again(raw):
    interval = Interval(datetime(2026, 11, 5, 6, tzinfo=UTC), datetime(2026, 11, 5, 12, tzinfo=UTC))
    (refused,) = reparse([raw], Origin("{}", interval.key)).refused
    assert refused.reason.startswith("the record cannot be read again: ")


LIKELY = st.sampled_from(
    ["AF", "149", "08:05", "23:10", "CDG", "Air France", "", " ", "^", "08:5x"]
)
FIELDS = st.sampled_from(["time24", "fs", "name", "flightNumber"])


@settings(max_examples=160)
@given(damaged(flight(), JSON | st.dictionaries(FIELDS, JSON | LIKELY)))
def test_every_flight_is_a_row_a_codeshare_or_refused(entries):
    """8,000 of them."""
    assert len(entries) >= 50
    chunk = parse(page(*entries), LAGOS)
    shared = sum(isinstance(each, dict) and bool(each.get("isCodeshare")) for each in entries)
    assert len(entries) - shared <= chunk.table.num_rows + len(chunk.refused) <= len(entries)
    check(DEPARTS_AEROPORTS, chunk.table)
    for each in chunk.refused:
        assert each.reason
        orjson.loads(original(each.raw))


CELLS = st.text() | LIKELY


@settings(max_examples=100)
@given(st.lists(CELLS, min_size=5, max_size=5), st.integers(0, 3))
def test_every_row_of_a_table_is_a_row_or_refused(values, apart):
    """2,000 of them."""
    places = ["flight", "departure", "arrival", "airline"]
    chunk = parse(table(*(line(**each) for each in changes(places, values, apart))), LAGOS)
    check(DEPARTS_AEROPORTS, chunk.table)
    assert all(each.reason and each.raw for each in chunk.refused)


@settings(max_examples=1000)
@given(st.text(), st.none() | st.text())
def test_any_text_is_read_without_a_crash(html, embedded):
    assert parse(PageText(embedded, html), LAGOS).table.num_rows == 0


def test_half_a_surrogate_pair_in_a_page_does_no_harm():
    assert len(rows(parse(table(line(), "\ud83d"), LAGOS))) == 1
