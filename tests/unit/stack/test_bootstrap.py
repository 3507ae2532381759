"""The bootstrap on a machine without Python 3.13; uv and each Python are stand-ins."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.profiles import ROOT

_UV_VERSION = re.search(r"^uv_version=(.+)$", (ROOT / "stack/bootstrap.sh").read_text(), re.M)
_TOOLS = "sh cat chmod cp cut date dirname env flock grep id mkdir rm sed sha256sum tail tr"

# As far as the bootstrap uses it: it tells its version, makes an environment, and pip installs uv.
_PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) echo {version} ;;
    *sys.executable*) echo "$0" ;;
    "-c import ensurepip") {ensurepip} ;;
    "-m venv"*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    "-m pip install"*) cp {uv} "${{0%python}}uv" ;;
esac
"""
_UV = """#!/bin/sh
case "$*" in
    --version) echo "uv {version}" ;;
    "python install 3.13")
        {download}
        mkdir -p "$UV_PYTHON_INSTALL_DIR/cpython-3.13.9/bin"
        cp {python} "$UV_PYTHON_INSTALL_DIR/cpython-3.13.9/bin/python" ;;
    "python find"*) exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """One with few programs, and a checkout."""

    programs: Path
    project: Path

    def add(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def bootstrap(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", self.project / "stack/bootstrap.sh", "python"],
            env={"PATH": str(self.programs), "HOME": str(self.project)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with Python 3.11, and a uv that can be installed and brings Python 3.13."""
    assert _UV_VERSION is not None
    machine = Machine(tmp_path / "bin", tmp_path / "my project")
    machine.programs.mkdir()
    for tool in _TOOLS.split():
        program = shutil.which(tool)
        assert program is not None, tool
        (machine.programs / tool).symlink_to(program)
    for tool in ("cc", "pkg-config"):
        machine.add(tool, "#!/bin/sh\n")
    uv, python = tmp_path / "uv", tmp_path / "python3.13"
    python.write_text(_PYTHON.format(version="3.13", ensurepip="true", uv=uv))
    uv.write_text(_UV.format(version=_UV_VERSION[1], python=python, download=""))
    for program in (uv, python):
        program.chmod(0o755)
    machine.add("python3", _PYTHON.format(version="3.11", ensurepip="true", uv=uv))
    (machine.project / "stack").mkdir(parents=True)
    shutil.copy(ROOT / "stack/bootstrap.sh", machine.project / "stack")
    (machine.project / "requirements.lock").write_text("")
    (machine.project / "pyproject.toml").write_text("")
    return machine


def test_any_python_gets_uv_which_gets_the_right_one(machine: Machine) -> None:
    done = machine.bootstrap()

    assert done.returncode == 0, done.stdout + done.stderr
    said = [line.split("  ok")[0].split(" ok ")[0].strip() for line in done.stdout.splitlines()]
    assert said == [
        f"uv {_UV_VERSION[1]}, to get Python 3.13 by",
        "Python 3.13 by uv, into .stack",
        "Virtual environment (Python 3.13)",
        f"uv {_UV_VERSION[1]}",
        "Python packages of requirements.lock",
    ]
    assert list((machine.project / ".stack/lib/python").iterdir())
    assert {path.name for path in machine.project.iterdir()} == {
        *(".stack", ".venv", "pyproject.toml", "requirements.lock", "stack")
    }


def test_a_second_time_it_does_nothing(machine: Machine) -> None:
    machine.bootstrap()

    assert machine.bootstrap().stdout == ""


def test_a_uv_that_is_there_is_taken(machine: Machine, tmp_path: Path) -> None:
    machine.add("uv", (tmp_path / "uv").read_text())

    done = machine.bootstrap()

    assert done.returncode == 0, done.stdout + done.stderr
    assert not (machine.project / ".stack/lib/uv").exists()


def test_a_download_that_fails_says_what_to_do(machine: Machine, tmp_path: Path) -> None:
    failing = _UV.format(version="1", python="", download="echo 'no route to host' >&2; exit 1")
    (tmp_path / "uv").write_text(failing)

    done = machine.bootstrap()

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "no route to host",
        "error: 'Python 3.13 by uv, into .stack' failed: install Python 3.13 with your system's "
        f"packages or with pyenv; the whole output is in {machine.project}/.stack/bootstrap.log",
    ]


def test_a_python_without_venv_needs_its_package(machine: Machine, tmp_path: Path) -> None:
    machine.add("python3", _PYTHON.format(version="3.11", ensurepip="false", uv=tmp_path / "uv"))

    done = machine.bootstrap()

    assert done.returncode == 1
    assert "these programs are missing and this system has no apt: python3-venv" in done.stderr
