"""The connections to the sources: the real one if the user has a key or asks for it.

Otherwise the simulator's host stands in its place, and nothing else changes.

``python -m stack.sources COMMAND…`` becomes the command, with those connections in its environment:
how a container starts, where the simulator is at ``SIMULATOR_URL``.
"""

import json
import os
import sys
from collections.abc import Mapping

from dataflow360.sources import sites
from dataflow360.sources.source import Site

API_KEYS = tuple(site.key_setting for site in sites().values() if site.key_setting)
"""Settings that hold the key of an API."""

LIVE_SITES = "DATAFLOW360_LIVE_SITES"
SITES = tuple(name for name, site in sites().items() if not site.key_setting)
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
    live = names(settings.get(LIVE_SITES, ""))

    def connection(site: Site) -> Mapping[str, object]:
        key = settings.get(site.key_setting) if site.key_setting else None
        is_real = bool(key) if site.key_setting else site.name in live

        def host(real: str) -> str:
            return real if is_real else f"{simulator}/{site.name}"

        found: dict[str, object] = {"conn_type": "http", "host": host(site.host)}
        if site.key_setting:
            found["password"] = key or SIMULATOR_KEY
        if site.further_hosts:
            found["extra"] = {name: host(real) for name, real in site.further_hosts.items()}
        return found

    return {site.connection_id.upper(): connection(site) for site in sites().values()}


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
