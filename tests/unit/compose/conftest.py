"""docker-compose.yaml as it is written, and as compose reads it with a fresh env file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack import settings as env_file
from stack.profiles import ROOT, Profile
from stack.settings import Settings

#: ``${NAME}``, ``${NAME:-default}`` or ``${NAME:?complaint}``.
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")

type Service = dict[str, Any]


@pytest.fixture(scope="session")
def text() -> str:
    return (ROOT / "docker-compose.yaml").read_text()


@pytest.fixture(scope="session")
def compose(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


@pytest.fixture(scope="session")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    found: dict[str, Service] = compose["services"]
    return found


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return env_file.ensure(Profile("demo", root=tmp_path_factory.mktemp("project")))[0]


@pytest.fixture(scope="session")
def filled(settings: Settings) -> Callable[[str], str]:
    """Puts the env file's values into a text, as compose does."""

    def value(match: re.Match[str]) -> str:
        default = match["rest"] if match["kind"] == "-" else ""
        return settings.values.get(match["name"]) or default

    return lambda text: VARIABLE.sub(value, text).replace("$$", "$")


def dockerfile() -> dict[str, list[str]]:
    """The instructions of the Dockerfile, one line each, by their target."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text())
    stages: dict[str, list[str]] = {"": []}
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.startswith("FROM "):
            stages[line.rsplit(" AS ", 1)[1]] = []
        if line:
            stages[list(stages)[-1]].append(line)
    return stages


def locked(name: str) -> dict[str, str]:
    """The versions of a lock file."""
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", Path(ROOT / name).read_text()))
