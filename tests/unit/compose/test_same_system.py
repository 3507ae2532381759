"""The containers are told what the servers of the local stack are told."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from stack.environment import airflow_options, connections
from stack.profiles import ROOT
from stack.servers import cassandra, kafka
from stack.servers.airflow import USERS
from stack.servers.localstack import localstack_environment
from stack.settings import Settings
from tests.unit.compose.conftest import Service, dockerfile

#: What is another in a container: where things are.
PLACES = ("host", "port", "bootstrap.servers", "endpoint_url")


def without_places(value: object) -> object:
    if isinstance(value, Mapping):
        return {k: without_places(v) for k, v in value.items() if k not in PLACES}
    return value


def test_tasks_have_the_same_connections(
    services: dict[str, Service], settings: Settings, filled: Callable[[str], str]
) -> None:
    environment = services["airflow-worker"]["environment"]
    prefix = "AIRFLOW_CONN_"
    given = {
        name.removeprefix(prefix): json.loads(filled(value))
        for name, value in environment.items()
        if name.startswith(prefix) and value is not None
    }
    expected = connections(settings)
    stores = {name: expected[name] for name in expected if name in given}

    assert given.keys() == {
        f"DATAFLOW360_{x}" for x in ("MYSQL", "CASSANDRA", "REDIS", "KAFKA", "AWS")
    }
    assert without_places(given) == without_places(stores)


def test_sources_are_simulated_until_the_env_file_has_a_key(services: dict[str, Service]) -> None:
    environment = services["airflow-worker"]["environment"]
    for handed_on in ("OPENWEATHER_API_KEY", "AVIATIONSTACK_API_KEY", "DATAFLOW360_LIVE_SITES"):
        assert environment[handed_on] is None
    assert environment["SIMULATOR_URL"] == "http://simulator:8090"


def test_what_alerts_need_is_handed_on_where_the_env_file_has_it(
    services: dict[str, Service],
) -> None:
    environment = services["airflow-worker"]["environment"]
    for handed_on in (
        "DATAFLOW360_NOTIFIER",
        "DATAFLOW360_MAIL_TO",
        "AIRFLOW_CONN_SMTP_DEFAULT",
        "AIRFLOW_CONN_DATAFLOW360_WEBHOOK",
    ):
        assert environment[handed_on] is None


def test_the_page_has_the_connections_of_the_tasks(services: dict[str, Service]) -> None:
    page, tasks = (
        {
            name: value
            for name, value in services[service]["environment"].items()
            if name.startswith("AIRFLOW_CONN_DATAFLOW360_") and value is not None
        }
        for service in ("airflow-api-server", "airflow-worker")
    )
    assert page == tasks


def test_kafka_has_the_same_properties(
    services: dict[str, Service], settings: Settings, filled: Callable[[str], str]
) -> None:
    def properties(text: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    local = properties(kafka.configuration(settings, 2))
    environment = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): filled(str(value))
        for name, value in services["kafka-2"]["environment"].items()
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"
    }
    apart = {
        "advertised.listeners",
        "controller.quorum.voters",
        "listener.name.host.plain.sasl.jaas.config",
        "listener.security.protocol.map",
        "listeners",
        "log.dirs",
    }
    assert {k: v for k, v in environment.items() if k not in apart} == {
        k: v for k, v in local.items() if k not in apart
    }
    assert (
        environment["listener.name.host.plain.sasl.jaas.config"]
        == environment["listener.name.client.plain.sasl.jaas.config"]
    )
    assert re.fullmatch(r"(\w+:SASL_PLAINTEXT,?){3}", environment["listener.security.protocol.map"])


def test_cassandra_has_the_same_configuration(settings: Settings) -> None:
    local = json.loads(cassandra.configuration(settings))
    own: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose/cassandra.yaml").read_text())

    places = re.compile(r"cluster_name|.*_director(y|ies)|.*address|.*_port|seed_provider")
    assert {k: v for k, v in own.items() if not places.fullmatch(k)} == {
        k: v for k, v in local.items() if not places.fullmatch(k)
    }
    assert own["listen_address"] == "127.0.0.1"  # no other node can join


def test_localstack_has_the_same_settings(settings: Settings) -> None:
    (line,) = (line for line in dockerfile()["localstack"] if line.startswith("ENV "))
    own = dict(pair.split("=", 1) for pair in line.removeprefix("ENV ").split())
    local = localstack_environment(settings)
    places = ("PATH", "_URL", "_ROOT", "_HOME", "_HOST", "_IN_DOCKER", "LISTEN")

    assert {k: v for k, v in own.items() if not k.endswith((*places, "BYTECODE"))} == {
        k: v for k, v in local.items() if not k.endswith(places)
    }


def test_airflow_has_the_same_options(
    services: dict[str, Service], settings: Settings, filled: Callable[[str], str]
) -> None:
    local = airflow_options(settings)
    own = {
        name: filled(str(value))
        for name, value in services["airflow-scheduler"]["environment"].items()
        if name.startswith("AIRFLOW__")
    }
    differ = {name for name in own.keys() & local.keys() if own[name] != local[name]}
    assert differ == {
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    }
    assert own["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert own["AIRFLOW__CORE__AUTH_MANAGER"].endswith("FabAuthManager")


def test_airflow_has_the_same_users(services: dict[str, Service]) -> None:
    from dataflow360.provision import airflow_users

    assert {user.name: user.variable for user in airflow_users.USERS} == {
        name: f"DATAFLOW360_SECRET_{secret}" for name, secret in USERS.items()
    }
    environment = services["airflow-users"]["environment"]
    for user in airflow_users.USERS:
        assert environment[user.variable].startswith(f"${{{user.variable}:?")
