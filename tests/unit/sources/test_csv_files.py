"""Weather files: every line is a row or is refused with its bytes, its number and a reason."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from airflow.sdk import ObjectStoragePath
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataflow360.pipeline import landing
from dataflow360.pipeline.chunk import Chunk, Refused
from dataflow360.records.donnees_meteo import DONNEES_METEO
from dataflow360.records.validation import check
from dataflow360.sources.csv_files import blocks, files, parsing
from dataflow360.sources.csv_files.dialect import Dialect
from dataflow360.sources.csv_files.formats.weather import WEATHER

HEADER = (
    b"pays,aeroport,date_observation,heure_observation,temperature,humidite,pression,"
    b"vitesse_vent,direction_vent,precipitations,nebulosite,visibilite,point_rosee,"
    b"conditions_meteo"
)
GOOD = "Bénin,Cotonou,2025-10-20,0,26.5,85,1013.4,11.3,234,0.0,100,,23.8,Couvert".encode()
WRONG_WIDTH = "the line has a wrong number of fields"


def line(**values: str) -> bytes:
    """A good line with other values in some columns."""
    fields = dict(zip(WEATHER.header, GOOD.decode().split(","), strict=True))
    assert set(values) <= set(fields)
    return ",".join((fields | values).values()).encode()


def hours(*numbers: int) -> list[bytes]:
    return [line(heure_observation=str(number)) for number in numbers]


def parse(*lines: bytes, end: bytes = b"\n", first_line: int = 2) -> Chunk:
    numbers = np.arange(first_line, first_line + len(lines))
    return parsing.parse(b"".join(each + end for each in lines), Dialect(WEATHER), numbers)


def read(path: Path) -> list[Chunk]:
    return list(files.file(ObjectStoragePath(path), path.name).fetch())


def refusals(chunk: Chunk) -> list[Refused]:
    """All that goes to quarantine, refused by the parser or by the contract, in order."""
    reasons = check(DONNEES_METEO, chunk.table).reasons
    by_contract = [
        Refused(int(chunk.positions[row]), chunk.raw(row), reason)
        for row, reason in reasons.items()
    ]
    return sorted([*chunk.refused, *by_contract], key=lambda each: each.position)


@pytest.fixture
def file(tmp_path):
    """Write a file and return its path."""

    def write(*lines: bytes, header: bytes = HEADER, end: bytes = b"\n") -> Path:
        path = tmp_path / "dakar.csv"
        path.write_bytes(b"".join(each + end for each in (header, *lines)))
        return path

    return write


@pytest.fixture
def land(tmp_path):
    """Land a file as a batch: what was written, and all that was refused."""

    def land(path: Path) -> tuple[landing.Written, list[Refused]]:
        written = landing.write_batch(tmp_path / "zone", DONNEES_METEO, read(path))
        refused = [each for some in landing.refused_records(written.folder) for each in some]
        return written, sorted(refused, key=lambda each: each.position)

    return land


def landed(written: landing.Written) -> list[dict]:
    return [row for table in landing.valid_rows(written.folder) for row in table.to_pylist()]


# ---- Files as they should be


def test_the_real_file_is_read_as_a_whole(sample, land):
    written, refused = land(sample)
    assert refused == []
    assert (written.rows_read, written.rows_valid) == (2880, 2880)
    assert (written.rows_duplicate, written.rows_quarantined) == (0, 0)


def test_a_line_becomes_a_row():
    (row,) = parse(GOOD).table.to_pylist()
    assert row == {
        "pays": "Bénin",
        "aeroport": "COO",
        "date_observation": date(2025, 10, 20),
        "heure_observation": 0,
        "temperature": 26.5,
        "humidite": 85,
        "pression": 1013.4,
        "vitesse_vent": 11.3,
        "direction_vent": 234,
        "precipitations": 0.0,
        "nebulosite": 100,
        "visibilite": None,
        "point_rosee": 23.8,
        "conditions_meteo": "Couvert",
        "provenance": "fichier",
    }


@pytest.mark.parametrize(
    ("place", "code"),
    [("Cotonou", "COO"), ("LOME", "LFW"), (" Lomé ", "LFW"), ("dakar", "DSS"), ("DSS", "DSS")],
)
def test_a_city_is_its_airport(place, code):
    assert parse(line(aeroport=place)).table["aeroport"].to_pylist() == [code]


def test_text_is_trimmed():
    row = parse(line(pays=" Bénin", conditions_meteo="Couvert  ", humidite=" 85 ")).table
    assert row["pays"].to_pylist() == ["Bénin"]
    assert row["conditions_meteo"].to_pylist() == ["Couvert"]
    assert row["humidite"].to_pylist() == [85]


@pytest.mark.parametrize("text", ["", " "], ids=["empty", "blank"])
def test_a_visibility_may_be_missing(text):
    chunk = parse(line(visibilite=text))
    assert refusals(chunk) == []
    assert chunk.table["visibilite"].to_pylist() == [None]


@pytest.mark.parametrize("others", [(), (line(date_observation="soon"),)], ids=["alone", "amid"])
def test_a_byte_order_mark_amid_a_file_belongs_to_its_value(others):
    row = parse(line(pays="\ufeffBénin"), *others).table
    assert row["pays"].to_pylist() == ["\ufeffBénin"]


def test_a_quoted_field_may_have_commas_and_quotes():
    chunk = parse(line(conditions_meteo='"Pluie, ""forte"""'))
    assert refusals(chunk) == []
    assert chunk.table["conditions_meteo"].to_pylist() == ['Pluie, "forte"']


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_line_ends_and_byte_order_mark_do_not_matter(end, mark, file, land):
    written, refused = land(file(*hours(0, 1, 2), header=mark + HEADER, end=end))
    assert (written.rows_valid, refused) == (3, [])
    assert {row["conditions_meteo"] for row in landed(written)} == {"Couvert"}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_the_last_line_needs_no_end(end, tmp_path, land):
    path = tmp_path / "short.csv"
    path.write_bytes(end.join([HEADER, *hours(0, 1, 2)]))
    written, refused = land(path)
    assert (written.rows_valid, refused) == (3, [])


