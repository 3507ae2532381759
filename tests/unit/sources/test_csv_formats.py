"""Which format a file has is known by its header; one that fits none is named with the nearest."""

from datetime import date

import orjson
import pytest

from dataflow360.errors import FatalError
from dataflow360.records.validation import check
from dataflow360.sources.csv_files import formats as room
from dataflow360.sources.csv_files.format import recognise
from dataflow360.sources.csv_files.formats import formats
from dataflow360.sources.csv_files.formats.fares import FARES
from dataflow360.sources.csv_files.formats.passengers import PASSENGERS
from dataflow360.sources.csv_files.formats.weather import WEATHER
from tests.unit.sources.csv_lines import parse, refusals

HEADERS = {name: ",".join(each.header) for name, each in formats().items()}


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("name", formats())
def test_a_format_is_known_by_its_header(name, delimiter):
    header = HEADERS[name].replace(",", delimiter)
    assert recognise(header, "a.csv", formats().values()) == (formats()[name], delimiter)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda names: [f" {name} " for name in names], id="blanks"),
        pytest.param(lambda names: [f'"{name}"' for name in names], id="quotes"),
    ],
)
@pytest.mark.parametrize("name", formats())
def test_blanks_and_quotes_around_names_do_not_matter(name, spoil):
    header = ",".join(spoil(formats()[name].header))
    assert recognise(header, "a.csv", formats().values()) == (formats()[name], ",")


def test_the_headers_are_those_of_the_public_files(sample, root):
    with sample.open("rb") as file:
        assert (
            recognise(file.readline().decode().rstrip(), "a.csv", formats().values())[0] is WEATHER
        )
    assert HEADERS["trafic_passagers"] == (
        "ActivityPeriod,OperatingAirline,OperatingAirlineIATACode,PublishedAirline,"
        "PublishedAirlineIATACode,GEOSummary,GEORegion,ActivityTypeCode,PriceCategoryCode,"
        "Terminal,BoardingArea,PassengerCount"
    )
    assert HEADERS["tarifs_vols"] == (
        ",airline,flight,source_city,departure_time,stops,arrival_time,destination_city,class,"
        "duration,days_left,price"
    )


@pytest.mark.parametrize(
    ("header", "nearest", "said"),
    [
        pytest.param("", "", "columns missing", id="empty"),
        pytest.param(HEADERS["donnees_meteo"].removeprefix("pays,"), "donnees_meteo",
                     "columns missing ['pays'], unknown []", id="a-column-missing"),
        pytest.param(HEADERS["donnees_meteo"] + ",vent_max", "donnees_meteo",
                     "columns missing [], unknown ['vent_max']", id="a-column-too-many"),
        pytest.param(HEADERS["donnees_meteo"].upper(), "donnees_meteo",
                     "unknown ['PAYS', ", id="in-capitals"),
        pytest.param(",".join(reversed(WEATHER.header)), "donnees_meteo",
                     "the same columns in another order", id="another-order"),
        pytest.param(HEADERS["trafic_passagers"].replace("Period", " Period"), "trafic_passagers",
                     "columns missing ['ActivityPeriod'], unknown ['Activity Period']", id="typo"),
        pytest.param(HEADERS["tarifs_vols"].removeprefix(",").replace(",", ";"), "tarifs_vols",
                     "columns missing [''], unknown []", id="no-index-and-semicolons"),
        pytest.param(HEADERS["tarifs_vols"].replace(",", "\t"), "tarifs_vols",
                     "columns missing ['', 'airline'", id="tabs"),
        pytest.param('"pays,aero\rport', "", "columns missing", id="not-csv"),
        pytest.param("x" * 60_000, "", "unknown ['" + "x" * 40 + "']", id="endless"),
    ],
)  # fmt: skip
def test_another_header_is_refused_with_the_nearest_format(header, nearest, said):
    with pytest.raises(FatalError) as refused:
        recognise(header, "dakar.csv", formats().values())
    message = str(refused.value)
    assert message.startswith("dakar.csv has the header of no known format; the nearest is ")
    assert f"the nearest is {nearest}" in message
    assert said in message
    assert len(message) < 1_500


# ---- Passengers

WHOLE = "a whole number from -2147483648 to 2147483647 is wanted"
AIRLINE = {
    "ActivityPeriod": "200507", "OperatingAirline": "ATA Airlines",
    "OperatingAirlineIATACode": "TZ", "PublishedAirline": "ATA Airlines",
    "PublishedAirlineIATACode": "TZ", "GEOSummary": "Domestic", "GEORegion": "US",
    "ActivityTypeCode": "Deplaned", "PriceCategoryCode": "Low Fare", "Terminal": "Terminal 1",
    "BoardingArea": "B", "PassengerCount": "27271",
}  # fmt: skip


def passengers(**values: str) -> bytes:
    return ",".join((AIRLINE | values).values()).encode()


def test_a_line_of_passengers_becomes_a_row():
    (row,) = parse(passengers(), form=PASSENGERS).table.to_pylist()
    assert row == AIRLINE | {"ActivityPeriod": date(2005, 7, 1), "PassengerCount": 27271}


