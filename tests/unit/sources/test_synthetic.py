"""Any day of any year: the same rows each time, and more of them when more are asked for."""

from datetime import date
from itertools import pairwise

import orjson
import pyarrow as pa
import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.pipeline import landing
from dataflow360.pipeline.run import Run, day_interval
from dataflow360.records.validation import check
from dataflow360.sources import synthetic
from dataflow360.sources.source import Source

DAY = date(2026, 11, 1)
SOURCES = {
    "flights": (synthetic.FLIGHTS, "vols", "vols_synthetiques"),
    "weather": (synthetic.WEATHER, "donnees_meteo", "meteo_synthetique"),
}


def run_of_day(day: date) -> Run:
    return Run("synthetic", "test", -1, day_interval(day))


def extraction_of(source: Source, made_day: date, /, **params):
    return source.extraction(source.request.checked(params), run_of_day(made_day))


@pytest.fixture(params=SOURCES)
def source(request):
    """Ask one of the two sources: ``source(day, rows=12)``."""
    source, _, _ = SOURCES[request.param]
    return lambda day=DAY, **params: extraction_of(source, day, **params)


def table(extraction) -> pa.Table:
    return pa.concat_tables(chunk.table for chunk in extraction.fetch())


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_to_be_fetched(name):
    source, record, topic = SOURCES[name]
    params = {"airports": ["DSS"], "rows": 5, "day": "2020-02-29"}
    extraction = extraction_of(source, date(2020, 2, 29), **params)
    assert (extraction.record.name, extraction.topic) == (record, topic)
    assert topic in extraction.record.topics
    assert extraction.source_key == "20200229T000000Z-20200301T000000Z"
    assert extraction.source_name == f"synthetic {record} of 2020-02-29"
    assert orjson.loads(extraction.request) == {"airports": ["DSS"], "bad_share": 0.0, "rows": 5}


@pytest.mark.parametrize("day", [date(1976, 2, 29), DAY, date(2199, 12, 31)], ids=str)
def test_a_day_has_the_same_rows_each_time(source, day):
    assert table(source(day)).equals(table(source(day)))


def test_a_day_lands_as_the_same_content_each_time(source, tmp_path):
    first, second = (
        landing.write_batch(tmp_path, each.record, each.fetch())
        for each in [source(airports=["LOS", "DSS"], bad_share=0.2) for _ in range(2)]
    )
    assert first.content_digest == second.content_digest


def test_another_day_has_other_rows(source):
    assert not table(source(DAY)).equals(table(source(date(2026, 11, 2))))


def test_rows_tell_of_the_day_that_was_asked_for(source):
    rows = table(source(date(2024, 2, 29)))
    (column,) = (name for name in rows.column_names if name.startswith("date_"))
    assert set(rows[column].to_pylist()) == {date(2024, 2, 29)}


def test_every_airport_delivers_what_was_asked_for_in_a_chunk_of_its_own(source):
    chunks = list(source(rows=7).fetch())
    assert [chunk.table.num_rows for chunk in chunks] == [7] * len(AIRPORTS)
    assert [chunk.refused for chunk in chunks] == [[]] * len(AIRPORTS)


def test_airports_come_in_the_order_asked_for(source):
    extraction = source(airports=["LOS", "DSS"], rows=2)
    rows = table(extraction)
    assert rows[extraction.record.entity].to_pylist() == ["LOS", "LOS", "DSS", "DSS"]


def test_an_airports_rows_do_not_depend_on_the_others(source):
    together = list(source(airports=["LOS", "DSS"], rows=5).fetch())[1].table
    assert table(source(airports=["DSS"], rows=5)).equals(together)


def test_asking_for_more_adds_rows_and_changes_none(source):
    asked = [1, 2, 6, 12, 24]
    made = [table(source(airports=["DSS"], rows=rows)).to_pylist() for rows in asked]
    assert [len(rows) for rows in made] == asked
    for fewer, more in pairwise(made):
        assert all(row in more for row in fewer)


def test_rows_are_numbered_from_one_over_all_airports(source):
    positions = [n for chunk in source(rows=3).fetch() for n in chunk.positions.tolist()]
    assert positions == list(range(1, 3 * len(AIRPORTS) + 1))


def test_all_of_a_day_is_valid(source):
    extraction = source()
    for chunk in extraction.fetch():
        assert check(extraction.record, chunk.table).reasons == {}


@pytest.mark.parametrize(
    ("share", "bad"),
    [(0.0, 0), (0.1, 2), (0.5, 10), (1.0, 20)],
    ids=["none", "tenth", "half", "all"],
)
def test_the_share_of_rows_damaged_on_purpose_is_refused(source, tmp_path, share, bad):
    extraction = source(airports=["DSS", "LOS"], rows=20, bad_share=share)
    written = landing.write_batch(tmp_path, extraction.record, extraction.fetch())
    assert (written.rows_read, written.rows_quarantined) == (40, 2 * bad)
    assert written.rows_valid == 40 - 2 * bad


def test_damage_leaves_the_other_rows_as_they_were(source):
    extraction = source(airports=["DSS"], rows=20, bad_share=0.3)
    whole = table(source(airports=["DSS"], rows=20))
    (chunk,) = extraction.fetch()
    checked = check(extraction.record, chunk.table)
    kept = [row for row in range(whole.num_rows) if row not in checked.reasons]
    assert checked.valid.equals(whole.take(pa.array(kept)))


def test_the_original_of_a_made_row_is_its_json(source):
    (chunk,) = source(airports=["DSS"], rows=5, bad_share=0.4).fetch()
    for number, row in enumerate(chunk.table.to_pylist()):
        assert chunk.raw(number) == orjson.dumps(row)


def test_made_weather_says_that_it_is_made():
    rows = table(extraction_of(synthetic.WEATHER, DAY))
    assert set(rows["provenance"].to_pylist()) == {"synthetique"}
    assert rows.num_rows == 24 * len(AIRPORTS)
