"""``python -m stack simulate`` against a simulator that listens."""

import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from stack import cli, lifecycle
from stack import settings as env_file
from stack.errors import StackError
from stack.simulator import client

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def settings(settings, server):
    """A profile whose simulator is the one that listens; with no fault on."""
    port = server.rpartition(":")[2]
    own = replace(settings, values={**settings.values, "DATAFLOW360_PORT_SIMULATOR": port})
    client.turn_off(own)
    return own


@pytest.fixture
def simulate(settings, monkeypatch):
    """Run the command with its arguments."""
    monkeypatch.setattr(env_file, "load", lambda _: settings)
    return lambda *arguments: CliRunner().invoke(cli.app, ["simulate", *arguments])


def on(settings):
    return client.faults(settings)["on"]


def test_a_fault_is_turned_on_and_off(simulate, settings) -> None:
    shown = simulate("aviationstack:quota", "--times", "1", "--match", "LOS")
    assert shown.exit_code == 0, shown.output
    assert "quota, times 1, match LOS" in shown.output
    assert on(settings)["aviationstack"] == {
        "fault": "quota", "times": 1, "seconds": None, "match": "LOS"
    }  # fmt: skip

    assert simulate("none").exit_code == 0
    assert on(settings) == {}


def test_without_a_fault_everything_is_listed(simulate) -> None:
    output = simulate().output

    for word in ("visualcrossing", "no-next-data", "rate-limit", "429-retry-after"):
        assert word in output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["quota"], "write it as SOURCE:FAULT"),
        (["moon:quota"], "there is no source 'moon': choose of aviationstack"),
        (["openweather:quota"], "openweather has no fault 'quota': choose of 400"),
        (["openweather:slow", "--seconds", "1e9"], "seconds: Input should be less than"),
    ],
)
def test_a_wrong_wish_is_one_sentence(simulate, arguments, complaint) -> None:
    failure = simulate(*arguments).exception

    assert isinstance(failure, StackError)
    assert complaint in str(failure)


def test_a_simulator_that_is_down_is_named_with_the_command_that_starts_it(settings) -> None:
    values = {**settings.values, "DATAFLOW360_PORT_SIMULATOR": "9"}

    with pytest.raises(StackError, match=re.escape("127.0.0.1:9/faults")) as raised:
        client.faults(replace(settings, values=values))
    assert "start the stack with 'python -m stack --profile demo up'" in str(raised.value)


def test_the_service_is_ready_once_the_simulator_answers(settings, monkeypatch) -> None:
    monkeypatch.setattr("stack.commands.shutil.which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr("stack.servers.postgres._binary", lambda name: f"/usr/bin/{name}")
    services = {service.name: service for service in lifecycle.services(settings)}

    services["simulator"].probe()
