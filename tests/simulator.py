"""The source simulator of the test stack, as tests use it: faults on, calls counted."""

from collections.abc import Iterator

import httpx
import pytest

from stack import settings as env_file
from stack.environment import simulator_url
from stack.profiles import Profile


class Simulator:
    """Switches and counts of the simulator."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def fault(self, source: str, fault: str, **options: float | str) -> None:
        """Turn a fault on: ``times`` requests, ``seconds`` of delay, ``match`` in the address."""
        answer = self._http.put(f"/faults/{source}", json={"fault": fault, **options})
        answer.raise_for_status()

    def mend(self) -> None:
        """Turn all faults off."""
        self._http.delete("/faults").raise_for_status()

    def calls(self, source: str, containing: str = "") -> int:
        """How many requests a source has had in this test, of those that contain a text."""
        counts = self._http.get("/requests").raise_for_status().json()["requests"]
        return sum(
            number
            for address, number in counts.items()
            if address.startswith(f"/{source}/") and containing in address
        )


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """The simulator without faults, its counts at zero."""
    url = simulator_url(env_file.load(Profile("test")))
    with httpx.Client(base_url=url, timeout=10) as http:
        opened = Simulator(http)
        opened.mend()
        http.delete("/requests").raise_for_status()
        yield opened
        opened.mend()
