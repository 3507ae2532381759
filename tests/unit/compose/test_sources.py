"""How a container starts: with the connections to the sources, real or simulated."""

import json
import os
import subprocess
import sys

from stack.profiles import ROOT
from stack.sources import with_sources

CONTAINER = {"SIMULATOR_URL": "http://simulator:8090"}


def connection(environment: dict[str, str], name: str) -> dict[str, object]:
    value: dict[str, object] = json.loads(environment[f"AIRFLOW_CONN_DATAFLOW360_{name}"])
    return value


def test_a_key_chooses_the_real_api_and_nothing_else_does() -> None:
    environment = with_sources({**CONTAINER, "OPENWEATHER_API_KEY": "k3y"})

    assert connection(environment, "OPENWEATHER") == {
        "conn_type": "http",
        "host": "https://api.openweathermap.org",
        "password": "k3y",
    }
    assert connection(environment, "AVIATIONSTACK")["host"] == "http://simulator:8090/aviationstack"


def test_an_empty_key_is_none() -> None:
    environment = with_sources({**CONTAINER, "OPENWEATHER_API_KEY": ""})
    assert connection(environment, "OPENWEATHER")["host"] == "http://simulator:8090/openweather"


def test_a_site_is_real_when_the_list_names_it() -> None:
    environment = with_sources({**CONTAINER, "DATAFLOW360_LIVE_SITES": "openmeteo, flightstats"})

    assert connection(environment, "FLIGHTSTATS")["host"] == "https://www.flightstats.com"
    assert connection(environment, "OPENMETEO")["extra"] == {
        "recent_host": "https://api.open-meteo.com"
    }
    assert (
        connection(environment, "VISUALCROSSING")["host"] == "http://simulator:8090/visualcrossing"
    )


def test_a_connection_that_is_set_stays() -> None:
    own = {"AIRFLOW_CONN_DATAFLOW360_OPENWEATHER": '{"conn_type": "http", "host": "http://mine"}'}
    assert connection(with_sources({**CONTAINER, **own}), "OPENWEATHER")["host"] == "http://mine"


def test_without_a_simulator_nothing_is_added() -> None:
    environment = {"OPENWEATHER_API_KEY": "k3y"}
    assert with_sources(environment) == environment


def test_the_process_becomes_the_command() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "stack.sources",
         "sh", "-c", "echo $AIRFLOW_CONN_DATAFLOW360_OPENMETEO"],
        env={"PATH": os.environ["PATH"], **CONTAINER}, cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(result.stdout)["host"] == "http://simulator:8090/openmeteo"
