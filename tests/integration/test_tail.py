"""What `dataflow360 aws tail` shows of records that pass."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from dataflow360.aws.tail import Line, Tail
from dataflow360.cli import app as command_line
from tests.integration.serverless import city, observation, put, state, wait_until


@pytest.fixture(autouse=True)
def _path(serverless: None) -> None:
    pass


def test_one_round_shows_the_record_its_invocation_and_its_item() -> None:
    ville = city()
    good, bad = put(observation(ville, temp=30.5), b"{")
    wait_until(lambda: state(ville))

    def shown() -> list[str]:
        """The lines about it, when the log has come as well."""
        result = CliRunner().invoke(
            command_line.app, ["aws", "tail", "--once", "--minutes", "1"], catch_exceptions=False
        )
        assert result.exit_code == 0
        lines = result.output.splitlines()
        return lines if any("record refused" in line and bad in line for line in lines) else []

    lines = wait_until(shown)
    assert any("record " in line and good in line and ville in line for line in lines)
    assert any("record " in line and f"{bad} it is not JSON" in line for line in lines)
    assert any("invocation " in line and "batch stored: records 2" in line for line in lines)
    assert any("invocation " in line and " took " in line for line in lines)
    assert any("item " in line and f"{ville} (DSS): temp 30.5" in line for line in lines)


def test_each_thing_is_shown_once_and_an_item_again_when_it_changes() -> None:
    tail = Tail(datetime.now(UTC) - timedelta(minutes=1))
    list(tail.round())
    ville = city()
    seen: list[Line] = []

    def about(kind: str) -> list[Line]:
        return [line for line in seen if line.kind == kind and ville in line.text]

    for moment, temperature in ((1731400000, 30), (1731403600, 31)):
        put(observation(ville, moment, temp=temperature))

        def is_there(temperature: int = temperature) -> bool:
            seen.extend(tail.round())
            return any(line.text.endswith(f"temp {temperature}") for line in about("item"))

        wait_until(is_there)
    for _ in range(2):
        seen.extend(tail.round())
    assert [line.text for line in about("item")] == [
        f"{ville} (DSS): temp 30",
        f"{ville} (DSS): temp 31",
    ]
    assert len(about("record")) == 2
    invocations = [line for line in seen if line.kind == "invocation"]
    assert len(set(invocations)) == len(invocations)