def test_a_file_of_a_header_alone_has_no_rows(file):
    assert read(file()) == []


def test_an_observation_that_comes_twice_counts_once(file, land):
    written, _ = land(file(*hours(0, 1), line(heure_observation="0", temperature="30.0")))
    assert (written.rows_read, written.rows_valid, written.rows_duplicate) == (3, 2, 1)
    assert [(row["heure_observation"], row["temperature"]) for row in landed(written)] == [
        (1, 26.5), (0, 30.0),
    ]  # fmt: skip


# ---- Lines that are refused

REFUSED = {
    "a-field-too-few": (GOOD.rpartition(b",")[0], WRONG_WIDTH),
    "a-field-too-many": (GOOD + b",extra", WRONG_WIDTH),
    "one-field": (b"total", WRONG_WIDTH),
    "a-number-in-words": (
        line(temperature="chaud"), "temperature is chaud; a number is wanted",
    ),
    "a-decimal-comma-in-quotes": (
        line(temperature='"26,5"'), "temperature is 26,5; a number is wanted",
    ),
    "a-fraction-where-none-may-be": (
        line(humidite="85.5"), "humidite is 85.5; a whole number from -32768 to 32767 is wanted",
    ),
    "a-number-beyond-its-type": (
        line(heure_observation="300"),
        "heure_observation is 300; a whole number from -128 to 127 is wanted",
    ),
    "a-date-in-another-form": (
        line(date_observation="20/10/2025"),
        "date_observation is 20/10/2025; a date as YYYY-MM-DD is wanted",
    ),
    "no-such-day": (
        line(date_observation="2025-02-30"),
        "date_observation is 2025-02-30; a date as YYYY-MM-DD is wanted",
    ),
    "two-bad-numbers": (
        line(temperature="x", humidite="y"),
        "temperature is x; a number is wanted"
        " | humidite is y; a whole number from -32768 to 32767 is wanted",
    ),
    "above-the-range": (line(temperature="99.9"), "temperature is 99.9; -10 to 55 °C is wanted"),
    "no-such-hour": (line(heure_observation="24"), "heure_observation is 24; 0 to 23 h is wanted"),
    "infinite": (line(temperature="inf"), "temperature is inf; -10 to 55 °C is wanted"),
    "an-unknown-city": (
        line(aeroport="Paris"), "aeroport is Paris; one of COO, OUA, RAI and 13 others is wanted",
    ),
    "an-unknown-country": (
        line(pays="France"),
        "pays is France; one of Burkina Faso, Bénin, Cap-Vert and 13 others is wanted",
    ),
    "a-value-missing": (line(temperature=""), "temperature is missing"),
    "a-text-missing": (line(conditions_meteo=""), "conditions_meteo is missing"),
    "a-blank-text": (line(conditions_meteo="  "), "conditions_meteo is missing"),
    "a-place-missing": (line(aeroport=""), "aeroport is missing"),
    "too-long": (
        line(conditions_meteo="x" * 61),
        "conditions_meteo has 61 characters; at most 60 are wanted",
    ),
}  # fmt: skip


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("bad", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_line_is_refused_alone(bad, reason, end):
    chunk = parse(*hours(0, 1), bad, *hours(2), end=end)
    assert refusals(chunk) == [Refused(4, bad, reason)]
    assert chunk.table["heure_observation"].to_pylist()[:2] == [0, 1]
    assert chunk.table["heure_observation"].to_pylist()[-1] == 2


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "middle", "last"])
def test_an_empty_line_is_refused_alone(at, end):
    lines = hours(0, 1)
    lines.insert(at, b"")
    (refused,) = refusals(parse(*lines, end=end))
    assert (refused.position, refused.raw) == (2 + at, b"")


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(GOOD + b"\xff", id="at-the-end"),
        pytest.param(b"\xe9" + GOOD, id="latin-1-at-the-start"),
        pytest.param(GOOD.replace("Bénin".encode(), "Bénin".encode("latin-1")), id="latin-1"),
        pytest.param(GOOD.replace(b"26.5", b"2\xc36.5"), id="in-a-number"),
    ],
)
def test_a_line_that_is_not_utf_8_is_refused_alone(bad):
    chunk = parse(*hours(0), bad, *hours(1))
    (refused,) = refusals(chunk)
    assert (refused.position, refused.raw) == (3, bad)
    assert refused.reason
    assert chunk.table["heure_observation"].to_pylist() == [0, 1]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(line(conditions_meteo='"Couvert'), id="in-the-last-field"),
        pytest.param(b'"' + GOOD, id="in-the-first-field"),
        pytest.param(b'"', id="alone"),
        pytest.param(line(temperature='26"5'), id="within-a-field"),
    ],
)
def test_a_quote_that_is_not_closed_takes_no_other_line_with_it(bad):
    chunk = parse(bad, *hours(1, 2, 3))
    assert [each.raw for each in refusals(chunk) if each.position > 2] == []
    assert chunk.table["heure_observation"].to_pylist()[-3:] == [1, 2, 3]
    assert chunk.positions.tolist()[-3:] == [3, 4, 5]


