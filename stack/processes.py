"""Finding and ending the processes of a profile."""

import os
from collections.abc import Iterator

import psutil

from stack.environment import SUPERVISED_BY
from stack.profiles import Profile

_GRACE_SECONDS = 5


def of_profile(profile: Profile, program: str | None = None) -> Iterator[psutil.Process]:
    """Every process that a profile's supervisor started, directly or not; or one program's."""
    state = str(profile.state)
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            environment = process.environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue  # gone already, or somebody else's
        if environment.get(SUPERVISED_BY) != state:
            continue
        if program is None or environment.get("SUPERVISOR_PROCESS_NAME") == program:
            yield process


def end(processes: list[psutil.Process]) -> None:
    """Kill processes and wait until they are gone."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=_GRACE_SECONDS)
