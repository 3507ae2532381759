"""The servers that come from npm, which are downloaded once."""

import hashlib
import os
import shutil
from pathlib import Path

from stack.commands import find, run
from stack.profiles import Profile

SERVERS = ("kinesis",)
"""The servers that come from npm, each with its ``stack/npm/<name>/package-lock.json``."""


def find_node() -> str:
    """The program node."""
    return find("node", "nodejs")


def is_downloaded(profile: Profile, server: str) -> bool:
    """Whether a server is there, in the version that its lock asks for."""
    stamp = profile.lib / server / ".lock.sha256"
    return stamp.exists() and stamp.read_text() == _digest(server)


def download(profile: Profile, server: str) -> None:
    """Download a server as its lock has it; a directory that is there is complete."""
    final = profile.lib / server
    partial = profile.lib / f".{server}.{os.getpid()}"
    shutil.copytree(_source(server), partial)
    run(
        [find("npm", "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        log=profile.root / ".stack" / f"npm-{server}.log",
        what=f"downloading {server} with npm",
        directory=partial,
    )
    (partial / ".lock.sha256").write_text(_digest(server))
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)


def _source(server: str) -> Path:
    return Path(__file__).parent / "npm" / server


def _digest(server: str) -> str:
    return hashlib.sha256((_source(server) / "package-lock.json").read_bytes()).hexdigest()
