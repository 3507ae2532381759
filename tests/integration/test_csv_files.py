"""Files of each format, from the inbox to table and topic: once, whatever they are called."""

import gzip
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from dataflow360.clients import mysql
from dataflow360.pipeline import extraction, landing, registry
from dataflow360.pipeline.run import Run
from dataflow360.records.validation import check
from dataflow360.settings import settings
from dataflow360.sources.csv_files import files, inbox
from dataflow360.sources.csv_files.format import Format
from dataflow360.sources.csv_files.formats.fares import FARES
from dataflow360.sources.csv_files.formats.passengers import PASSENGERS
from dataflow360.sources.csv_files.formats.weather import WEATHER
from dataflow360.sources.source import Origin
from tests.integration.killing import Point, run_and_kill
from tests.integration.support import Flow, ends, finish, ids_since, new_run, received_since

DAG_ID = "csv_files"


@dataclass(frozen=True)
class Case:
    """Files of one format; ``line`` makes the n-th row of a test's own, with a value in it."""

    form: Format
    line: Callable[[date, str, int, int], str]
    write: Callable[[str], bytes]
    suffix: str
    spoil: tuple[str, str, str]


CASES = [
    Case(
        WEATHER,
        lambda day, _, number, value: (
            f"Sénégal;Dakar;{day};{number};{20 + value},5;80;1012,0;10,0;20;0,0;0;;15,0;Ciel clair"
        ),
        lambda text: text.encode("cp1252"),
        ".csv",
        (",5;80", ".5;80", "temperature is 21.5; a number with a decimal comma is wanted"),
    ),
    Case(
        PASSENGERS,
        lambda _, own, number, value: (
            f"2005{number + 1:02},{own},US ,{own},,Domestic,Amérique,Enplaned,Other,T1,B,{value}"
        ),
        lambda text: text.encode("utf-8-sig"),
        ".csv",
        ("200502", "200513", "ActivityPeriod is 200513; a month as in 200507 is wanted"),
    ),
    Case(
        FARES,
        lambda _, own, number, value: (
            f"{number},{own},HC-{number},Dakar,Night,one,Morning,Lomé,Economy,{number}.5,3,{value}"
        ),
        lambda text: gzip.compress(text.encode()),
        ".csv.gz",
        (",one,", ",two,", "stops is two; one of zero, one, two_or_more is wanted"),
    ),
]
every_format = pytest.mark.parametrize("case", CASES, ids=lambda case: case.form.name)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_SECONDS_BETWEEN_LOOKS", 0.0)


@pytest.fixture
def own() -> str:
    """A name that no other test has."""
    return f"Air {uuid.uuid4()}"


def put(case: Case, name: str, lines: list[str]) -> Path:
    delimiter = ";" if ";" in lines[0] else ","
    text = "\n".join([delimiter.join(case.form.header), *lines, ""])
    path = Path(settings().inbox) / f"{name}{case.suffix}"
    path.write_bytes(case.write(text))
    return path


def land(case: Case, name: str, day: date, *, refetch: bool = False) -> tuple[str, Run]:
    run = new_run(Flow(DAG_ID, case.form.record, case.form.topic), day)
    wanted = files.file(inbox.path_of(name), name)
    assert (wanted.record, wanted.topic) == (case.form.record, case.form.topic)
    return extraction.extract(wanted, run, refetch=refetch), run


def land_weather(name: str, day: date) -> None:
    land(CASES[0], name, day)


def load_all(case: Case, day: date, *, everything: bool = False) -> list[dict[str, int]]:
    """What a run of the DAG does with the inbox: the account of each file."""
    names = files.unloaded(DAG_ID, everything=everything)
    return [dict(finish(*land(case, name, day, refetch=everything))) for name in names]


@every_format
def test_a_file_is_loaded_once_and_a_second_time_changes_nothing(
    case: Case, day: date, own: str
) -> None:
    start = ends(case.form.topic)
    put(case, own, [case.line(day, own, number, 1) for number in range(3)])
    (account,) = load_all(case, day)
    assert (account["rows_read"], account["rows_valid"], account["rows_new"]) == (3, 3, 3)
    assert (account["rows_stored"], account["messages_published"]) == (3, 3)
    sent = ids_since(case.form.topic, start)

    assert load_all(case, day) == []
    (again,) = load_all(case, day, everything=True)
    assert (again["rows_new"], again["rows_changed"]) == (3, 0)  # the batch that there is
    assert ids_since(case.form.topic, start) == sent
    assert len(sent) == 3