def test_a_carriage_return_within_a_line_is_not_its_end():
    bad = line(conditions_meteo="Cou\rvert")
    chunk = parse(*hours(0), bad, *hours(1))
    assert [(each.position, each.raw) for each in refusals(chunk)] == [(3, bad)]
    assert chunk.table["heure_observation"].to_pylist() == [0, 1]


@pytest.mark.parametrize(
    "day", ["0000-01-01", "0000-12-31", "-0001-01-01", "10000-01-01", "99999999-01-01"]
)
@pytest.mark.parametrize("others", [[], [line(date_observation="x")]], ids=["alone", "not-alone"])
def test_a_year_that_no_calendar_has_is_refused_alone(day, others):
    bad = line(date_observation=day)
    found = refusals(parse(*hours(0), bad, *others))
    assert [(each.position, each.raw) for each in found][:1] == [(3, bad)]
    assert "date_observation" in found[0].reason


def test_good_lines_between_bad_ones_are_kept_with_their_numbers(file, land):
    lines = [
        *hours(0),
        b"",
        b"a,b",
        *hours(1),
        line(temperature="x"),
        line(pression="1"),
        *hours(2),
    ]
    written, refused = land(file(*lines))
    assert [each.position for each in refused] == [3, 4, 6, 7]
    assert [each.raw for each in refused] == [lines[1], lines[2], lines[4], lines[5]]
    assert [row["heure_observation"] for row in landed(written)] == [0, 1, 2]
    assert (written.rows_read, written.rows_valid, written.rows_quarantined) == (7, 3, 4)


