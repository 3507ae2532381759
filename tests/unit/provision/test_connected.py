"""Provisioning from Airflow's connections: what is missing is named, what is away waited for."""

import json
import socket
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner

from dataflow360.cli import app as command_line
from dataflow360.clients.account import Account
from dataflow360.errors import FatalError, RetriableError
from dataflow360.provision import connected
from dataflow360.stores import cassandra_tables

SECRET = "a-password-of-nobody"


@pytest.fixture(autouse=True)
def no_connections(monkeypatch):
    """No connection but those that a test sets."""
    for store in ("MYSQL", "KAFKA", "CASSANDRA"):
        for end in ("", "_ADMIN"):
            monkeypatch.delenv(f"AIRFLOW_CONN_DATAFLOW360_{store}{end}", raising=False)


@pytest.fixture
def connect(monkeypatch) -> Callable[..., None]:
    """Set a connection."""

    def set_connection(name: str, **fields: object) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))

    return set_connection


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def refused(*arguments: str) -> str:
    with pytest.raises(FatalError) as caught:
        CliRunner().invoke(command_line.app, ["provision", *arguments], catch_exceptions=False)
    message = str(caught.value)
    assert SECRET not in message
    assert message[0].isupper()
    assert message.endswith(".")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("store", ["mysql", "kafka", "cassandra"])
def test_a_missing_connection_is_named_with_its_variable(store):
    message = refused(store)
    assert f"The connection dataflow360_{store} is missing" in message
    assert f"set AIRFLOW_CONN_DATAFLOW360_{store.upper()}." in message


@pytest.mark.parametrize("store", ["mysql", "cassandra"])
def test_so_is_the_administrators(store, connect):
    connect(f"dataflow360_{store}", conn_type=store, login="writer", password=SECRET)
    assert f"The connection dataflow360_{store}_admin is missing" in refused(store)


def test_and_kafkas(connect):
    connect("dataflow360_kafka", conn_type="kafka", extra={"sasl.username": "writer"})
    assert "The connection dataflow360_kafka_admin is missing" in refused("kafka")


@pytest.mark.parametrize(
    "value", ['{"conn_type": "mysql", "password": "a-password-of-nobody"', "mysql://a://b://c"]
)
def test_a_connection_that_cannot_be_read_is_named_and_not_shown(value, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_DATAFLOW360_MYSQL", value)
    assert "no JSON or URI that Airflow can read" in refused("mysql")


@pytest.mark.parametrize("fields", [{"login": "writer"}, {"password": SECRET}, {}])
def test_a_connection_without_login_or_password_is_refused(fields, connect):
    connect("dataflow360_mysql", conn_type="mysql", host="127.0.0.1", **fields)
    assert "dataflow360_mysql has no login or no password" in refused("mysql")


def test_kafkas_connection_must_name_the_user(connect):
    connect("dataflow360_kafka", conn_type="kafka", extra={"bootstrap.servers": "127.0.0.1:9"})
    assert "dataflow360_kafka has no sasl.username" in refused("kafka")


def test_a_replication_factor_is_one_at_least():
    result = CliRunner().invoke(
        command_line.app, ["provision", "kafka", "--replication-factor", "0"]
    )
    assert result.exit_code == 2
    assert "--replication-factor" in result.output


def test_mysql_has_no_replication_factor():
    assert "leave --replication-factor out" in refused("mysql", "--replication-factor", "3")


@pytest.mark.parametrize("command", ["provision", "rebuild"])
def test_what_is_not_known_is_named_with_what_is(command):
    result = CliRunner().invoke(command_line.app, [command, "postgres"])
    assert result.exit_code == 2
    for word in ("postgres", "kafka", "cassandra", "mysql", "redis"):
        assert word in result.output


def test_a_topic_is_rebuilt_as_a_whole():
    result = CliRunner().invoke(command_line.app, ["rebuild", "kafka", "--since", "2026-11-01"])
    assert result.exit_code == 2
    assert "without --since" in result.output


def test_where_nothing_must_be_made_it_is_said():
    result = CliRunner().invoke(command_line.app, ["provision", "redis"])
    assert result.output == "Nothing must be made there before rows come.\n"


@pytest.mark.enable_socket
def test_a_server_that_is_away_is_waited_for_and_said_once(connect, closed_port, monkeypatch):
    monkeypatch.setattr(connected, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(connected, "_PAUSE_SECONDS", 0.1)
    connect("dataflow360_mysql", conn_type="mysql", login="writer", password=SECRET)
    connect(
        "dataflow360_mysql_admin",
        conn_type="mysql", host="127.0.0.1", port=closed_port, login="root", password=SECRET,
    )  # fmt: skip
    said: list[str] = []
    with pytest.raises(RetriableError) as caught:
        connected.store("mysql", None, said.append)
    assert said == [f"Waiting: {caught.value}"]
    assert str(caught.value).startswith(
        "MySQL (connection dataflow360_mysql_admin) does not answer: "
    )
    assert "see that it runs" in str(caught.value)


def test_what_is_refused_is_not_tried_again(monkeypatch):
    tries = []

    def refuse() -> str:
        tries.append(1)
        raise FatalError("No.")

    with pytest.raises(FatalError):
        connected._patiently(refuse, pytest.fail)
    assert len(tries) == 1


def test_the_default_role_cannot_be_cassandras_administrator():
    with pytest.raises(FatalError, match="The role cassandra cannot be Cassandra's administrator"):
        cassandra_tables.provision(
            pytest.fail, Account("cassandra", SECRET), Account("writer", SECRET), 1
        )
