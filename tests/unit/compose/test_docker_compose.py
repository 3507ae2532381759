"""What Docker's own compose says of the file, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from stack import settings as env_file
from stack.profiles import ROOT, Profile
from stack.settings import SECRET_PREFIX, SETTINGS

DOCKER = shutil.which("docker")


def compose(env: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", "compose", "--file", str(ROOT / "docker-compose.yaml"), "--env-file", str(env),
         *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _plugin(tmp_path_factory: pytest.TempPathFactory) -> None:
    version = DOCKER and subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False
    )
    if not version or version.returncode:
        pytest.skip("docker compose is not installed")


@pytest.fixture
def env(tmp_path: Path) -> Path:
    return env_file.ensure(Profile("demo", root=tmp_path))[0].profile.env_file


def test_it_has_nothing_to_remark(env: Path) -> None:
    result = compose(env, "--profile", "tools", "config", "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_without_an_env_file_it_refuses_with_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    result = compose(empty, "config", "--quiet")
    assert result.returncode != 0
    assert "is missing a value: run 'make env', which writes it to .env" in result.stderr


@pytest.mark.parametrize("secret", [s.name for s in SETTINGS if s.name.startswith(SECRET_PREFIX)])
def test_a_secret_that_is_missing_is_named(env: Path, secret: str) -> None:
    lines = env.read_text().splitlines(keepends=True)
    env.write_text("".join(line for line in lines if not line.startswith(f"{secret}=")))
    result = compose(env, "--profile", "tools", "config", "--quiet")
    assert result.returncode != 0
    assert f"{secret} is missing a value" in result.stderr
