"""The images that stand in for those of a registry: a Debian made here, and what is built on it."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack import java, node
from stack.commands import find, run
from stack.errors import StackError
from stack.profiles import Profile
from tests.compose import packages
from tests.compose.daemon import Daemon

FOLDER = Path(__file__).parent / "images"
PREFIX = "dataflow360-local"

_BASES = ("java", "python")
"""Images of ``FOLDER`` that others are built on."""

IMAGES = {
    "AIRFLOW_IMAGE": "airflow",
    "CASSANDRA_IMAGE": "cassandra",
    "CELERY_BROKER_IMAGE": "redis",
    "DYNAMODB_IMAGE": "dynamodb",
    "KAFKA_IMAGE": "kafka",
    "KINESIS_IMAGE": "kinesis",
    "LOCALSTACK_IMAGE": "localstack",
    "MYSQL_IMAGE": "mysql",
    "POSTGRES_IMAGE": "postgres",
    "PYTHON_IMAGE": "python",
    "REDIS_IMAGE": "redis",
    "SELENIUM_IMAGE": "selenium",
}
"""The variables by which ``docker-compose.yaml`` takes its images, each with its stand-in."""

_AT_ONCE = 2
_RECIPE_LABEL = "dataflow360.recipe"
_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
# Where the machine gets Python's packages from, if not from the usual place.
_INDEXES = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}

Report = Callable[[str], None]
"""Takes one line on what was done."""


def build_all(daemon: Daemon, profile: Profile, report: Report) -> None:
    """Build every stand-in; what has not changed comes from the daemon's cache."""
    _download(profile)
    _import_debian(daemon, report)

    def timed_build(name: str) -> None:
        started = time.monotonic()
        build(daemon, profile, name)
        report(f"image {name} ({time.monotonic() - started:.0f} s)")

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(timed_build, _BASES))
        list(pool.map(timed_build, sorted(set(IMAGES.values()) - set(_BASES))))


def build(daemon: Daemon, profile: Profile, name: str) -> None:
    """Build one stand-in out of its folder, the downloaded servers and the project."""
    daemon.docker(
        *("build", "--network=host", "--progress=plain", f"--tag={PREFIX}/{name}"),
        *(f"--build-context=lib={profile.lib}", f"--build-context=project={profile.root}"),
        *proxy_arguments(),
        str(FOLDER / name),
    )


def proxy_arguments() -> list[str]:
    """The options that hand the machine's proxies to a build, and to it alone."""
    return [f"--build-arg={name}" for name in _PROXIES if name in os.environ]


def _download(profile: Profile) -> None:
    wanted = [(java, server) for server in (*java.SERVERS, "selenium")]
    wanted += [(node, server) for server in node.SERVERS]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(
            pool.map(
                lambda each: each[0].download(profile, each[1]),
                [each for each in wanted if not each[0].is_downloaded(profile, each[1])],
            )
        )


def _import_debian(daemon: Daemon, report: Report) -> None:
    """Make the base image with debootstrap, unless there is one of the same recipe."""
    recipe = _recipe()
    name = f"{PREFIX}/debian"
    label = f'{{{{index .Config.Labels "{_RECIPE_LABEL}"}}}}'
    known = daemon.docker("image", "inspect", f"--format={label}", name, check=False)
    if known.stdout.strip() == recipe:
        return
    started = time.monotonic()
    root = daemon.state / "debian"
    shutil.rmtree(root, ignore_errors=True)
    run(
        [
            find("debootstrap", "debootstrap"),
            *("--variant=minbase", "--include=ca-certificates"),
            *(packages.RELEASE, str(root), packages.mirror()),
        ],
        log=daemon.state / "debootstrap.log",
        what=f"making a Debian {packages.RELEASE} with debootstrap",
    )
    _configure(root)
    _import(daemon, root, name, [f"LABEL {_RECIPE_LABEL}={recipe}", *_environment()])
    shutil.rmtree(root)
    report(f"image debian, by debootstrap ({time.monotonic() - started:.0f} s)")


def _configure(root: Path) -> None:
    """Give a Debian the machine's own ways to the outside, so that no Dockerfile needs them."""
    if _CA_BUNDLE.exists():
        shutil.copyfile(_CA_BUNDLE, root / _CA_BUNDLE.relative_to("/"))
    if _OWN_CERTIFICATES.exists():
        shutil.copytree(
            _OWN_CERTIFICATES, root / _OWN_CERTIFICATES.relative_to("/"), dirs_exist_ok=True
        )
    (root / "etc/apt/apt.conf.d/90machine").write_text(_apt_settings())
    (root / "etc/dpkg/dpkg.cfg.d/90slim").write_text(
        "path-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\n"
    )


def _apt_settings() -> str:
    """What the machine's apt is told about proxies and about the dates of the archive's files."""
    lines = subprocess.run(
        ["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return "".join(
        f"{line}\n" for line in lines if "Proxy" in line or line.startswith("Acquire::Check-")
    )


def _environment() -> list[str]:
    """Instructions for the environment of builds: certificates, and where Python packages are."""
    settings = {"SSL_CERT_FILE": str(_CA_BUNDLE), "PIP_CERT": str(_CA_BUNDLE)}
    for option, uv_name in _INDEXES.items():
        answer = subprocess.run(
            [find("python3", "python3"), "-m", "pip", "config", "get", f"global.{option}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode == 0:
            url = answer.stdout.strip()
            settings |= {f"PIP_{option.upper().replace('-', '_')}": url, uv_name: url}
    return [f"ENV {name}={value}" for name, value in settings.items()]


def _recipe() -> str:
    parts = [
        Path(__file__).read_bytes(),
        _CA_BUNDLE.read_bytes() if _CA_BUNDLE.exists() else b"",
        packages.RELEASE.encode(),
        packages.mirror().encode(),
        json.dumps(_environment()).encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _import(daemon: Daemon, root: Path, name: str, changes: list[str]) -> None:
    archive = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
    options = [f"--change={change}" for change in changes]
    imported = subprocess.run(
        ["docker", "import", *options, "-", name],
        env=daemon.environment,
        stdin=archive.stdout,
        capture_output=True,
        text=True,
        check=False,
    )
    if archive.stdout is not None:
        archive.stdout.close()
    if archive.wait() or imported.returncode:
        raise StackError(f"docker import of {root} failed: {imported.stderr.strip()}")
