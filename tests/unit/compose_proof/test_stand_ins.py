"""The proof of the compose file keeps up with the compose file."""

import re
from pathlib import Path

import pytest
import yaml

from stack.profiles import Profile
from tests.compose.compose import ComposeProfile
from tests.compose.daemon import Daemon
from tests.compose.images import FOLDER, IMAGES

NOT_STARTED = {"KAFKA_UI_IMAGE"}
"""Images of the profile ``tools``, which the proof does not start."""


def test_every_image_of_a_registry_has_a_stand_in(root: Path) -> None:
    compose = (root / "docker-compose.yaml").read_text()
    built_here = set(re.findall(r"\$\{(DATAFLOW360_\w*IMAGE):-", compose))
    chosen = set(re.findall(r"\$\{(\w*IMAGE):-", compose))
    assert chosen - built_here - NOT_STARTED == set(IMAGES)
    assert all((FOLDER / name / "Dockerfile").is_file() for name in IMAGES.values())


def test_what_is_built_is_built_through_the_machines_own_network(root: Path) -> None:
    compose = yaml.safe_load((root / "docker-compose.yaml").read_text())["services"]
    local = yaml.safe_load((root / "tests/compose/docker-compose.local.yaml").read_text())
    built = {name for name, service in compose.items() if "build" in service}
    assert {
        name
        for name, service in local["services"].items()
        if service["build"] == {"network": "host"}
    } == built


@pytest.mark.parametrize("other", ["demo", "test"])
def test_the_proof_shares_no_port_and_no_file_with_a_local_stack(other: str) -> None:
    own, stack = ComposeProfile(), Profile(other)
    assert set(own.default_ports) == set(stack.default_ports)
    assert not set(own.default_ports.values()) & set(stack.default_ports.values())
    assert own.env_file != stack.env_file
    assert own.state != stack.state


@pytest.mark.parametrize("length", [10, 120])
def test_the_path_of_a_socket_is_short_enough_wherever_the_project_is(
    tmp_path: Path, length: int
) -> None:
    daemon = Daemon(tmp_path / ("d" * length))
    assert len(str(daemon.sockets / "containerd" / "containerd.sock.ttrpc")) < 108


def test_a_docker_command_knows_no_other_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere.example:2375")
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "elsewhere")
    monkeypatch.setenv("DATAFLOW360_PORT_MYSQL", "1")
    monkeypatch.setenv("OPENWEATHER_API_KEY", "a key of the user's")
    environment = Daemon().environment
    assert environment["DOCKER_HOST"].startswith("unix://")
    assert "a key of the user's" not in environment.values()
    assert not {"DOCKER_CONTEXT", "COMPOSE_PROJECT_NAME", "DATAFLOW360_PORT_MYSQL"} & set(
        environment
    )
