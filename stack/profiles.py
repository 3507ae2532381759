"""Profiles: where a stack keeps its state and which ports it takes."""

import hashlib
import os
import tempfile
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

_LONGEST_SOCKET_PATH = 100


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
    def temporary(self) -> Path:
        """The directory for temporary files of the servers."""
        return self.state / "tmp"

    @property
    def lib(self) -> Path:
        """The directory with downloaded servers, which all profiles share."""
        return self.root / ".stack" / "lib"

    @property
    def env_file(self) -> Path:
        """The file with this profile's ports, secrets and the user's own settings."""
        return self.root / ".env" if self.name == "demo" else self.state / ".env"

    @property
    def digest(self) -> str:
        """A short name of this profile that is unique on this machine."""
        return hashlib.sha256(str(self.state).encode()).hexdigest()[:10]

    @property
    def sockets(self) -> Path:
        """The directory of unix sockets; a short one, where the project's path is too long."""
        inside = self.state / "run"
        if len(str(inside / "supervisor.sock")) <= _LONGEST_SOCKET_PATH:
            return inside
        return Path(tempfile.gettempdir()) / f"dataflow360-{os.getuid()}-{self.digest}"

    @property
    def default_ports(self) -> dict[str, int]:
        """The port of each listener, before the env file moves any."""
        return {name: port + PORT_OFFSETS[self.name] for name, port in BASE_PORTS.items()}

    @property
    def target(self) -> str:
        """How this profile is written in a command, for messages."""
        return f"python -m stack --profile {self.name}"
