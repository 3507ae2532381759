"""What each container may do, what it waits for, and who reaches whom."""

import re
from typing import Any

import pytest

from stack.profiles import BASE_PORTS
from stack.settings import PORT_PREFIX, SECRET_PREFIX, SETTINGS
from tests.unit.compose.conftest import VARIABLE, Service

ONCE = {
    "airflow-migrate",
    "airflow-users",
    "aws-volumes",
    "provision-cassandra",
    "provision-kafka",
    "provision-mysql",
    "provision-postgres",
}
TASKS = {"airflow-triggerer", "airflow-worker", "jupyter"}
#: Who asks the stores: tasks and triggers, and the page.
ASKING = TASKS | {"airflow-api-server"}

NETWORKS = {
    "airflow": {
        "airflow-api-server",
        "airflow-dag-processor",
        "airflow-scheduler",
        "airflow-triggerer",
        "airflow-worker",
    },
    "aws": {"localstack", *ASKING},
    "aws-stores": {"dynamodb", "kinesis", "localstack"},
    "browser": {"airflow-worker", "selenium"},
    "cassandra": {
        "airflow-api-server",
        "airflow-worker",
        "cassandra",
        "jupyter",
        "provision-cassandra",
    },
    "celery": {"airflow-scheduler", "airflow-worker", "celery-broker"},
    "kafka": {
        "airflow-api-server",
        "airflow-worker",
        "jupyter",
        "kafka-1",
        "kafka-2",
        "kafka-3",
        "kafka-ui",
        "provision-kafka",
    },
    "metadata": {
        "airflow-api-server",
        "airflow-dag-processor",
        "airflow-migrate",
        "airflow-scheduler",
        "airflow-triggerer",
        "airflow-users",
        "airflow-worker",
        "postgres",
        "provision-postgres",
    },
    "mysql": {"mysql", "provision-mysql", *ASKING},
    "redis": {"airflow-api-server", "airflow-worker", "jupyter", "redis"},
    "sources": {"airflow-worker", "selenium", "simulator"},
    "ui": {"airflow-api-server"},
}
INTERNAL = {"airflow", "aws-stores", "browser", "celery", "metadata"}

#: What is published, and the setting that moves it.
PUBLISHED = {
    "kafka-1": "KAFKA_1",
    "kafka-2": "KAFKA_2",
    "kafka-3": "KAFKA_3",
    "mysql": "MYSQL",
    "cassandra": "CASSANDRA",
    "redis": "REDIS",
    "localstack": "LOCALSTACK",
    "simulator": "SIMULATOR",
    "airflow-api-server": "AIRFLOW",
    "kafka-ui": "KAFKA_UI",
    "jupyter": "JUPYTER",
}


def test_a_server_is_watched_and_started_again_and_a_one_shot_is_not(
    services: dict[str, Service],
) -> None:
    for name, service in services.items():
        if name in ONCE:
            assert service["healthcheck"] == {"disable": True}, name
            assert service["restart"] == "no", name
        else:
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name
            assert service["healthcheck"]["start_period"], name
            assert service["restart"] == "unless-stopped", name


