"""The Java runtime and the servers' jars, which Maven downloads once."""

import hashlib
import os
import shutil
from pathlib import Path

from stack.commands import find, run
from stack.profiles import Profile

SERVERS = ("kafka", "cassandra", "dynamodb")
"""The servers that come from Maven, each with its ``stack/maven/<name>/pom.xml``."""


def find_java() -> str:
    """The Java program: JAVA_HOME's, or the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        return str(Path(home) / "bin" / "java")
    return find("java", "default-jre-headless")


def classpath(lib: Path) -> str:
    """Every jar of a directory."""
    return str(lib / "*")


def common_options(profile: Profile) -> tuple[str, ...]:
    """What every Java process gets: it ends when memory does, and leaves no file elsewhere.

    The second compiler is off: on two cores the four servers start in half the time without it,
    and neither Kafka's first 600,000 messages nor Cassandra's first 300,000 rows get slower.
    """
    return (
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        f"-Djava.io.tmpdir={profile.temporary}",
        f"-Djna.tmpdir={profile.temporary}",
    )


def is_downloaded(profile: Profile, server: str) -> bool:
    """Whether a server's jars are there, in the versions that its pom asks for."""
    stamp = _stamp(profile, server)
    return stamp.exists() and stamp.read_text() == _digest(server)


def download(profile: Profile, server: str) -> None:
    """Download a server's jars; a directory that is there is complete."""
    final = profile.lib / server
    partial = profile.lib / f".{server}.{os.getpid()}"
    run(
        [
            find("mvn", "maven"),
            "--quiet",
            "--batch-mode",
            f"--file={_pom(server)}",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={partial}",
        ],
        env={**os.environ, "MAVEN_OPTS": f"{os.environ.get('MAVEN_OPTS', '')} -XX:-UsePerfData"},
        log=profile.root / ".stack" / f"maven-{server}.log",
        what=f"downloading {server} with Maven",
    )
    (partial / ".pom.sha256").write_text(_digest(server))
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)


def _pom(server: str) -> Path:
    return Path(__file__).parent / "maven" / server / "pom.xml"


def _digest(server: str) -> str:
    return hashlib.sha256(_pom(server).read_bytes()).hexdigest()


def _stamp(profile: Profile, server: str) -> Path:
    return profile.lib / server / ".pom.sha256"
