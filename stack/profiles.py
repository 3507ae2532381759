"""Profiles: where a stack keeps its state and which ports it takes."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The project's directory."""

BASE_PORTS = {
    "KAFKA_1": 9092,
    "KAFKA_2": 9192,
    "KAFKA_3": 9292,
    "KAFKA_CONTROLLER_1": 9093,
    "KAFKA_CONTROLLER_2": 9193,
    "KAFKA_CONTROLLER_3": 9293,
    "MYSQL": 3306,
    "REDIS": 6379,
    "CASSANDRA": 9042,
    "CASSANDRA_STORAGE": 7000,
    "POSTGRES": 5432,
    "AIRFLOW": 8080,
    "LOCALSTACK": 4566,
    "KINESIS_TLS": 4567,
    "KINESIS": 4568,
    "DYNAMODB": 8000,
    "SIMULATOR": 8090,
    "KAFKA_UI": 8081,
    "JUPYTER": 8888,
}
"""The port of each listener in the profile ``demo``."""

PORT_OFFSETS = {"demo": 0, "test": 10_000}
"""How far a profile's ports are from the base ports."""

# A socket's path has 107 bytes, and the longest is that of Chromium among the temporary files:
# /tmp/.org.chromium.Chromium.XXXXXX/SingletonSocket
_LONGEST_STATE = 107 - 50


@dataclass(frozen=True)
class Profile:
    """One instance of the stack: its name, its project and everything that follows from them."""

    name: str
    root: Path = ROOT

    @property
    def state(self) -> Path:
        """The directory with this profile's data, configuration and logs."""
        return self.root / ".stack" / self.name

    @property
    def logs(self) -> Path:
        """The directory with one log a program."""
        return self.state / "log"

    @property
    def short_state(self) -> Path:
        """The state directory by a path that a unix socket's may begin with.

        Where the project's path is too long, it is a link in /tmp: the one thing that a stack has
        outside ``.stack``.
        """
        if len(os.fsencode(self.state)) <= _LONGEST_STATE:
            return self.state
        digest = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:10]
        return Path(f"/tmp/dataflow360-{os.getuid()}-{digest}")  # noqa: S108  # no file, but a link

    @property
    def temporary(self) -> Path:
        """The directory for temporary files of the servers."""
        return self.short_state / "tmp"

    @property
    def lib(self) -> Path:
        """The directory with downloaded servers, which all profiles share."""
        return self.root / ".stack" / "lib"

    @property
    def env_file(self) -> Path:
        """The file with this profile's ports, secrets and the user's own settings."""
        return self.root / ".env" if self.name == "demo" else self.state / ".env"

    @property
    def sockets(self) -> Path:
        """The directory of unix sockets."""
        return self.short_state / "run"

    @property
    def default_ports(self) -> dict[str, int]:
        """The port of each listener, before the env file moves any."""
        return {name: port + PORT_OFFSETS[self.name] for name, port in BASE_PORTS.items()}

    @property
    def target(self) -> str:
        """How this profile is written in a command, for messages."""
        return f"python -m stack --profile {self.name}"
