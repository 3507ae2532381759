"""The connections to the sources: the real one if the user has a key or asks for it.

Otherwise the simulator's host stands in its place, and nothing else changes.

``python -m stack.sources COMMAND…`` becomes the command, with those connections in its environment:
how a container starts, where the simulator is at ``SIMULATOR_URL``.
"""

import json
import os
import sys
from collections.abc import Mapping

OPENWEATHER_KEY = "OPENWEATHER_API_KEY"
AVIATIONSTACK_KEY = "AVIATIONSTACK_API_KEY"
API_KEYS = (OPENWEATHER_KEY, AVIATIONSTACK_KEY)
"""Settings that hold the key of an API."""

LIVE_SITES = "DATAFLOW360_LIVE_SITES"
SITES = ("flightstats", "visualcrossing", "openmeteo")
"""Sites without keys, whose real pages are read only by the user's decision."""

SIMULATOR_KEY = "simulator"
"""What is sent as an API key to the simulator, which takes any."""

SIMULATOR_URL = "SIMULATOR_URL"
"""The container's variable with the simulator's address."""


def names(text: str) -> tuple[str, ...]:
    """The names in a text, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def source_connections(
    settings: Mapping[str, str], simulator: str
) -> dict[str, Mapping[str, object]]:
    """The Airflow connections to the sources, by the end of their variable's name.

    Args:
        settings: ``API_KEYS`` and ``LIVE_SITES``; each may be empty or missing.
        simulator: Address of the source simulator.
    """
    live_sites = names(settings.get(LIVE_SITES, ""))

    def api(key: str, real: str, simulated: str) -> Mapping[str, object]:
        value = settings.get(key)
        host = real if value else f"{simulator}/{simulated}"
        return {"conn_type": "http", "host": host, "password": value or SIMULATOR_KEY}

    def site(name: str, real: str) -> Mapping[str, object]:
        host = real if name in live_sites else f"{simulator}/{name}"
        return {"conn_type": "http", "host": host}

    archive = site("openmeteo", "https://archive-api.open-meteo.com")
    recent = site("openmeteo", "https://api.open-meteo.com")
    return {
        "DATAFLOW360_OPENWEATHER": api(
            OPENWEATHER_KEY, "https://api.openweathermap.org", "openweather"
        ),
        "DATAFLOW360_AVIATIONSTACK": api(
            AVIATIONSTACK_KEY, "https://api.aviationstack.com", "aviationstack"
        ),
        "DATAFLOW360_FLIGHTSTATS": site("flightstats", "https://www.flightstats.com"),
        "DATAFLOW360_VISUALCROSSING": site("visualcrossing", "https://www.visualcrossing.com"),
        "DATAFLOW360_OPENMETEO": {**archive, "extra": {"recent_host": recent["host"]}},
    }


def with_sources(environment: Mapping[str, str]) -> dict[str, str]:
    """A container's environment with the sources' connections, which it may set itself.

    Without ``SIMULATOR_URL`` nothing is added: there, all connections are given.
    """
    simulator = environment.get(SIMULATOR_URL)
    if not simulator:
        return dict(environment)
    derived = {
        f"AIRFLOW_CONN_{name}": json.dumps(connection)
        for name, connection in source_connections(environment, simulator).items()
    }
    return {**derived, **environment}


def main() -> None:
    """Become the command in the arguments."""
    command = sys.argv[1:]
    os.execvpe(command[0], command, with_sources(os.environ))  # noqa: S606  # no shell is meant


if __name__ == "__main__":
    main()
