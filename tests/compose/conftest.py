"""The daemon, the images and the project that all tests of the compose file share."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from stack.settings import Settings
from tests.compose import images, packages
from tests.compose.compose import Compose, ComposeProfile
from tests.compose.daemon import Daemon


@pytest.fixture(scope="session")
def console() -> Console:
    """Where the evidence is printed as it comes."""
    return Console(highlight=False, width=160)


@pytest.fixture(scope="session")
def daemon(console: Console) -> Iterator[Daemon]:
    """A Docker daemon that is the tests' own; nothing of it is left when they end."""
    packages.check_machine()
    daemon = Daemon()
    daemon.state.mkdir(parents=True, exist_ok=True)
    packages.install_tools(daemon.state / "prepare.log")
    packages.unpack_docker(daemon.programs, daemon.state / "prepare.log")
    with daemon.running():
        yield daemon
    assert daemon.traces() == []
    console.print("  the daemon has ended: no process, mount, bridge or packet filter rule is left")


@pytest.fixture(scope="session")
def compose(daemon: Daemon, console: Console) -> Iterator[Compose]:
    """The project, with every stand-in image built and nothing started."""
    profile = ComposeProfile()
    compose = Compose(daemon, profile)
    compose.write_settings()
    images.build_all(daemon, profile, lambda line: console.print(f"  {line}"))
    compose.run("down", "--volumes", "--remove-orphans")
    yield compose
    compose.run("down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="session")
def settings(compose: Compose) -> Settings:
    """The settings that the project was started with."""
    return compose.write_settings()