def test_an_airline_may_have_no_code_and_blanks_are_trimmed():
    line = passengers(OperatingAirlineIATACode="US ", PublishedAirlineIATACode="  ")
    chunk = parse(line, form=PASSENGERS)
    assert refusals(chunk, PASSENGERS) == []
    assert chunk.table["OperatingAirlineIATACode"].to_pylist() == ["US"]
    assert chunk.table["PublishedAirlineIATACode"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        *(
            ({"ActivityPeriod": text}, f"ActivityPeriod is {text}; a month as in 200507 is wanted")
            for text in (
                "200513", "200500", "20050701", "2005-07-01", "2005-7", "juillet", "000007",
                "\u0662\u0660\u0660\u0665\u0660\u0667",
            )
        ),
        ({"ActivityPeriod": "099912"}, "ActivityPeriod is 099912; a month as in 200507 is wanted"),
        ({"PassengerCount": "abc"}, f"PassengerCount is abc; {WHOLE}"),
        ({"PassengerCount": "1.5"}, f"PassengerCount is 1.5; {WHOLE}"),
        ({"PassengerCount": "-1"}, "PassengerCount is -1; 0 to 2147483647 passengers is wanted"),
        ({"PassengerCount": "99999999999"}, f"PassengerCount is 99999999999; {WHOLE}"),
        (
            {"GEOSummary": "Regional"},
            "GEOSummary is Regional; one of Domestic, International is wanted",
        ),
        ({"OperatingAirline": " "}, "OperatingAirline is missing"),
        ({"ActivityPeriod": ""}, "ActivityPeriod is missing"),
    ],
)  # fmt: skip
def test_a_bad_line_of_passengers_is_refused_alone(values, reason):
    lines = [passengers(), passengers(**values), passengers(BoardingArea="C")]
    chunk = parse(*lines, form=PASSENGERS)
    assert [(each.position, each.raw, each.reason) for each in refusals(chunk, PASSENGERS)] == [
        (3, lines[1], reason)
    ]


# ---- Fares

FARE = "0,SpiceJet,SG-8709,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5953"


def test_a_line_of_fares_becomes_a_row_without_its_index():
    (row,) = parse(FARE.encode(), form=FARES).table.to_pylist()
    assert row == {
        "airline": "SpiceJet", "flight": "SG-8709", "source_city": "Delhi",
        "departure_time": "Evening", "stops": "zero", "arrival_time": "Night",
        "destination_city": "Mumbai", "class": "Economy", "duration": 2.17, "days_left": 1,
        "price": 5953.0,
    }  # fmt: skip


@pytest.mark.parametrize("index", ["", "x", "1e99", "é"])
def test_the_index_may_be_anything(index):
    chunk = parse(FARE.replace("0,", f"{index},", 1).encode(), form=FARES)
    assert (chunk.table.num_rows, refusals(chunk, FARES)) == (1, [])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("5953", "free", "price is free; a number is wanted"),
        ("5953", "-1", "price is -1; 0 to 1000000000 is wanted"),
        (",1,", ",-1,", "days_left is -1; 0 to 366 d is wanted"),
        ("zero", "three", "stops is three; one of zero, one, two_or_more is wanted"),
        ("2.17", "", "duration is missing"),
        ("5953", "5953,INR", "the line has a wrong number of fields"),
    ],
)
def test_a_bad_line_of_fares_is_refused_alone(old, new, reason):
    bad = FARE.replace(old, new).encode()
    chunk = parse(FARE.encode(), bad, form=FARES)
    assert [(each.position, each.raw, each.reason) for each in refusals(chunk, FARES)] == [
        (3, bad, reason)
    ]


# ---- The samples that the demonstration loads

SAMPLES = {
    "meteo_openmeteo.csv": (2880, []),
    "meteo_abidjan.zip": (25, [14]),
    "passagers_dakar.csv": (510, [42, 112, 182, 252, 322, 392]),
    "tarifs_afrique_ouest.csv.gz": (506, [62, 142, 222, 302, 382]),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_just_the_bad_lines_that_its_description_tells_of(name, root, extraction_of):
    extraction = extraction_of(root / "samples" / name)
    chunks = list(extraction.fetch())
    refused = [
        each.position
        for chunk in chunks
        for each in refusals(chunk, formats()[extraction.record.name])
    ]
    read = sum(len(chunk.positions) + len(chunk.refused) for chunk in chunks)
    assert (read, sorted(refused)) == SAMPLES[name]


def test_every_sample_is_told_of(root):
    samples = {path.name for path in (root / "samples").iterdir()} - {"README.md"}
    assert samples == set(SAMPLES)
    description = (root / "samples" / "README.md").read_text(encoding="utf-8")
    assert all(f"## {name}" in description for name in samples)


TURNED = '''
"""Weather with its columns the other way round."""
from dataclasses import replace
from dataflow360.sources.csv_files.formats.weather import WEATHER

TURNED = replace(WEATHER, name="turned", header=WEATHER.header[::-1])
'''


def test_a_new_file_is_a_new_format(tmp_path, monkeypatch, root, extraction_of):
    (tmp_path / "turned.py").write_text(TURNED)
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    lines = (root / "samples" / "meteo_openmeteo.csv").read_text().splitlines()[:3]
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join(",".join(line.split(",")[::-1]) for line in lines) + "\n")
    extraction = extraction_of(turned)
    (chunk,) = extraction.fetch()
    assert orjson.loads(extraction.request)["format"] == "turned"
    assert check(extraction.record, chunk.table).valid.num_rows == 2
