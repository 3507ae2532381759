"""The supervisor: its configuration, starting it, and talking to it over its unix socket."""

import os
import pwd
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

import psutil
from supervisor.xmlrpc import SupervisorTransport

from stack import processes
from stack.commands import tail
from stack.environment import supervisor_environment
from stack.errors import StackError
from stack.files import write_private
from stack.profiles import ROOT, Profile
from stack.programs import Program

_START_SECONDS = 15
_STOP_SECONDS = 60
_RUNNING = ("RUNNING", "STARTING", "BACKOFF")


@dataclass(frozen=True)
class State:
    """What the supervisor says about a program."""

    name: str
    state: str
    pid: int
    started: float


class _Info(TypedDict):
    name: str
    statename: str
    pid: int
    start: int


def configuration(profile: Profile, programs: list[Program]) -> str:
    """The text of ``supervisord.conf``."""
    user = pwd.getpwuid(os.getuid()).pw_name
    sections = [
        f"""[unix_http_server]
file = {_escaped(socket_path(profile))}
chmod = 0700

[supervisord]
identifier = dataflow360-{profile.name}
user = {user}
directory = {_escaped(profile.state)}
pidfile = {_escaped(profile.sockets / "supervisord.pid")}
logfile = {_escaped(profile.logs / "supervisord.log")}
childlogdir = {_escaped(profile.logs)}
umask = 077
minfds = 4096

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    ]
    sections += [_section(profile, program) for program in programs]
    return "\n".join(sections)


def socket_path(profile: Profile) -> Path:
    """The unix socket that the supervisor listens on."""
    return profile.sockets / "supervisor.sock"


def log_path(profile: Profile, program: str) -> Path:
    """A program's log."""
    return profile.logs / f"{program}.log"


def is_up(profile: Profile) -> bool:
    """Whether the profile's supervisor answers."""
    try:
        with _server(profile) as server:
            server.supervisor.getState()
    except OSError:
        return False
    return True


def ensure(profile: Profile, programs: list[Program]) -> None:
    """Start the supervisor, or give the running one the programs as they are now."""
    path = profile.state / "supervisord.conf"
    text = configuration(profile, programs)
    changed = not path.exists() or path.read_text() != text
    write_private(path, text)
    if is_up(profile):
        if changed:
            _reload(profile)
        return
    processes.end(list(processes.of_profile(profile)))
    for leftover in (socket_path(profile), profile.sockets / "supervisord.pid"):
        leftover.unlink(missing_ok=True)
    result = subprocess.run(
        [sys.executable, "-m", "stack.supervisord", "-c", str(path)],
        env=supervisor_environment(profile),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise StackError(f"the supervisor did not start: {result.stdout}{result.stderr}")
    _wait_until(lambda: is_up(profile), _START_SECONDS, "the supervisor does not answer")


def states(profile: Profile) -> list[State]:
    """Every program's state; none if the supervisor is down."""
    try:
        with _server(profile) as server:
            answer = cast("list[_Info]", server.supervisor.getAllProcessInfo())
    except OSError:
        return []
    return [_state(info) for info in answer]


def start(profile: Profile, program: str) -> None:
    """Start a program if it is not running."""
    if _state_of(profile, program).state not in _RUNNING:
        with _server(profile) as server:
            server.supervisor.startProcess(program, False)


def stop(profile: Profile, program: str) -> None:
    """Stop a program and wait for its end."""
    if _state_of(profile, program).state in _RUNNING:
        with _server(profile) as server:
            server.supervisor.stopProcess(program)


def check_alive(profile: Profile, program: str) -> None:
    """Raise with the end of its log if a program was given up by the supervisor."""
    if _state_of(profile, program).state in ("FATAL", "EXITED", "STOPPED"):
        log = log_path(profile, program)
        raise StackError(f"{program} does not stay up; the end of {log}:\n{tail(log)}")


def shut_down(profile: Profile) -> None:
    """End the supervisor and whatever it still runs."""
    if not is_up(profile):
        return
    with _server(profile) as server:
        pid = cast("int", server.supervisor.getPID())
        server.supervisor.shutdown()
    _wait_until(lambda: not psutil.pid_exists(pid), _STOP_SECONDS, "the supervisor does not end")


def _state(info: _Info) -> State:
    return State(info["name"], info["statename"], info["pid"], float(info["start"]))


def _state_of(profile: Profile, program: str) -> State:
    with _server(profile) as server:
        return _state(cast("_Info", server.supervisor.getProcessInfo(program)))


def _section(profile: Profile, program: Program) -> str:
    lines = {
        "command": shlex.join(program.command),
        "directory": str(program.directory),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "2",
        "startretries": "5",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        "stopasgroup": str(program.stop_group).lower(),
        "killasgroup": "true",
        "redirect_stderr": "true",
        # Supervisor expands this value twice.
        "stdout_logfile": _escaped(log_path(profile, program.name)),
        "stdout_logfile_maxbytes": "20MB",
        "stdout_logfile_backups": "2",
    }
    if program.environment:
        lines["environment"] = ",".join(
            f'{name}="{value}"' for name, value in program.environment.items()
        )
    body = "".join(f"{name} = {_escaped(value)}\n" for name, value in lines.items())
    return f"[program:{program.name}]\n{body}"


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


def _reload(profile: Profile) -> None:
    with _server(profile) as proxy:
        server = proxy.supervisor
        answer = cast("list[tuple[list[str], list[str], list[str]]]", server.reloadConfig())
        added, changed, removed = answer[0]
        for group in (*removed, *changed):
            server.stopProcessGroup(group)
            server.removeProcessGroup(group)
        for group in (*added, *changed):
            server.addProcessGroup(group)


def _wait_until(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(f"{complaint} after {seconds:.0f} s; see its log with 'make logs'")
        time.sleep(0.05)


def _server(profile: Profile) -> xmlrpc.client.ServerProxy:
    transport = SupervisorTransport(None, None, f"unix://{socket_path(profile)}")
    return xmlrpc.client.ServerProxy("http://localhost", transport=transport)
