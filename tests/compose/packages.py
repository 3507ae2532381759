"""Programs of Debian packages, unpacked beside the machine's own instead of installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from stack.commands import find, run
from stack.errors import StackError

RELEASE = "trixie"
"""The Debian release that Docker's programs and the base image come from."""

# Go programs that need little more than a C library of 2022.
_OF_THE_RELEASE = ("containerd", "docker-buildx", "docker-cli", "docker-compose", "docker.io")
# What is built for one C library, from the machine's own release.
_OF_THE_MACHINE = ("runc", "tini")
_INSTALLED = {"debootstrap": "debootstrap", "iptables": "iptables"}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def check_machine() -> None:
    """Refuse, readably, where the proof cannot run: it needs root, and Debian's packages."""
    if os.getuid() != 0:
        raise StackError("make test-compose needs root: it starts a Docker daemon of its own")
    if shutil.which("apt-get") is None or not _KEYRING.exists():
        raise StackError(
            "make test-compose needs Debian with its archive's keys (package "
            "debian-archive-keyring): it takes Docker and its base image from Debian's packages"
        )


def mirror() -> str:
    """The address of the Debian archive that the machine uses.

    Raises:
        StackError: It uses none.
    """
    targets = subprocess.run(
        [
            *("apt-get", "indextargets", "--format", "$(REPO_URI)"),
            *("Created-By: Packages", "Component: main", f"Release: {_codename()}"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    if not targets:
        raise StackError(
            f"apt-get knows no archive of Debian's release {_codename()}: give it one in "
            "/etc/apt/sources.list and run 'apt-get update'"
        )
    return targets[0].rstrip("/")


def install_tools(log: Path) -> None:
    """Install the two small tools that the machine may lack: debootstrap and iptables."""
    missing = [
        package
        for program, package in _INSTALLED.items()
        if shutil.which(program, path=_search_path()) is None
    ]
    if missing:
        run(["apt-get", "update", "-q"], log=log, what="apt-get update")
        run(
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", "--no-remove", *missing],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            log=log,
            what=f"installing {' and '.join(missing)}",
        )


def unpack_docker(directory: Path, log: Path) -> None:
    """Unpack Docker's programs below a directory, unless they are there.

    The names and versions of the packages come from the archive's own index, so that nothing is
    tied to a file that the archive will have replaced.
    """
    if directory.exists():
        return
    partial = directory.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    apt = _own_apt(partial / "apt")
    run([*apt, "update", "-q"], log=log, what=f"reading the package index of {mirror()}")
    wanted = [
        *(f"{name}/{RELEASE}" for name in _OF_THE_RELEASE),
        *(f"{name}/{_codename()}" for name in _OF_THE_MACHINE),
    ]
    archives = partial / "archives"
    archives.mkdir()
    run([*apt, "download", "-q", *wanted], log=log, directory=archives, what="apt-get download")
    for archive in sorted(archives.glob("*.deb")):
        run(
            [find("dpkg-deb", "dpkg"), "--extract", str(archive), str(partial)],
            log=log,
            what=f"unpacking {archive.name}",
        )
    shutil.rmtree(archives)
    shutil.rmtree(partial / "apt")
    partial.rename(directory)


def _own_apt(directory: Path) -> list[str]:
    """An apt-get with lists of its own, of the machine's release and of ours."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (directory / folder).mkdir(parents=True)
    (directory / "sources.list").write_text(
        "".join(
            f"deb [signed-by={_KEYRING}] {mirror()} {release} main\n"
            for release in sorted({RELEASE, _codename()})
        )
    )
    options = {
        "Dir::Etc::sourcelist": str(directory / "sources.list"),
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": str(directory / "lists"),
        "Dir::State::status": "/dev/null",
        "Dir::Cache": str(directory / "cache"),
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", *(f"-o{name}={value}" for name, value in options.items())]


def _codename() -> str:
    text = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=(\w+)$", text, re.MULTILINE)
    if found is None or not re.search(r"^ID=debian$", text, re.MULTILINE):
        raise StackError("make test-compose needs Debian, and /etc/os-release names another system")
    return found[1]


def _search_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
