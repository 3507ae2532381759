"""Running the helper commands of the stack: quiet when they work, readable when they don't."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.environment import search_path
from stack.errors import StackError

_TAIL = 20


def find(program: str, package: str) -> str:
    """The path of a program, or an error that names the package that holds it."""
    path = shutil.which(program, path=search_path())
    if path is None:
        raise StackError(
            f"{program} is missing: install {package}, or run 'make up', which does it on Debian"
        )
    return path


def run(
    command: Sequence[str],
    *,
    log: Path,
    what: str,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    directory: Path | None = None,
) -> None:
    """Run a command with its output in a log; a failure shows the end of that log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL if stdin is None else None,
            input=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=directory,
            text=True,
            check=False,
        )
    if result.returncode:
        raise StackError(f"{what} failed; the end of {log}:\n{tail(log)}")


def tail(log: Path, lines: int = _TAIL) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
