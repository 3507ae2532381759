"""Files are read however they are written: encoding, delimiter, decimal sign, packing."""

import gzip
import io
import zipfile
from pathlib import Path

import orjson
import pytest

from dataflow360.errors import FatalError
from dataflow360.sources.csv_files import files
from dataflow360.sources.csv_files.dialect import Dialect, digest_of
from dataflow360.sources.csv_files.formats import formats
from dataflow360.sources.csv_files.formats.fares import FARES
from dataflow360.sources.csv_files.formats.passengers import PASSENGERS
from dataflow360.sources.csv_files.formats.weather import WEATHER
from dataflow360.sources.source import Origin
from tests.unit.sources.csv_lines import GOOD, parse, refusals

HEADER = ",".join(WEATHER.header)
LINES = [GOOD["donnees_meteo"].replace(",0,", f",{hour},", 1) for hour in range(3)]


def text(*lines: str, header: str = HEADER) -> str:
    return "".join(f"{line}\r\n" for line in (header, *lines))


def with_semicolons(line: str) -> str:
    return line.replace(",", ";").replace(".", ",")


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


@pytest.fixture
def read(tmp_path, extraction_of):
    """Write a file, and read it: its dialect, its rows and the numbers of what was refused."""

    def read(content: bytes, name: str = "meteo.csv") -> tuple[dict, list[dict], list[int]]:
        path: Path = tmp_path / name
        path.write_bytes(content)
        extraction = extraction_of(path)
        chunks = list(extraction.fetch())
        request = orjson.loads(extraction.request)
        form = formats()[request["format"]]
        rows = [row for chunk in chunks for row in chunk.table.to_pylist()]
        refused = [each.position for chunk in chunks for each in refusals(chunk, form)]
        return request, rows, refused

    return read


@pytest.fixture
def plain_rows(read):
    return read(text(*LINES).encode())[1]


