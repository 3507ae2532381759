"""Any bytes at all: no line crashes the parser, is lost, or spoils another."""

import random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow360.records.validation import check
from dataflow360.sources.csv_files import parsing
from dataflow360.sources.csv_files.dialect import Dialect
from dataflow360.sources.csv_files.formats.fares import FARES
from dataflow360.sources.csv_files.formats.passengers import PASSENGERS
from dataflow360.sources.csv_files.formats.weather import WEATHER
from tests.unit.sources.csv_lines import GOOD, parse, refusals

#: Lines that are parsed at once, at least.
LINES = 50
FORMATS = pytest.mark.parametrize("form", [WEATHER, PASSENGERS, FARES], ids=lambda each: each.name)
DIALECTS = (
    {},
    {"encoding": "cp1252"},
    {"delimiter": ";", "decimal": ","},
    {"encoding": "cp1252", "delimiter": ";", "decimal": ","},
    {"delimiter": ";"},
)
VALUES = (
    "", " ", "0", "-0", "-1", "300", "1e5", "0x1F", "nan", "inf", "26,5", "26.5", "1_000", "\u0661",
    "2025-10-20", "0000-01-01", "99999-01-01", "2025-02-30", "200507", "200513", "Cotonou", " Lomé",
    '"', '"a"', '"a,b"', '"a;b"', "é", "\x00", "\ufeff", "Economy", "zero", "Domestic", "x" * 99,
)  # fmt: skip


def good(form, dialect) -> bytes:
    line = GOOD[form.name]
    if dialect.get("delimiter") == ";":
        line = line.replace(",", ";").replace(".", dialect.get("decimal", "."))
    return line.encode(dialect.get("encoding", "utf-8"))


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")


VALUE = st.sampled_from(VALUES).map(bytes_of)
anything = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b""))


@st.composite
def lines_of(draw, form, dialect):
    """Good lines, some with other values in each field, some with bytes put in or taken out.

    To draw a value costs far more than to put it somewhere: so each goes into every field.
    """
    line = good(form, dialect)
    delimiter = dialect.get("delimiter", ",").encode()
    fields = line.split(delimiter)
    values = draw(st.lists(VALUE | anything, min_size=2, max_size=2))
    texts = draw(st.lists(anything, min_size=4, max_size=4))
    first, cut = draw(st.integers(0, 9)), draw(st.integers(0, 6))
    spoiled = [
        *(
            delimiter.join([*fields[:at], value, *fields[at + 1 :]])
            for value in values
            for at in range(len(fields))
        ),
        *(line[:at] + texts[0] + line[at + cut :] for at in range(first, len(line), 10)),
        *texts,
    ]
    lines = [*spoiled, *[line] * max(10, LINES - len(spoiled))]
    random.Random(draw(st.integers(0, 2**32))).shuffle(lines)
    return lines


@FORMATS
def test_ten_thousand_lines_of_any_bytes(form):
    """Each line is a row, or refused with its bytes and a reason; the two ways of parsing agree."""
    tables = []
    tried = 0

    @settings(max_examples=10_000 // LINES, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), dialect=st.sampled_from(DIALECTS))
    def any_bytes(data, dialect):
        nonlocal tried
        lines = data.draw(lines_of(form, dialect))
        tried += len(lines)
        chunk = parse(*lines, form=form, first_line=0, **dialect)
        tables.append(chunk.table)
        positions = chunk.positions.tolist()
        assert len(positions) == chunk.table.num_rows
        refused = [each.position for each in chunk.refused]
        assert sorted(positions + refused) == list(range(len(lines)))
        for row, position in enumerate(positions):
            assert chunk.raw(row) == lines[position].removesuffix(b"\r")
        for each in chunk.refused:
            assert each.raw == lines[each.position].removesuffix(b"\r")
            assert each.reason
            assert lines[each.position] != good(form, dialect), "whatever is near"
        # Without the refused lines among them the others take the short way, if any does.
        alone = parse(*(lines[position] for position in positions), form=form, **dialect)
        assert alone.refused == []
        # As text, so that what is no number equals itself.
        assert str(alone.table.to_pylist()) == str(chunk.table.to_pylist())

    any_bytes()
    assert tried >= 10_000
    rows = pa.concat_tables(tables)
    checked = check(form.record, rows)
    assert checked.valid.num_rows + len(checked.reasons) == rows.num_rows
    assert all(checked.reasons.values())
    assert check(form.record, checked.valid).reasons == {}


@FORMATS
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: "-".join(each.values()) or "plain")
def test_good_lines_take_the_short_way(form, dialect):
    lines = [good(form, dialect)] * 3
    written = Dialect(form, **dialect)
    text = parsing._plain_text(b"".join(line + b"\n" for line in lines), written)
    assert parsing._typed_at_once(text, written, 3).num_rows == 3
    assert refusals(parse(*lines, form=form, **dialect), form) == []
