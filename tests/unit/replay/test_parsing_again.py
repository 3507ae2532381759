"""Records that were refused are parsed again as what they are."""

from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.errors import FatalError
from dataflow360.pipeline.run import Run, day_interval
from dataflow360.records import RECORD_TYPES
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.validation import check
from dataflow360.replay.judging import parser_of
from dataflow360.sources import sources
from dataflow360.sources.source import Origin
from dataflow360.sources.synthetic.rows import parse_weather

ORIGIN = Origin("{}", "20261101T000000Z-20261102T000000Z")
SOURCES = {"synthetic_flights": "vols", "synthetic_weather": "donnees_meteo"}


def damaged(dag_id):
    """The chunks of a day with bad rows."""
    run = Run(dag_id, "test", -1, day_interval(date(2026, 11, 1)))
    source = sources()[dag_id]
    params = {"airports": ["DSS", "LOS"], "bad_share": 0.5}
    return source.extraction(source.request.checked(params), run).fetch()


@pytest.mark.parametrize("dag_id", SOURCES)
def test_the_bytes_in_quarantine_give_the_row_that_was_refused(dag_id):
    record = RECORD_TYPES[SOURCES[dag_id]]
    for chunk in damaged(dag_id):
        bad = sorted(check(record, chunk.table).reasons)
        assert bad
        again = parser_of(dag_id)([chunk.raw(row) for row in bad], ORIGIN)
        assert again.refused == []
        assert again.positions.tolist() == list(range(1, len(bad) + 1))
        assert again.table.to_pylist() == chunk.table.take(bad).to_pylist()


def test_an_unknown_source_is_named():
    with pytest.raises(FatalError, match="no_such_dag"):
        parser_of("no_such_dag")


def row_with(made_rows, **values):
    return orjson.dumps({**made_rows["donnees_meteo"].slice(0, 1).to_pylist()[0], **values})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"temperature": "hot"}, 'temperature is "hot"; a number is wanted', id="text"),
        pytest.param({"temperature": True}, "temperature is True; a number is wanted", id="truth"),
        pytest.param(
            {"humidite": 10**9},
            "humidite is 1000000000; a whole number from -32768 to 32767 is wanted",
            id="too-large",
        ),
        pytest.param({"pays": 3}, "pays is 3; text is wanted", id="number-as-text"),
        pytest.param(
            {"date_observation": "today"},
            'date_observation is "today"; a date as YYYY-MM-DD is wanted',
            id="no-date",
        ),
        pytest.param({"date_observation": 20261101}, "date_observation is 20261101;", id="number"),
        pytest.param({"more": 1}, "has in excess ['more']", id="unknown-field"),
    ],
)
def test_a_value_that_fits_no_column_is_refused_by_name(values, reason, made_rows):
    chunk = parse_weather([row_with(made_rows, **values), row_with(made_rows)], ORIGIN)
    (refused,) = chunk.refused
    assert refused.position == 1
    assert reason in refused.reason
    assert chunk.positions.tolist() == [2]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(DONNEES_METEO.columns)
records = st.binary() | json_values.map(orjson.dumps) | st.dictionaries(fields, json_values)


@given(st.lists(records, max_size=10))
def test_whatever_is_in_quarantine_becomes_a_row_or_is_refused(given_records):
    whole = dict.fromkeys(DONNEES_METEO.columns)
    raws = [
        each if isinstance(each, bytes) else orjson.dumps({**whole, **each})
        for each in given_records
    ]
    chunk = parse_weather(raws, ORIGIN)
    numbers = [*chunk.positions.tolist(), *(refused.position for refused in chunk.refused)]
    assert sorted(numbers) == list(range(1, len(raws) + 1))
    check(DONNEES_METEO, chunk.table)


@pytest.mark.parametrize(
    "dag_id",
    ["aviationstack", "lambda_failures", "openweather", "openweather_to_kinesis", *SOURCES],
)
@given(raws=st.lists(st.binary() | json_values.map(orjson.dumps), max_size=5))
def test_every_source_refuses_what_it_cannot_read_record_by_record(dag_id, raws):
    chunk = parser_of(dag_id)(raws, ORIGIN)
    numbers = [*chunk.positions.tolist(), *(refused.position for refused in chunk.refused)]
    assert sorted(numbers) == list(range(1, len(raws) + 1))
