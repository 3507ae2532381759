"""A source is declared once and found by being there; so is a record type."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dataflow360 import records
from dataflow360 import sources as room
from dataflow360.errors import FatalError
from dataflow360.pipeline import landing
from dataflow360.pipeline.run import Run, day_interval
from dataflow360.records import RECORD_TYPES
from dataflow360.records.validation import check
from dataflow360.sources import sites, sources
from dataflow360.sources.source import Origin, Source

RUN = Run("marees", "test", -1, day_interval(date(2026, 11, 1)))
RECORD = '''
"""The contract of ``marees``: the height of the tide at a port."""
from dataflow360.records import contract
from dataflow360.records.contract import MySQLTable, RecordType

MAREES = RecordType(
    name="marees", version=1, description="Height of the tide.",
    schema={
        "port": contract.text("The port.", 20),
        "jour": contract.day("The day."),
        "hauteur": contract.number("Height.", "m", -1, 10),
        # new field
    },
    natural_key=("port", "jour"), id_column="id_maree", entity="port",
    event_time=lambda table: table["jour"],
    store=MySQLTable(database="meteo_db", table="marees"), topics=("marees",),
)
'''
SOURCE = '''
"""The height of the tide, from a port's office."""
import json
from datetime import date
from dataflow360.errors import FatalError
from dataflow360.sources.source import Output, Source, by_record

def fetch(request, run):
    from dataflow360.pipeline.chunk import Missing
    yield [b'{"port": "Dakar", "hauteur": 1.5}', b"no JSON"]
    yield Missing("Lome", FatalError("away"))
    yield [b'{"port": "Abidjan", "hauteur": 99}', b'{"port": "Lagos", "hauteur": 0.5}']

def row_of(raw):
    try:
        told = json.loads(raw)
    except ValueError:
        return "it is no JSON"
    row = {"port": told["port"], "jour": date(2026, 11, 1), "hauteur": told["hauteur"]}
    # new field
    return row

MAREES = Source(
    dag_id="marees", outputs=(Output("marees", "meteo_db.marees", "marees"),),
    fetch=fetch, parse=by_record("marees", row_of),
)
'''


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two files in a folder of their own, and nothing edited anywhere."""
    for package, text in ((records, RECORD), (room, SOURCE)):
        folder = tmp_path / package.__name__.rpartition(".")[2]
        folder.mkdir()
        (folder / "marees.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    yield tmp_path
    for package in (records, room):
        sys.modules.pop(f"{package.__name__}.marees", None)
        vars(package).pop("marees", None)


def test_two_new_files_are_a_source_that_can_be_extracted(added, tmp_path):
    source = sources()["marees"]
    extraction = source.extraction(source.request(), RUN)
    written = landing.write_batch(tmp_path / "landing", extraction.record, extraction.fetch())
    assert extraction.topic == "marees"
    assert (written.rows_read, written.rows_valid, written.rows_quarantined) == (4, 2, 2)
    assert [missing.part for missing in written.missing] == ["Lome"]
    refused = [each for some in landing.refused_records(written.folder) for each in some]
    assert [each.position for each in refused] == [2, 3]
    assert refused[0].reason == "it is no JSON"
    assert [asset.name for asset in source.outlets] == ["meteo_db.marees", "marees"]


def test_a_new_field_is_a_line_in_the_contract_and_one_in_the_parser(added):
    record, source = added / "records" / "marees.py", added / "sources" / "marees.py"
    record.write_text(
        RECORD.replace("# new field", '"houle": contract.number("Swell.", "m", 0, 30),')
    )
    source.write_text(SOURCE.replace("# new field", 'row["houle"] = told.get("houle", 0.0)'))
    chunk = sources()["marees"].parse([b'{"port": "Dakar", "hauteur": 1, "houle": 2}'], ORIGIN)
    assert RECORD_TYPES["marees"].columns[-1] == "houle"
    assert check(RECORD_TYPES["marees"], chunk.table).valid["houle"].to_pylist() == [2.0]


ORIGIN = Origin("{}", RUN.interval.key)


def test_what_is_refused_is_parsed_again_by_the_same_function(added):
    source = sources()["marees"]
    chunks = list(source.extraction(source.request(), RUN).fetch())
    again = source.parse([chunks[0].refused[0].raw], ORIGIN)
    assert again.refused[0].reason == chunks[0].refused[0].reason


def test_a_dag_has_one_source(added):
    (added / "sources" / "more.py").write_text(SOURCE)
    try:
        with pytest.raises(ValueError, match="two sources are declared for the DAG marees"):
            sources()
    finally:
        sys.modules.pop("dataflow360.sources.more", None)
        vars(room).pop("more", None)


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.dag_id)
def test_a_source_delivers_what_its_contracts_say(source: Source):
    for output in source.outputs:
        record = RECORD_TYPES[output.record_type]
        assert output.store == record.store.name
        assert output.topic in (record.topics or [record.store.stream])


def test_every_record_type_is_delivered_by_a_source():
    delivered = {o.record_type for source in sources().values() for o in source.outputs}
    assert delivered == set(RECORD_TYPES)


def test_a_record_type_has_the_name_of_its_module():
    assert all(record.name == name for name, record in RECORD_TYPES.items())
    assert "contract" not in RECORD_TYPES
    assert "no_such_type" not in RECORD_TYPES


def test_a_source_that_is_not_asked_for_intervals_says_so():
    source = sources()["csv_files"]
    with pytest.raises(FatalError, match="csv_files is not asked for data intervals"):
        source.extraction(source.request(), RUN)


def test_a_site_without_a_connection_is_the_real_one(monkeypatch):
    site = sites()["aviationweather"]
    assert site.address() == "https://aviationweather.gov"
    monkeypatch.setenv(
        f"AIRFLOW_CONN_{site.connection_id.upper()}",
        '{"conn_type": "http", "host": "http://simulator:8090/aviationweather/"}',
    )
    assert site.address() == "http://simulator:8090/aviationweather"
