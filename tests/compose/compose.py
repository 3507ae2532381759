"""The project's compose file under the test's own daemon, with an env file of its own."""

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack import settings as env_file
from stack.errors import StackError
from stack.profiles import BASE_PORTS, ROOT, Profile
from stack.settings import Settings
from tests.compose import images
from tests.compose.daemon import Daemon

FILES = (ROOT / "docker-compose.yaml", Path(__file__).with_name("docker-compose.local.yaml"))
PROJECT = "dataflow360-test"
_PORT_OFFSET = 5_000


@dataclass(frozen=True)
class ComposeProfile(Profile):
    """Ports, passwords and an inbox of the proof's own, so that no local stack is disturbed."""

    name: str = "compose"

    @property
    def state(self) -> Path:
        """The directory with the env file and the inbox."""
        return self.root / ".stack" / "compose" / "project"

    @property
    def default_ports(self) -> dict[str, int]:
        """The base ports, 5000 higher."""
        return {name: port + _PORT_OFFSET for name, port in BASE_PORTS.items()}


@dataclass(frozen=True)
class Container:
    """A container of the project, as ``docker compose ps`` shows it."""

    id: str
    service: str
    state: str
    health: str
    exit_code: int

    @property
    def is_well(self) -> bool:
        """Whether it runs and is healthy, or is a one-shot service that has succeeded."""
        if self.state == "exited":
            return self.exit_code == 0
        return self.state == "running" and self.health == "healthy"


@dataclass(frozen=True)
class Compose:
    """``docker compose`` with the project's files, and the settings that it is given."""

    daemon: Daemon
    profile: ComposeProfile

    def write_settings(self) -> Settings:
        """Write the env file, if there is none, and the inbox that it names."""
        settings, _ = env_file.ensure(self.profile)
        Path(settings.path("DATAFLOW360_INBOX")).mkdir(parents=True, exist_ok=True)
        return settings

    def run(
        self, *arguments: str, check: bool = True, env: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a compose command, with the project's env file or another one."""
        result = subprocess.run(
            [
                *("docker", "compose", "--project-name", PROJECT, "--ansi", "never"),
                *("--env-file", str(env or self.profile.env_file)),
                *(word for file in FILES for word in ("--file", str(file))),
                *arguments,
            ],
            env=self._environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and result.returncode:
            raise StackError(f"docker compose {' '.join(arguments)} failed:\n{result.stderr}")
        return result

    def up(self, *arguments: str, workers: int, env: Path | None = None) -> None:
        """Bring everything up and wait until each container is well."""
        self.run("up", "--detach", f"--scale=airflow-worker={workers}", *arguments, env=env)
        self.wait()

    def wait(self, seconds: float = 600) -> None:
        """Wait until each container runs healthily or, as a one-shot one, has succeeded.

        Raises:
            StackError: One has failed or is not well in time; its last words are in the message.
        """
        deadline = time.monotonic() + seconds
        while sick := [container for container in self.containers() if not container.is_well]:
            failed = [each for each in sick if each.state == "exited" or each.health == "unhealthy"]
            if failed or time.monotonic() > deadline:
                raise StackError("\n".join(self._description(each) for each in failed or sick))
            time.sleep(1)

    def containers(self, service: str = "") -> list[Container]:
        """The project's containers, or those of one service, ended ones among them."""
        names = [service] if service else []
        lines = self.run("ps", "--all", "--format=json", *names).stdout.splitlines()
        return [
            Container(row["ID"], row["Service"], row["State"], row["Health"], row["ExitCode"])
            for row in map(json.loads, lines)
        ]

    def inspect(self, containers: Sequence[Container]) -> list[Mapping[str, Any]]:
        """Everything that Docker knows about containers."""
        answer = self.daemon.docker("inspect", *(container.id for container in containers))
        return list(json.loads(answer.stdout))

    def logs(self, service: str = "") -> str:
        """What the containers of all services, or of one, have printed."""
        printed = [self.daemon.docker("logs", each.id) for each in self.containers(service)]
        return "".join(log.stdout + log.stderr for log in printed)

    def _environment(self) -> dict[str, str]:
        chosen = {name: f"{images.PREFIX}/{image}" for name, image in images.IMAGES.items()}
        return self.daemon.environment | chosen

    def _description(self, container: Container) -> str:
        log = self.daemon.docker("logs", "--tail=20", container.id)
        return (
            f"{container.service} is {container.state} {container.health} "
            f"(exit code {container.exit_code}):\n{log.stdout}{log.stderr}"
        )