@every_format
def test_a_copy_under_another_name_is_left_alone(case: Case, day: date, own: str) -> None:
    path = put(case, own, [case.line(day, own, number, 1) for number in range(3)])
    load_all(case, day)
    path.rename(path.with_name(f"copy of {path.name}"))
    assert load_all(case, day) == []


@every_format
def test_of_a_file_that_has_changed_only_the_difference_is_sent(
    case: Case, day: date, own: str
) -> None:
    put(case, own, [case.line(day, own, number, 1) for number in range(3)])
    load_all(case, day)
    start = ends(case.form.topic)
    put(case, own, [case.line(day, own, number, 1 + number // 2) for number in range(4)])
    (account,) = load_all(case, day)
    assert (account["rows_new"], account["rows_changed"], account["rows_unchanged"]) == (1, 1, 2)
    assert len(received_since(case.form.topic, start)) == 2


@every_format
def test_a_bad_line_is_in_quarantine_and_can_be_parsed_again(
    case: Case, day: date, own: str, connection: object
) -> None:
    lines = [case.line(day, own, number, 1) for number in range(4)]
    old, new, reason = case.spoil
    lines[1] = lines[1].replace(old, new)
    put(case, own, lines)
    (name,) = files.unloaded(DAG_ID, everything=False)
    batch_id, run = land(case, name, day)
    account = finish(batch_id, run)
    assert (account["rows_read"], account["rows_valid"], account["rows_quarantined"]) == (4, 3, 1)
    ((raw, position, said),) = mysql.fetch(
        connection,
        "SELECT raw, position, reasons FROM dataflow360.quarantine WHERE batch_id = %s",
        (batch_id,),
    )
    assert (position, said) == (3, reason)
    batch = registry.get(connection, batch_id)
    (kept,) = [each for some in landing.refused_records(batch.folder) for each in some]
    assert kept.raw == raw

    mended = raw.replace(new.encode(), old.encode())
    again = files.reparse([mended], Origin(batch.request, ""))
    assert check(case.form.record, again.table).reasons == {}
    assert (again.table.num_rows, again.refused) == (1, [])


def test_a_file_whose_extraction_is_killed_is_landed_by_the_retry(day: date, own: str) -> None:
    case = CASES[0]
    path = put(case, own, [case.line(day, own, number, 1) for number in range(3)])
    point = Point("extract", "sources.csv_files.reading:parse", "after")
    run_and_kill(point, land_weather, path.name, day)
    (account,) = load_all(case, day)
    assert (account["rows_read"], account["rows_stored"]) == (3, 3)


SAMPLES = [
    ("meteo_openmeteo.csv", WEATHER, (2880, 2880, 0, 0)),
    ("meteo_abidjan.zip", WEATHER, (25, 24, 0, 1)),
    ("passagers_dakar.csv", PASSENGERS, (510, 504, 0, 6)),
    ("tarifs_afrique_ouest.csv.gz", FARES, (506, 500, 1, 5)),
]


@pytest.mark.parametrize(("name", "form", "expected"), SAMPLES, ids=lambda each: str(each)[:20])
def test_a_sample_is_loaded(
    name: str, form: Format, expected: tuple[int, ...], day: date, root: Path
) -> None:
    (Path(settings().inbox) / name).write_bytes((root / "samples" / name).read_bytes())
    wanted = files.file(inbox.path_of(name), name)
    # Not as the DAG itself, which is to find the samples new when it is tested.
    run = new_run(Flow(f"{DAG_ID}_{uuid.uuid4()}", form.record, form.topic), day)
    account = finish(extraction.extract(wanted, run, refetch=False), run)
    assert account["rows_stored"] == account["rows_valid"]
    numbers = ("rows_read", "rows_valid", "rows_duplicate", "rows_quarantined")
    assert tuple(account[number] for number in numbers) == expected