def test_who_needs_another_waits_until_it_is_healthy_or_done(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            done = "service_completed_successfully" if needed in ONCE else "service_healthy"
            assert how == {"condition": done}, (name, needed)


def test_every_container_has_its_limits(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name


def test_no_container_has_a_capability_or_a_way_to_one(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert "docker.sock" not in str(service), name
    added = {name: service["cap_add"] for name, service in services.items() if "cap_add" in service}
    assert added == {"aws-volumes": ["CHOWN"]}
    assert services["aws-volumes"]["network_mode"] == "none"


def test_only_what_must_write_to_its_own_files_may(services: dict[str, Service]) -> None:
    writing = {name for name, service in services.items() if not service.get("read_only")}
    assert writing == {
        "kafka-1", "kafka-2", "kafka-3",  # the entry point writes the configuration
        "cassandra",  # so does this one
        "localstack", "selenium", "kafka-ui", "jupyter",
        "airflow-worker",  # large files are taken apart on its disk
    }  # fmt: skip


def test_a_store_is_reached_by_who_uses_it_only(
    compose: dict[str, Any], services: dict[str, Service]
) -> None:
    members = {
        network: {
            name for name, service in services.items() if network in service.get("networks", ())
        }
        for network in compose["networks"]
    }
    assert members == NETWORKS
    assert {n for n, options in compose["networks"].items() if options} == INTERNAL
    assert all(options in (None, {"internal": True}) for options in compose["networks"].values())
    alone = {name for name, service in services.items() if "networks" not in service}
    assert alone == {"aws-volumes"}  # Docker would put it on a network that all share


def test_a_network_without_a_published_port_is_internal(services: dict[str, Service]) -> None:
    open_networks = {
        network
        for name in PUBLISHED
        for network in services[name]["networks"]
        if network not in INTERNAL
    }
    assert open_networks == NETWORKS.keys() - INTERNAL
    for name in PUBLISHED:
        assert set(services[name]["networks"]) - INTERNAL, name  # or its port would not be there


def test_ports_are_published_on_the_loopback_interface_by_their_settings(
    services: dict[str, Service],
) -> None:
    ports = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert ports.keys() == PUBLISHED.keys()
    for name, (port,) in ports.items():
        assert re.fullmatch(rf"127\.0\.0\.1:\$\{{{PORT_PREFIX}{PUBLISHED[name]}:\?.*\}}:\d+", port)
        assert PUBLISHED[name] in BASE_PORTS


def test_workers_can_be_as_many_as_wanted(services: dict[str, Service]) -> None:
    assert "container_name" not in str(services)
    assert "hostname" not in services["airflow-worker"]
    assert not services["airflow-worker"].get("ports")


def test_images_are_pinned_and_may_be_replaced(services: dict[str, Service]) -> None:
    for name, service in services.items():
        image = VARIABLE.fullmatch(service["image"])
        assert image is not None, name
        assert image["kind"] == "-", name
        tag = image["rest"].rsplit(":", 1)[1]
        assert re.match(r"v?\d+\.?\d*", tag), (name, tag)


def test_the_file_starts_with_nothing_but_the_env_file(text: str) -> None:
    for match in VARIABLE.finditer(text):
        if match["name"].startswith(("DATAFLOW360_PORT_", SECRET_PREFIX)):
            assert match["kind"] == "?", match[0]
            assert match["rest"] == "run 'make env', which writes it to .env", match[0]


def test_every_secret_is_declared_and_none_is_declared_in_vain(text: str) -> None:
    declared = {setting.name for setting in SETTINGS}
    used = {match["name"] for match in VARIABLE.finditer(text) if match["kind"] == "?"}
    assert used <= declared
    secrets = {name for name in declared if name.startswith(SECRET_PREFIX)}
    assert {name for name in used if name.startswith(SECRET_PREFIX)} == secrets


def test_there_is_no_default_password(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(
                r"PASSWORD|TOKEN|SECRET|FERNET|AUTH$|JAAS|SQL_ALCHEMY|BROKER_URL", variable
            ):
                assert SECRET_PREFIX in str(value), (name, variable)


def test_no_secret_is_on_a_command_line(services: dict[str, Service]) -> None:
    for name, service in services.items():
        words = [service.get("command"), service.get("entrypoint"), service.get("healthcheck")]
        assert SECRET_PREFIX not in str(words), name


@pytest.mark.parametrize("store", ["kafka", "mysql", "cassandra"])
def test_an_administrator_s_connection_is_only_where_the_store_is_set_up(
    services: dict[str, Service], store: str
) -> None:
    admin = f"AIRFLOW_CONN_DATAFLOW360_{store.upper()}_ADMIN"
    holders = {name for name, s in services.items() if admin in s.get("environment", {})}
    assert holders == {f"provision-{store}"}
    connections = {
        variable
        for variable in services[f"provision-{store}"]["environment"]
        if variable.startswith("AIRFLOW_CONN_")
    }
    assert connections == {admin, admin.removesuffix("_ADMIN")}


def test_only_who_runs_tasks_or_shows_the_page_has_the_stores_passwords(
    services: dict[str, Service],
) -> None:
    holders = {
        name
        for name, service in services.items()
        if any(variable.startswith("AIRFLOW_CONN_") for variable in service.get("environment", {}))
    }
    assert holders == ASKING | {"provision-kafka", "provision-mysql", "provision-cassandra"}
