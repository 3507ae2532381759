"""What the servers are told: loopback only, no known password, nothing shared by profiles."""

import json
import os
import re
from pathlib import Path

import pytest

from stack import lifecycle, supervisor
from stack import settings as env_file
from stack.environment import (
    AWS_KEY,
    connections,
    inherited_environment,
    project_environment,
    supervisor_environment,
)
from stack.errors import StackError
from stack.profiles import BASE_PORTS, Profile
from stack.servers import airflow, cassandra, kafka, mysql, redis
from stack.settings import Settings
from stack.sources import SIMULATOR_KEY


def rendered(settings: Settings) -> dict[str, str]:
    cqlshrc, credentials = cassandra.shell_configuration(settings)
    return {
        "my.cnf": mysql.configuration(settings),
        "client.cnf": mysql.client_configuration(settings),
        "redis.conf": redis.configuration(settings),
        "users.acl": redis.access_list(settings),
        "cassandra.yaml": cassandra.configuration(settings),
        "cqlshrc": cqlshrc,
        "credentials": credentials,
        "client.properties": kafka.client_configuration(settings),
        **{f"node-{node}": kafka.configuration(settings, node) for node in kafka.NODES},
        "environment": "\n".join(project_environment(settings).values()),
    }


@pytest.fixture
def programs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """The supervisor's configuration, on a machine that need not have the servers."""
    monkeypatch.setattr("stack.commands.shutil.which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr("stack.servers.postgres._binary", lambda name: Path("/usr/bin") / name)
    services = lifecycle.services(settings)
    return supervisor.configuration(settings.profile, [p for s in services for p in s.programs])


def test_every_address_is_the_loopback_interface(settings: Settings, programs: str) -> None:
    for name, text in {**rendered(settings), "supervisord.conf": programs}.items():
        assert "0.0.0.0" not in text, name  # noqa: S104
        assert "localhost" not in text, name
        addresses = re.findall(r"\d+\.\d+\.\d+\.\d+", text)
        assert set(addresses) <= {"127.0.0.1"}, name


@pytest.mark.parametrize("option", ["bind-address = 127.0.0.1", "skip-name-resolve"])
def test_mysql_listens_on_the_loopback_interface(settings: Settings, option: str) -> None:
    assert option in mysql.configuration(settings)


def test_redis_has_no_default_user_and_no_dangerous_command(settings: Settings) -> None:
    assert "bind 127.0.0.1\n" in redis.configuration(settings)
    users = redis.access_list(settings)
    assert "user default reset off ~* &* +@all\n" in users
    assert "-@admin -@dangerous" in users
    assert settings.secret("REDIS") not in users


def test_cassandra_asks_for_a_password(settings: Settings) -> None:
    values = json.loads(cassandra.configuration(settings))
    assert values["authenticator"] == "PasswordAuthenticator"
    assert values["authorizer"] == "CassandraAuthorizer"
    assert values["listen_address"] == values["rpc_address"] == "127.0.0.1"


def test_every_kafka_listener_asks_for_a_password(settings: Settings) -> None:
    for node in kafka.NODES:
        lines = dict(
            line.split("=", 1) for line in kafka.configuration(settings, node).splitlines() if line
        )
        listeners = [item.split("://")[0] for item in lines["listeners"].split(",")]
        protocols = dict(
            item.split(":") for item in lines["listener.security.protocol.map"].split(",")
        )
        assert [protocols[name] for name in listeners] == ["SASL_PLAINTEXT"] * 2
        assert lines["authorizer.class.name"].endswith("StandardAuthorizer")
        assert lines["super.users"] == "User:broker;User:admin"


def test_every_password_is_a_random_one(profile: Profile, tmp_path: Path) -> None:
    other = env_file.ensure(Profile("demo", root=tmp_path / "other"))[0]
    mine = env_file.ensure(profile)[0]
    pattern = re.compile(r"(?:password|user_\w+)\W*[=:]\s*\"?([^\s\";,}]+)", re.IGNORECASE)

    for (name, text), other_text in zip(
        rendered(mine).items(), rendered(other).values(), strict=True
    ):
        common = set(pattern.findall(text)) & set(pattern.findall(other_text))
        assert common <= {SIMULATOR_KEY, AWS_KEY}, name


def test_no_secret_is_on_a_command_line(settings: Settings, programs: str) -> None:
    secrets = [
        value for name, value in settings.values.items() if name.startswith("DATAFLOW360_SECRET_")
    ]
    assert not [secret for secret in secrets if secret in programs]


def test_profiles_share_no_port() -> None:
    demo, test = (set(Profile(name).default_ports.values()) for name in ("demo", "test"))

    assert len(demo) == len(test) == len(BASE_PORTS)
    assert not demo & test


def test_profiles_share_no_directory_but_the_downloads() -> None:
    demo, test = Profile("demo"), Profile("test")

    assert demo.lib == test.lib
    for name in ("state", "logs", "env_file", "sockets", "temporary"):
        assert getattr(demo, name) != getattr(test, name)


def test_temporary_files_are_kept_in_the_profiles_state(profile: Profile) -> None:
    environment = supervisor_environment(profile)

    for name in ("TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        assert Path(environment[name]).is_relative_to(profile.short_state)


def test_no_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    deep = Profile("demo", root=tmp_path / ("é" * 100))
    socket = deep.temporary / ".org.chromium.Chromium.123456" / "SingletonSocket"
    assert len(os.fsencode(socket)) <= 107

    with lifecycle._alone(deep):
        deep.sockets.mkdir()
        assert (deep.state / "run").is_dir()
    lifecycle.clean(deep, lambda line: None)

    assert not deep.short_state.is_symlink()


def test_a_link_of_somebody_else_is_not_taken(tmp_path: Path) -> None:
    deep = Profile("demo", root=tmp_path / ("x" * 100))
    deep.short_state.symlink_to(tmp_path)
    try:
        with pytest.raises(StackError, match="remove it"), lifecycle._alone(deep):
            pass
    finally:
        deep.short_state.unlink()


def test_what_the_user_sets_wins_over_what_follows(profile: Profile) -> None:
    own = '{"conn_type": "redis", "host": "cache.example"}'
    profile.env_file.write_text(
        f"AIRFLOW_CONN_DATAFLOW360_REDIS='{own}'\nAIRFLOW__CORE__PARALLELISM=8\n"
    )
    environment = project_environment(env_file.ensure(profile)[0])

    assert environment["AIRFLOW_CONN_DATAFLOW360_REDIS"] == own
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "8"


def test_the_project_sees_no_administrators_secret(settings: Settings) -> None:
    environment = project_environment(settings)

    assert not [name for name in environment if name.startswith("DATAFLOW360_SECRET_")]
    for name in ("MYSQL_ROOT", "CASSANDRA_ADMIN", "KAFKA_ADMIN", "KAFKA_BROKER", "POSTGRES"):
        assert settings.secret(name) not in environment.values()


def test_connections_are_json_that_airflow_reads(settings: Settings) -> None:
    environment = project_environment(settings)

    for name in connections(settings):
        connection = json.loads(environment[f"AIRFLOW_CONN_{name}"])
        known = ("mysql", "cassandra", "redis", "kafka", "aws", "http")
        assert connection["conn_type"] in known
    kafka_options = json.loads(environment["AIRFLOW_CONN_DATAFLOW360_KAFKA"])["extra"]
    assert kafka_options["bootstrap.servers"].count("127.0.0.1:") == 3


def sources(profile: Profile, env: str = "") -> dict[str, dict[str, str]]:
    """The sources' connections as Airflow reads them, by source, for what the user has set."""
    profile.env_file.write_text(env)
    environment = project_environment(env_file.ensure(profile)[0])
    names = ("openweather", "aviationstack", "flightstats", "visualcrossing", "openmeteo")
    return {
        name: json.loads(environment[f"AIRFLOW_CONN_DATAFLOW360_{name.upper()}"]) for name in names
    }


def test_without_keys_every_source_is_the_simulator(profile: Profile) -> None:
    connections = sources(profile)

    for name, connection in connections.items():
        assert connection["host"] == f"http://127.0.0.1:8090/{name}"
    assert connections["openmeteo"]["extra"] == {"recent_host": "http://127.0.0.1:8090/openmeteo"}


def test_a_key_leads_to_the_real_api_and_is_in_the_password_only(profile: Profile) -> None:
    connections = sources(profile, "OPENWEATHER_API_KEY=0w-key\nAVIATIONSTACK_API_KEY=as-key\n")

    assert connections["openweather"] == {
        "conn_type": "http",
        "host": "https://api.openweathermap.org",
        "password": "0w-key",
    }
    assert connections["aviationstack"]["host"] == "https://api.aviationstack.com"
    assert connections["flightstats"]["host"] == "http://127.0.0.1:8090/flightstats"
    environment = project_environment(env_file.load(profile))
    assert [name for name, value in environment.items() if "0w-key" in value] == [
        "AIRFLOW_CONN_DATAFLOW360_OPENWEATHER"
    ]
    assert [name for name, value in environment.items() if "as-key" in value] == [
        "AIRFLOW_CONN_DATAFLOW360_AVIATIONSTACK"
    ]


def test_real_sites_are_read_only_where_the_user_says_so(profile: Profile) -> None:
    connections = sources(profile, "DATAFLOW360_LIVE_SITES=flightstats, openmeteo\n")

    assert connections["flightstats"]["host"] == "https://www.flightstats.com"
    assert connections["visualcrossing"]["host"] == "http://127.0.0.1:8090/visualcrossing"
    assert connections["openmeteo"] == {
        "conn_type": "http",
        "host": "https://archive-api.open-meteo.com",
        "extra": {"recent_host": "https://api.open-meteo.com"},
    }
    environment = project_environment(env_file.load(profile))
    assert environment["DATAFLOW360_LIVE_SITES"] == "flightstats,openmeteo"


def test_the_callers_api_keys_do_not_reach_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENWEATHER_API_KEY", "from the shell")

    assert "OPENWEATHER_API_KEY" not in inherited_environment()


def test_the_simulators_log_names_no_request(programs: str) -> None:
    section = programs.split("[program:simulator]")[1].split("[program:", maxsplit=1)[0]

    assert "stack.simulator.app:app" in section
    assert "--no-access-log" in section


def test_airflow_waits_for_the_simulator(settings: Settings, programs: str) -> None:
    del programs  # which pretends that the servers are installed
    services = {service.name: service for service in lifecycle.services(settings)}

    assert "simulator" in services["airflow"].needs
    assert "simulator" not in airflow.NAMES


def test_a_percent_sign_in_the_projects_path_reaches_the_supervisor_whole(tmp_path: Path) -> None:
    text = supervisor.configuration(Profile("demo", root=tmp_path / "100%"), [])

    assert "100%%/" in text