DIALECTS = {
    "utf-8": (text(*LINES).encode(), "meteo.csv", ("utf-8", ",", ".")),
    "utf-8-bom": (text(*LINES).encode("utf-8-sig"), "meteo.CSV", ("utf-8", ",", ".")),
    "cp1252": (text(*LINES).encode("cp1252"), "meteo.csv", ("cp1252", ",", ".")),
    "semicolons": (text(*LINES, header=HEADER).replace(",", ";").encode(), "meteo.csv",
                   ("utf-8", ";", ".")),
    "decimal-comma": (with_semicolons(text(*LINES)).encode(), "meteo.csv", ("utf-8", ";", ",")),
    "all-of-excel": (with_semicolons(text(*LINES)).encode("cp1252"), "meteo.csv",
                     ("cp1252", ";", ",")),
    "gzip": (gzip.compress(text(*LINES).encode()), "meteo.csv.gz", ("utf-8", ",", ".")),
    "gzip-in-two-members": (
        gzip.compress(text(*LINES[:1]).encode()) + gzip.compress("\r\n".join(LINES[1:]).encode()),
        "meteo.csv.gz", ("utf-8", ",", "."),
    ),
    "zip": (zipped(**{"meteo.csv": text(*LINES).encode(), "LISEZMOI.txt": b"?"}), "meteo.zip",
            ("utf-8", ",", ".")),
    "zip-by-a-mac": (
        zipped(**{"donnees__meteo.csv": text(*LINES).encode("cp1252"),
                  "__MACOSX__._meteo.csv": b"?"}),
        "meteo.zip", ("cp1252", ",", "."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_found_and_changes_nothing_in_the_rows(name, read, plain_rows):
    content, file, expected = DIALECTS[name]
    request, rows, refused = read(content, file)
    assert (request["encoding"], request["delimiter"], request["decimal"]) == expected
    assert request["format"] == "donnees_meteo"
    assert rows == plain_rows
    assert len(rows) == 3
    assert refused == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_one_broken_line_does_not_change_the_encoding(encoding, read):
    broken = text(*LINES).encode(encoding).replace(LINES[1].encode(), LINES[1].encode("cp1252"))
    request, rows, refused = read(broken)
    assert (request["encoding"], len(rows), refused) == ("utf-8", 2, [3])


def test_one_broken_line_does_not_change_it_however_many_lines_are_ascii(read):
    ascii_lines = [line.replace("é", "e") for line in LINES] * 50
    request, _, _ = read(text(*ascii_lines, LINES[0], LINES[1]).encode("cp1252"))
    assert request["encoding"] == "cp1252"


def test_a_byte_order_mark_means_utf_8_whatever_follows(read):
    content = b"\xef\xbb\xbf" + text(*LINES).encode("cp1252")
    request, rows, refused = read(content)
    assert (request["encoding"], rows, refused) == ("utf-8", [], [2, 3, 4])


def test_a_byte_that_cp1252_does_not_have_refuses_its_line_alone(read):
    content = text(*LINES).encode("cp1252").replace(b"Couvert", b"Couv\x81ert", 1)
    request, rows, refused = read(content)
    assert (request["encoding"], len(rows), refused) == ("cp1252", 2, [2])


def test_the_encoding_is_that_of_most_lines_wherever_they_stand(read, monkeypatch):
    monkeypatch.setattr("dataflow360.sources.csv_files.blocks.BLOCK_BYTES", 100)
    first = LINES[0].encode("cp1252")
    rest = "\n".join(LINES * 5).encode()
    request, _, refused = read(HEADER.encode() + b"\n" + first + b"\n" + rest)
    assert (request["encoding"], refused) == ("utf-8", [2])


def test_typographic_apostrophes_of_cp1252_are_kept(read):
    header = ";".join(PASSENGERS.header)
    line = (
        GOOD["trafic_passagers"].replace(",", ";").replace("ATA Airlines", "Air Côte d\u2019Ivoire")
    )
    request, (row,), _ = read(text(line, header=header).encode("cp1252"))
    assert request["encoding"] == "cp1252"
    assert row["OperatingAirline"] == "Air Côte d\u2019Ivoire"


# ---- Decimal comma


@pytest.mark.parametrize("number", ["26.5", "1.013,4", "26,5,1", "2 6,5"])
def test_where_the_decimal_sign_is_a_comma_a_number_with_another_is_refused(number):
    good = with_semicolons(LINES[0])
    bad = good.replace("26,5", number)
    chunk = parse(good.encode(), bad.encode(), form=WEATHER, delimiter=";", decimal=",")
    (refused,) = refusals(chunk, WEATHER)
    assert refused.position == 3
    assert refused.reason == f"temperature is {number}; a number with a decimal comma is wanted"


def test_the_decimal_sign_is_that_of_most_numbers(read):
    lines = [with_semicolons(line) for line in LINES]
    lines[1] = lines[1].replace("26,5", "26.5")
    request, rows, refused = read(text(*lines, header=HEADER.replace(",", ";")).encode())
    assert (request["decimal"], len(rows), refused) == (",", 2, [3])


def test_fares_may_have_decimal_commas_too(read):
    lines = [
        with_semicolons(GOOD["tarifs_vols"]).replace("59530,5", price) for price in ("12", "1,5")
    ]
    header = ";".join(FARES.header)
    request, rows, refused = read(text(*lines, header=header).encode())
    assert (request["decimal"], refused) == (",", [])
    assert [row["price"] for row in rows] == [12.0, 1.5]


# ---- Files that are none

DAMAGED = {
    "cut-gzip": ("a.csv.gz", gzip.compress(text(*LINES).encode())[:-20], "is damaged or cut off"),
    "no-gzip": ("a.csv.gz", text(*LINES).encode(), "is damaged or cut off"),
    "rotten-gzip": (
        "a.csv.gz", gzip.compress(text(*LINES).encode())[:-8] + b"\0" * 8, "is damaged or cut off",
    ),
    "empty-gzip": ("a.csv.gz", b"", "has the header of no known format"),
    "no-zip": ("a.zip", text(*LINES).encode(), "is damaged or cut off"),
    "cut-zip": ("a.zip", zipped(**{"a.csv": text(*LINES).encode()})[:-30], "is damaged or cut off"),
    "empty-zip": ("a.zip", zipped(), "must hold exactly one CSV file but holds none"),
    "two-in-a-zip": (
        "a.zip", zipped(**{"x.csv": b"", "y.csv": b""}),
        "must hold exactly one CSV file but holds x.csv, y.csv",
    ),
    "bzip2-in-a-zip": ("a.zip", None, "is packed by a rare method"),
    "empty": ("a.csv", b"", "has the header of no known format"),
    "another-header": ("a.csv", b"a,b\n1,2\n", "has the header of no known format"),
    "binary": ("a.csv", bytes(range(256)) * 600, "has the header of no known format"),
    "one-endless-line": (
        "a.csv", HEADER.encode() + b"\n" + b"x" * (17 << 20), "a line of more than 16 MiB",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_a_file_that_is_none_is_named_and_left_where_it_is(case, tmp_path, extraction_of):
    name, content, said = DAMAGED[case]
    if content is None:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("a.csv", "?")
        content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FatalError) as refused:
        extraction_of(tmp_path / name)
    assert str(refused.value).startswith(f"{name} ")
    assert said in str(refused.value)
    assert (tmp_path / name).read_bytes() == content


def test_an_encrypted_zip_is_named(tmp_path, extraction_of):
    content = bytearray(zipped(**{"a.csv": text(*LINES).encode()}))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag of the central directory
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(FatalError, match=r"a\.zip is encrypted"):
        extraction_of(tmp_path / "a.zip")


def test_a_file_that_is_gone_is_named(tmp_path, extraction_of):
    with pytest.raises(FatalError, match=r"The file dakar\.csv is not there"):
        extraction_of(tmp_path / "dakar.csv")


# ---- The request of a batch


@pytest.mark.parametrize("name", DIALECTS)
def test_a_request_brings_its_dialect_back(name, tmp_path, extraction_of):
    content, file, (encoding, delimiter, decimal) = DIALECTS[name]
    (tmp_path / file).write_bytes(content)
    extraction = extraction_of(tmp_path / file)
    found = Dialect.from_request(extraction.request)
    assert found == Dialect(WEATHER, encoding, delimiter, decimal)
    assert found.request(digest_of(extraction.request)) == extraction.request


@pytest.mark.parametrize("request_", ["", "[]", '{"sha256":"0"}', '{"format":"vols"}', "{}"])
def test_another_request_is_refused(request_):
    with pytest.raises(FatalError, match="does not say how its file is written"):
        files.reparse([b"x"], Origin(request_, ""))


def test_refused_lines_can_be_parsed_again_in_the_dialect_of_their_file(
    read, tmp_path, extraction_of
):
    lines = [with_semicolons(line) for line in LINES]
    lines[1] = lines[1].replace("26,5", "chaud")
    content = text(*lines, header=HEADER.replace(",", ";")).encode("cp1252")
    (tmp_path / "a.csv").write_bytes(content)
    extraction = extraction_of(tmp_path / "a.csv")
    (chunk,) = extraction.fetch()
    (bad,) = chunk.refused
    again = files.reparse([bad.raw], Origin(extraction.request, ""))
    assert [(each.raw, each.reason) for each in again.refused] == [(bad.raw, bad.reason)]
    mended = bad.raw.replace(b"chaud", b"30,5")
    again = files.reparse([mended, bad.raw], Origin(extraction.request, ""))
    assert again.table["temperature"].to_pylist() == [30.5]
    assert again.table["pays"].to_pylist() == ["Bénin"]
    assert again.positions.tolist() == [1]
    assert [each.position for each in again.refused] == [2]
    assert again.raw(0) == mended
