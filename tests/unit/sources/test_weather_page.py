"""A page of hourly weather: local hours become UTC, each hour a row or refused."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataflow360.airports import AIRPORTS
from dataflow360.errors import FatalError
from dataflow360.pipeline.chunk import Chunk
from dataflow360.pipeline.run import day_interval
from dataflow360.records.meteo_villes import METEO_VILLES
from dataflow360.records.validation import check
from dataflow360.sources.source import Origin
from dataflow360.sources.visualcrossing.page import COLUMNS, parse, reparse
from dataflow360.sources.web.page_text import PageText
from tests.unit.sources.damage import JSON, changes, damaged

DAY = date(2026, 11, 5)
INTERVAL = day_interval(DAY)
ORIGIN = Origin("{}", INTERVAL.key)
DAKAR = AIRPORTS["DSS"]
ROW = {
    "ville": "Dakar",
    "pays": "Sénégal",
    "aeroport": "DSS",
    "date_observation": DAY,
    "heure_observation": 14,
    "temperature": 29.5,
    "humidite": 61.0,
    "pression": 1011.2,
    "vitesse_vent": 18.4,
    "direction_vent": 340.0,
    "precipitations": 0.0,
    "nebulosite": 12.0,
    "conditions_meteo": "Clear",
}


def hour(number=14, **values):
    """An hour as the embedded data have it; ``None`` stays null."""
    return {
        "datetime": f"{number:02}:00:00",
        "datetimeEpoch": 1793887200,
        "temp": 29.5,
        "humidity": 61,
        "precip": 0.0,
        "windspeed": 18.4,
        "winddir": 340,
        "pressure": 1011.2,
        "cloudcover": 12,
        "conditions": "Clear",
        **values,
    }


def day(*hours, of=DAY):
    return {"datetime": of.isoformat(), "hours": list(hours)}


def page(*days, address="Dakar") -> PageText:
    data = {"props": {"pageProps": {"weather": {"address": address, "days": list(days)}}}}
    return PageText(orjson.dumps(data).decode(), "<div id=root></div>")


def table(*rows) -> PageText:
    html = "".join(f'<tr class="table__TableRow-sc-7h3d0b-3 ab">{_cells(row)}</tr>' for row in rows)
    head = "".join(f'<th class="table__HeaderCell-sc-7h3d0b-2">{name}</th>' for name in COLUMNS)
    return PageText(None, f'<table><tr class="table__TableHeader-x">{head}</tr>{html}</table>')


def _cells(row) -> str:
    return "".join(
        f'<td class="table__Cell-sc-7h3d0b-4 c"><span>{text}</span></td>' for text in row
    )


def line(**values) -> list[str]:
    entry = hour() | {"datetime": f"{DAY}T14:00:00"} | values
    return [str(entry[name]) for name in COLUMNS]


def read(text, airport="DSS") -> Chunk:
    return parse(text, AIRPORTS[airport], INTERVAL)


def rows(chunk: Chunk) -> list[dict]:
    assert check(METEO_VILLES, chunk.table).reasons == {}
    assert chunk.refused == []
    return chunk.table.to_pylist()


def refusal(text: PageText) -> str:
    chunk = read(text)
    reasons = list(check(METEO_VILLES, chunk.table).reasons.values())
    (reason,) = reasons + [each.reason for each in chunk.refused]
    return reason


def test_an_hour_of_the_embedded_data():
    assert rows(read(page(day(hour())))) == [ROW]


def test_an_hour_of_the_table():
    assert rows(read(table(line()))) == [ROW]


def test_what_may_be_missing():
    few = dict.fromkeys(["pressure", "winddir", "precip", "cloudcover"])
    (row,) = rows(read(page(day(hour(**few)))))
    assert {name for name, value in row.items() if value is None} == {
        "pression", "direction_vent", "precipitations", "nebulosite",
    }  # fmt: skip


def test_an_empty_cell_of_the_table_is_a_missing_value():
    (row,) = rows(read(table(line(precip=""))))
    assert row["precipitations"] is None


@pytest.mark.parametrize("iata", AIRPORTS)
def test_two_local_days_hold_each_hour_of_the_utc_day_once(iata):
    city = AIRPORTS[iata].city
    days = [day(*map(hour, range(24)), of=DAY + timedelta(days=each)) for each in (-1, 0, 1)]
    found = rows(read(page(*days, address=city), iata))
    assert [(row["date_observation"], row["heure_observation"]) for row in found] == [
        (DAY, number) for number in range(24)
    ]
    assert {(row["ville"], row["aeroport"]) for row in found} == {(city, iata)}


@pytest.mark.parametrize(
    ("iata", "local", "utc"),
    [
        ("LOS", (DAY, 1), (DAY, 0)),
        ("COO", (DAY + timedelta(days=1), 0), (DAY, 23)),
        ("NIM", (DAY, 12), (DAY, 11)),
        ("RAI", (DAY - timedelta(days=1), 23), (DAY, 0)),
        ("DSS", (DAY, 23), (DAY, 23)),
    ],
)
def test_local_time_becomes_utc(iata, local, utc):
    text = page(day(hour(local[1]), of=local[0]), address=AIRPORTS[iata].city)
    (row,) = rows(read(text, iata))
    assert (row["date_observation"], row["heure_observation"]) == utc
    moment = datetime.combine(utc[0], datetime.min.time(), UTC) + timedelta(hours=utc[1])
    event_time = METEO_VILLES.event_time(read(text, iata).table).to_pylist()
    assert event_time == [moment.strftime("%Y-%m-%dT%H:%M:%SZ")]


def test_hours_of_other_days_are_left_to_their_runs():
    other = day(hour(), of=DAY + timedelta(days=1))
    assert rows(read(page(other, day(hour())))) == [ROW]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"datetime": "14:30:00"}, "datetime is wrong"),
        ({"datetime": "25:00:00"}, "datetime is wrong"),
        ({"datetime": 14}, "datetime is wrong"),
        ({"temp": None}, "temperature is missing"),
        ({"temp": "warm"}, "temp is wrong"),
        ({"temp": True}, "temp is wrong"),
        ({"temp": "nan"}, "temp is wrong"),
        ({"temp": 92.7}, "temperature is 92.7; -10 to 55 °C is wanted"),
        ({"humidity": -1}, "humidite is -1; 0 to 100 % is wanted"),
        ({"pressure": 10112}, "pression is 10112; 870 to 1085 hPa is wanted"),
        ({"conditions": "  "}, "conditions_meteo is missing"),
    ],
)
def test_a_bad_hour_is_refused_with_the_reason(values, reason):
    assert reason in refusal(page(day(hour(**values))))


@pytest.mark.parametrize(
    "days",
    [[None], ["2026-11-05"], [{}], [{"datetime": "2026-11-05"}], [day(None)], [day("14:00")],
     [day(hour(), of=DAY) | {"datetime": None}]],
)  # fmt: skip
def test_what_is_no_day_or_no_hour_is_refused(days):
    assert refusal(page(*days))


def test_a_bad_row_of_the_table_is_refused_with_its_html():
    (refused,) = read(table(line(temp="--"))).refused
    assert refused.reason.startswith("temp is wrong")
    assert b"table__TableRow" in refused.raw


def test_records_are_numbered():
    chunk = read(page(day(hour(3), "bad", hour(4))))
    assert chunk.positions.tolist() == [1, 3]
    assert [each.position for each in chunk.refused] == [2]


@pytest.mark.parametrize("address", ["Dakar", "dakar", "Dakar,Sénégal", None])
def test_the_page_is_of_the_place_asked_for(address):
    assert rows(read(page(day(hour()), address=address))) == [ROW]


@pytest.mark.parametrize("address", ["Praia", "Paris, France", ""])
def test_the_page_of_another_place_is_refused_as_a_whole(address):
    with pytest.raises(FatalError, match="The page of Dakar tells the weather of"):
        read(page(day(hour()), address=address))


@pytest.mark.parametrize("text", [page(day(hour())), table(line())], ids=["embedded", "table"])
def test_bytes_out_of_quarantine_become_the_same_row(text):
    chunk = read(text)
    again = reparse([chunk.raw(0)], ORIGIN)
    assert again.table.to_pylist() == chunk.table.to_pylist() == [ROW]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the record cannot be read again"),
        (b"{}", "the record cannot be read again"),
        (b'{"airport":"DSS","record":"<p>"}', "the record cannot be read again"),
        (b'{"airport":"CDG","record":"{}"}', "CDG is no airport of the project"),
    ],
)
def test_bytes_of_another_shape_are_refused_again(raw, reason):
    (refused,) = reparse([raw], ORIGIN).refused
    assert refused.reason.startswith(reason)


def test_an_hour_of_another_day_is_refused_when_it_is_replayed():
    (raw,) = (read(page(day(hour()))).raw(0),)
    another = day_interval(DAY + timedelta(days=3))
    (refused,) = reparse([raw], Origin("{}", another.key)).refused
    assert refused.reason == "its hour is outside of the data interval"


LIKELY = st.sampled_from(["14:00:00", "9:00:00", "29.5", "1e400", "-0", "", " ", "Clear", "--"])


@settings(max_examples=160)
@given(damaged(hour(), JSON | LIKELY))
def test_every_hour_of_the_day_is_a_row_or_refused(entries):
    """8,000 of them."""
    assert len(entries) >= 50
    chunk = read(page(day(*entries)))
    assert chunk.table.num_rows + len(chunk.refused) == len(entries)
    check(METEO_VILLES, chunk.table)
    for each in chunk.refused:
        assert each.reason
        orjson.loads(orjson.loads(each.raw)["record"])


@settings(max_examples=100)
@given(st.lists(st.text() | LIKELY, min_size=3, max_size=3), st.integers(0, 5))
def test_every_row_of_a_table_is_a_row_or_refused(values, apart):
    """2,000 of them."""
    lines = [line(**each) for each in changes(COLUMNS[1:], values, apart)]
    assert len(lines) >= 20
    chunk = read(table(*lines))
    check(METEO_VILLES, chunk.table)
    assert all(each.reason and each.raw for each in chunk.refused)


@settings(max_examples=1000)
@given(st.text(), st.none() | st.text())
@example(".XML", None)
@example("http://example.org", None)
def test_any_text_is_read_without_a_crash(html, embedded):
    assert parse(PageText(embedded, html), DAKAR, INTERVAL).table.num_rows == 0
