"""Sources without Airflow: one batch of Parquet files, or one sentence that says what is wrong."""

import sys
from importlib.metadata import entry_points

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from dataflow360.cli import app as command_line
from dataflow360.errors import FatalError
from dataflow360.sources import sources


@pytest.fixture
def extract(tmp_path):
    """Run ``extract``; the rows that it wrote, or what it says."""

    def run(*arguments: str):
        out = tmp_path / "extracted"
        result = CliRunner().invoke(
            command_line.app, ["extract", *arguments, "--out", str(out)], catch_exceptions=False
        )
        files = list(out.glob("*/valid.parquet"))
        return pq.read_table(files[0]) if files else result.output

    return run


def test_a_synthetic_day(extract):
    rows = extract(
        "synthetic_flights", "--date", "2026-11-01", "--param", "rows=5",
        "--param", 'airports=["DSS", "LOS"]',
    )  # fmt: skip
    assert rows["aeroport_depart"].to_pylist() == ["DSS"] * 5 + ["LOS"] * 5
    assert {str(day) for day in rows["date_vol"].to_pylist()} == {"2026-11-01"}


def test_a_file(extract, sample):
    assert extract(str(sample)).num_rows == 2880


def test_a_source_needs_a_time(extract):
    assert "needs --date or --start" in extract("openweather")


def test_the_list_of_quarantine_refuses_an_unknown_record_type():
    arguments = ["quarantine", "list", "--record-type", "vol"]
    with pytest.raises(FatalError, match=r"The param record_type is wrong \('vol'\)"):
        CliRunner().invoke(command_line.app, arguments, catch_exceptions=False)


def test_a_param_needs_a_name(extract):
    assert "is not of the form name=value" in extract(
        "synthetic_flights", "--date", "2026-11-01", "--param", "12"
    )


def test_a_wrong_param_is_named(extract):
    with pytest.raises(FatalError, match=r"The param rows is wrong \(-1\)"):
        extract("synthetic_flights", "--date", "2026-11-01", "--param", "rows=-1")


def test_the_command_is_installed_and_an_error_of_the_projects_is_one_sentence(monkeypatch, capsys):
    (command,) = entry_points(group="console_scripts", name="dataflow360")
    wrong = ["extract", "synthetic_flights", "--date", "2026-11-01", "--param", "rows=-1"]
    monkeypatch.setattr(sys, "argv", ["dataflow360", *wrong])
    with pytest.raises(SystemExit) as ended:
        command.load()()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("The param rows is wrong (-1)")


def test_every_dag_that_fetches_an_interval_can_be_run_without_airflow(root):
    dags = {path.stem for path in (root / "dags").glob("*.py")}
    others = {"aws_setup", "csv_files", "freshness", "lambda_failures", "replay_quarantine"}
    assert {name for name, source in sources().items() if source.fetch} == dags - others