# ---- Blocks


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("size", [7, 73, 74, 75, 400, 4096])
def test_numbers_of_lines_are_exact_across_blocks(size, end, file, monkeypatch):
    bad = [line(temperature=f"bad {number}") for number in range(5)]
    lines = [each for number in range(5) for each in (*hours(number), b"a,b", bad[number])]
    path = file(*lines, end=end)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    chunks = read(path)
    refused = [each for chunk in chunks for each in refusals(chunk)]
    assert [(each.position, each.raw) for each in refused] == [
        (number, text) for number, text in enumerate(lines, 2) if text not in hours(*range(5))
    ]
    positions = [number for chunk in chunks for number in chunk.positions.tolist()]
    assert positions == [2, 5, 8, 11, 14]
    raws = [chunk.raw(row) for chunk in chunks for row in range(chunk.table.num_rows)]
    assert raws == hours(*range(5))


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_the_real_file_is_the_same_in_blocks_of_any_size(size, sample, land, monkeypatch):
    whole = landed(land(sample)[0])
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    written, refused = land(sample)
    assert refused == []
    assert landed(written) == whole


@pytest.mark.parametrize("size", [80, 200, 1000])
def test_the_digest_does_not_depend_on_the_blocks(size, file, land, monkeypatch):
    bad = [b"a,b", line(temperature="99.9"), line(humidite="x"), line(aeroport="Paris")]
    path = file(*hours(0, 1), *bad, *hours(2), *bad)
    whole, _ = land(path)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    assert land(path)[0].content_digest == whole.content_digest


# ---- Any bytes at all

anything = st.binary(max_size=60).map(lambda text: text.replace(b"\n", b""))
spoiled = st.builds(
    lambda at, text, cut: GOOD[:at] + text + GOOD[at + cut :],
    at=st.integers(0, len(GOOD)),
    text=st.text(',"\r\t ;\x00é0-.', max_size=4).map(str.encode) | anything,
    cut=st.integers(0, 6),
)
lines_of_any_kind = st.lists(st.just(GOOD) | spoiled | anything, min_size=1, max_size=8)


@settings(max_examples=50)
@given(lines=lines_of_any_kind)
@example(lines=[GOOD, b'"', GOOD])
@example(lines=[b"\xff", GOOD])
@example(lines=[b"\r", b"", b"\r\r"])
@example(lines=[b",,,,,,,,,,,,,"])
def test_every_line_is_a_row_or_refused(lines):
    chunk = parse(*lines, first_line=0)
    positions = chunk.positions.tolist()
    assert len(positions) == chunk.table.num_rows
    unparsed = [each.position for each in chunk.refused]
    assert sorted([*positions, *unparsed]) == list(range(len(lines)))
    for row, position in enumerate(positions):
        assert chunk.raw(row) == lines[position].removesuffix(b"\r")
    refused = refusals(chunk)
    for each in refused:
        assert each.raw == lines[each.position].removesuffix(b"\r")
        assert each.reason
    good = {number for number, text in enumerate(lines) if text == GOOD}
    assert not good & {each.position for each in refused}, "a good line is valid whatever is near"
