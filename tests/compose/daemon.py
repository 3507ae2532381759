"""A Docker daemon of the test's own, with everything of it below one directory."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.commands import tail
from stack.errors import StackError
from stack.profiles import ROOT
from tests.compose import firewall

_READY_SECONDS = 60
_STOP_SECONDS = 60
_LONGEST_PATH = 60
"""Of the directory of sockets; a socket's whole path may have 107 characters."""

_FOREIGN = (
    "DOCKER_", "COMPOSE_", "BUILDKIT_", "BUILDX_", "DATAFLOW360_", "AIRFLOW", "OPENWEATHER_",
    "AVIATIONSTACK_", "PYTHON",
)  # fmt: skip


@dataclass(frozen=True)
class Daemon:
    """Containerd and dockerd, out of packages that are unpacked in ``programs``."""

    state: Path = ROOT / ".stack" / "compose"

    @property
    def programs(self) -> Path:
        """Where Docker's packages are unpacked."""
        return self.state / "docker"

    @property
    def sockets(self) -> Path:
        """The directory of sockets; a short one, where the project's path is too long."""
        inside = self.state / "run"
        if len(str(inside)) <= _LONGEST_PATH:
            return inside
        digest = hashlib.sha256(str(self.state).encode()).hexdigest()[:10]
        return Path(tempfile.gettempdir()) / f"dataflow360-docker-{digest}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes the docker command speak to this daemon and find its plugins."""
        folders = [str(self.programs / folder) for folder in ("usr/bin", "usr/sbin")]
        own = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
        return own | {
            "PATH": os.pathsep.join([*folders, own["PATH"], "/usr/sbin", "/sbin"]),
            "DOCKER_HOST": f"unix://{self.sockets / 'docker.sock'}",
            "DOCKER_CONFIG": str(self.state / "config"),
        }

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a docker command; its output is in the result.

        Raises:
            StackError: It failed, and ``check`` was not turned off.
        """
        result = subprocess.run(
            ["docker", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and result.returncode:
            raise StackError(
                f"docker {' '.join(arguments)} failed:\n{result.stdout}{result.stderr}"
            )
        return result

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start the daemon, and end it again with all that it has made of the machine.

        Images and volumes stay below ``state``; no process, network, mount or rule of the packet
        filter does. What an earlier run left behind, because it was killed, is cleared first.
        """
        self.clear()
        firewall.refuse_beside_another_daemon()
        self._write_configuration()
        firewall.remember(self._before)
        started = []
        try:
            for program, option, file in (
                ("containerd", "--config", "containerd.toml"),
                ("dockerd", "--config-file", "dockerd.json"),
            ):
                with self._log(program).open("w") as log:
                    started.append(
                        subprocess.Popen(
                            [program, option, str(self.state / file)],
                            env=self.environment,
                            cwd=self.state,
                            stdout=log,
                            stderr=subprocess.STDOUT,
                            start_new_session=True,
                        )
                    )
                self._await(program, started[-1])
            yield
        finally:
            self.clear()
            for process in started:
                process.wait()

    def clear(self) -> None:
        """End the daemon, if it runs, with its containers and networks."""
        if self._answers("dockerd"):
            for listing, removal in (
                (("ps", "--all", "--quiet"), ("rm", "--force")),
                (("network", "ls", "--quiet", "--filter=type=custom"), ("network", "rm")),
            ):
                if names := self.docker(*listing).stdout.split():
                    self.docker(*removal, *names)
        for process in self._processes():
            _end(process)
        for mount in reversed(self._mounts()):
            subprocess.run(["umount", "--lazy", mount], check=True)
        if self._before.exists():
            firewall.restore(self._before)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def traces(self) -> list[str]:
        """What is left of the daemon on the machine, beside its files; nothing after ``clear``."""
        return [
            *self._mounts(),
            *(" ".join(process.cmdline()) for process in self._processes()),
            *firewall.rules_of_docker(),
            *(path.name for path in Path("/sys/class/net").iterdir() if path.name[:3] == "br-"),
        ]

    @property
    def _before(self) -> Path:
        return self.state / "before.json"

    def _write_configuration(self) -> None:
        self.sockets.mkdir(parents=True)
        programs = self.programs / "usr"
        dockerd = {
            "hosts": [f"unix://{self.sockets / 'docker.sock'}"],
            "containerd": str(self.sockets / "containerd.sock"),
            "data-root": str(self.state / "data"),
            "exec-root": str(self.sockets / "exec"),
            "pidfile": str(self.sockets / "dockerd.pid"),
            "userland-proxy-path": str(programs / "sbin" / "docker-proxy"),
            "init-path": str(programs / "bin" / "tini-static"),
            "bridge": "none",  # images are built in the machine's own network
            "ip6tables": False,
        }
        (self.state / "dockerd.json").write_text(json.dumps(dockerd, indent=2) + "\n")
        plugins = {"cliPluginsExtraDirs": [str(programs / "libexec" / "docker" / "cli-plugins")]}
        (self.state / "config").mkdir(exist_ok=True)
        (self.state / "config" / "config.json").write_text(json.dumps(plugins) + "\n")
        # Kubernetes' interface would want networks and directories of the machine.
        (self.state / "containerd.toml").write_text(
            "version = 2\n"
            'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
            f'root = "{self.state / "containerd"}"\n'
            f'state = "{self.sockets / "containerd"}"\n'
            "[grpc]\n"
            f'address = "{self.sockets / "containerd.sock"}"\n'
            '[plugins."io.containerd.internal.v1.opt"]\n'
            f'path = "{self.state / "opt"}"\n'
        )

    def _log(self, program: str) -> Path:
        return self.state / f"{program}.log"

    def _await(self, program: str, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers(program):
            if process.poll() is not None or time.monotonic() > deadline:
                log = self._log(program)
                raise StackError(f"{program} did not start; the end of {log}:\n{tail(log)}")
            time.sleep(0.1)

    def _answers(self, program: str) -> bool:
        if program == "containerd":
            command = ["ctr", "--address", str(self.sockets / "containerd.sock"), "version"]
        else:
            command = ["docker", "info"]
        return (
            self.programs.exists()
            and subprocess.run(
                command, env=self.environment, capture_output=True, check=False
            ).returncode
            == 0
        )

    def _processes(self) -> list[psutil.Process]:
        """Dockerd, containerd and the shims of containers, in the order in which they are ended."""
        marks = (
            self.state / "dockerd.json",
            self.state / "containerd.toml",
            self.sockets / "containerd.sock",
        )
        processes = list(psutil.process_iter(["cmdline"]))
        return [
            process
            for mark in marks
            for process in processes
            if str(mark) in (process.info["cmdline"] or [])
        ]

    def _mounts(self) -> list[str]:
        """What is mounted below the daemon's directories, in the order in which it was."""
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        points = [line.split()[4].replace("\\040", " ") for line in lines]
        return [
            point
            for point in points
            if any(Path(point).is_relative_to(folder) for folder in (self.state, self.sockets))
        ]


def _end(process: psutil.Process) -> None:
    try:
        process.terminate()
        process.wait(_STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_STOP_SECONDS)
    except psutil.NoSuchProcess:
        return
