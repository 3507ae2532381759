"""The source simulator, which stands in for the sites and APIs of others."""

import json
import sys
import urllib.request

from stack.environment import HOST, simulator_url
from stack.errors import StackError
from stack.programs import Program, Service
from stack.settings import Settings


def service(settings: Settings) -> Service:
    """The simulator on the loopback interface; its log names no request, for some carry keys."""
    profile = settings.profile
    program = Program(
        name="simulator",
        command=(
            *(sys.executable, "-m", "stack.launch", profile.name),
            *(sys.executable, "-m", "uvicorn", "stack.simulator.app:app"),
            *("--host", HOST, "--port", str(settings.port("SIMULATOR"))),
            *("--no-access-log", "--timeout-graceful-shutdown", "2"),
        ),
        directory=profile.root,
        ports=("SIMULATOR",),
    )
    return Service(name="simulator", programs=(program,), probe=lambda: _probe(settings))


def _probe(settings: Settings) -> None:
    url = f"{simulator_url(settings)}/health"
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  # our own address
        answer = json.load(response)
    if answer != {"status": "ok"}:
        raise StackError(f"what answers at {url} is no simulator")
