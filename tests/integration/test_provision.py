"""Provisioning on the real servers: done twice, with another password, and what it refuses.

The users are the tests' own; topics and tables are those that the stack has made in the same way.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import MySQLdb
import pytest
from airflow.providers.apache.cassandra.hooks.cassandra import CassandraHook
from airflow.providers.mysql.hooks.mysql import MySqlHook
from cassandra import Unauthorized
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import NoHostAvailable
from confluent_kafka.admin import (
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from typer.testing import CliRunner

from dataflow360.cli import app as command_line
from dataflow360.errors import FatalError, RetriableError
from dataflow360.provision import connected
from dataflow360.provision.kafka import access_list
from dataflow360.stores import cassandra_tables
from stack import settings as env_file
from stack.environment import connections, kafka_client_options
from stack.profiles import Profile
from stack.settings import Settings

USER = "provision_test"
FIRST, SECOND = "first-password", "second-password's %"
CLOSED_PORT = 1


@pytest.fixture(scope="module")
def stack() -> Settings:
    return env_file.load(Profile("test"))


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set an Airflow connection, with some fields otherwise."""

    def set_connection(connection_id: str, fields: dict[str, Any], **others: Any) -> None:
        value = json.dumps({**fields, **others})
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection_id.upper()}", value)

    return set_connection


def provision(store: str) -> str:
    result = CliRunner().invoke(command_line.app, ["provision", store], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert FIRST not in result.output
    assert SECOND not in result.output
    return result.output


def refusal(store: str, kind: type[Exception] = FatalError) -> str:
    with pytest.raises(kind) as caught:
        CliRunner().invoke(command_line.app, ["provision", store], catch_exceptions=False)
    message = str(caught.value)
    assert f"dataflow360_{store}_admin" in message
    assert message.endswith(".")
    return message


def eventually(check: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon."""
    monkeypatch.setattr(connected, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(connected, "_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(connected, "_METADATA_SECONDS", 3.0)
    monkeypatch.setattr(cassandra_tables, "DEFAULT_ROLE_SECONDS", 1.0)


class TestMySQL:
    @pytest.fixture
    def user(self, stack: Settings, connect: Callable[..., None]) -> dict[str, Any]:
        fields = {**connections(stack)["DATAFLOW360_MYSQL"], "login": USER, "password": FIRST}
        connect("dataflow360_mysql", fields)
        return fields

    @pytest.fixture
    def admin(self, stack: Settings, connect: Callable[..., None]) -> dict[str, Any]:
        fields = {
            "conn_type": "mysql",
            "login": "root",
            "password": stack.secret("MYSQL_ROOT"),
            "extra": {"unix_socket": str(stack.profile.sockets / "mysql.sock")},
        }
        connect("dataflow360_mysql_admin", fields)
        return fields

    @pytest.fixture
    def root(self, admin: dict[str, Any]) -> Iterator[Any]:
        del admin
        with closing(MySqlHook("dataflow360_mysql_admin").get_conn()) as session:
            yield session
            session.cursor().execute(f"DROP USER IF EXISTS '{USER}'@'127.0.0.1'")

    def state(self, root: Any) -> dict[str, Any]:
        cursor = root.cursor()
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema IN ('aerien_db', 'dataflow360', 'meteo_db') ORDER BY 1, 2"
        )
        shown = {f"TABLE {database}.{table}": None for database, table in cursor.fetchall()}
        for name in ("dataflow360", USER):
            shown[f"USER '{name}'@'127.0.0.1'"] = None
        for name in shown:
            cursor.execute(f"SHOW CREATE {name}")
            shown[name] = cursor.fetchall()
        for name in ("dataflow360", USER):
            cursor.execute(f"SHOW GRANTS FOR '{name}'@'127.0.0.1'")
            shown[f"rights of {name}"] = cursor.fetchall()
        return shown

    def session(self) -> Any:
        return closing(MySqlHook("dataflow360_mysql").get_conn())

    def test_twice_is_once(self, user: object, root: Any) -> None:
        assert "MySQL has the databases" in provision("mysql")
        before = self.state(root)
        provision("mysql")
        assert self.state(root) == before
        assert len(before["rights of dataflow360"]) == len(before[f"rights of {USER}"]) == 4

    def test_a_new_password_takes_the_place_of_the_old(
        self, user: dict[str, Any], root: Any, connect: Callable[..., None]
    ) -> None:
        provision("mysql")
        with self.session() as session:
            session.cursor().execute("SELECT COUNT(*) FROM dataflow360.batches")
            with pytest.raises(MySQLdb.OperationalError, match="denied"):
                session.cursor().execute("DROP TABLE dataflow360.batches")
        connect("dataflow360_mysql", user, password=SECOND)
        provision("mysql")
        with self.session() as session:
            session.cursor().execute("SELECT COUNT(*) FROM dataflow360.batches")
        connect("dataflow360_mysql", user, password=FIRST)
        with pytest.raises(MySQLdb.OperationalError, match="Access denied"):
            self.session()

    def test_a_wrong_password_of_the_administrator_is_refused(
        self, user: object, admin: dict[str, Any], connect: Callable[..., None]
    ) -> None:
        connect("dataflow360_mysql_admin", admin, password=SECOND)
        message = refusal("mysql")
        assert "MySQL refuses the user" in message
        assert SECOND not in message

    def test_an_administrator_without_the_rights_is_refused(
        self, user: dict[str, Any], root: Any, connect: Callable[..., None]
    ) -> None:
        provision("mysql")
        connect("dataflow360_mysql_admin", user)
        assert "MySQL refuses the user" in refusal("mysql")

    def test_a_server_that_is_away_is_given_up(
        self, user: object, connect: Callable[..., None], impatient: None, admin: dict[str, Any]
    ) -> None:
        connect("dataflow360_mysql_admin", admin, host="127.0.0.1", port=CLOSED_PORT, extra={})
        assert "does not answer" in refusal("mysql", RetriableError)

    def test_a_server_that_comes_late_is_waited_for(
        self, user: object, root: Any, admin: dict[str, Any], connect: Callable[..., None]
    ) -> None:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            socket = Path(folder, "late.sock")
            connect("dataflow360_mysql_admin", admin, extra={"unix_socket": str(socket)})
            server = Path(admin["extra"]["unix_socket"])
            coming = threading.Timer(1, lambda: socket.symlink_to(server))
            coming.start()
            output = provision("mysql")
            coming.join()
        waiting, done = output.splitlines()
        assert waiting.startswith("Waiting: MySQL (connection dataflow360_mysql_admin) does not")
        assert done.startswith("MySQL has")


class TestCassandra:
    @pytest.fixture
    def user(self, stack: Settings, connect: Callable[..., None]) -> dict[str, Any]:
        fields = {**connections(stack)["DATAFLOW360_CASSANDRA"], "login": USER, "password": FIRST}
        connect("dataflow360_cassandra", fields)
        return fields

    @pytest.fixture
    def admin(
        self, stack: Settings, user: dict[str, Any], connect: Callable[..., None]
    ) -> dict[str, Any]:
        fields = {**user, "login": "admin", "password": stack.secret("CASSANDRA_ADMIN")}
        connect("dataflow360_cassandra_admin", fields)
        return fields

    @pytest.fixture
    def root(self, admin: object) -> Iterator[Any]:
        hook = CassandraHook("dataflow360_cassandra_admin")
        session = hook.get_conn()
        yield session
        session.execute(f"DROP ROLE IF EXISTS {USER}")
        hook.shutdown_cluster()

    def state(self, root: Any) -> dict[str, Any]:
        queries = {
            "keyspaces": "SELECT * FROM system_schema.keyspaces",
            "tables": "SELECT * FROM system_schema.tables WHERE keyspace_name = 'aerien'",
            "columns": "SELECT * FROM system_schema.columns WHERE keyspace_name = 'aerien'",
            "permissions": "SELECT * FROM system_auth.role_permissions",
            "roles": "SELECT role, can_login, is_superuser FROM system_auth.roles",
            "stack's role": "SELECT * FROM system_auth.roles WHERE role = 'dataflow360'",
        }
        return {name: sorted(map(str, root.execute(query))) for name, query in queries.items()}

    def accepts(self, name: str = USER, password: str | None = None) -> bool:
        hook = CassandraHook("dataflow360_cassandra")
        if password is not None:
            hook.cluster.auth_provider = PlainTextAuthProvider(name, password)
        try:
            hook.cluster.connect()
        except NoHostAvailable:
            return False
        finally:
            hook.shutdown_cluster()
        return True

    def test_twice_is_once(self, user: object, root: Any) -> None:
        assert "Cassandra has the keyspace" in provision("cassandra")
        before = self.state(root)
        provision("cassandra")
        assert self.state(root) == before
        rights = root.execute(f"LIST ALL PERMISSIONS OF {USER}")
        assert {(right.resource, right.permission) for right in rights} == {
            ("<keyspace aerien>", permission) for permission in cassandra_tables.PERMISSIONS
        }

    def test_the_default_role_is_closed(self, user: object, root: Any) -> None:
        provision("cassandra")
        assert self.accepts()
        assert not self.accepts("cassandra", "cassandra")

    def test_a_new_password_takes_the_place_of_the_old(
        self, user: dict[str, Any], root: Any, connect: Callable[..., None]
    ) -> None:
        provision("cassandra")
        hook = CassandraHook("dataflow360_cassandra")
        session = hook.get_conn()
        session.execute("SELECT * FROM aerien.vols LIMIT 1")
        with pytest.raises(Unauthorized):
            session.execute("DROP TABLE aerien.vols")
        hook.shutdown_cluster()
        connect("dataflow360_cassandra", user, password=SECOND)
        provision("cassandra")
        assert eventually(self.accepts), "the new password is refused"
        connect("dataflow360_cassandra", user, password=FIRST)
        # The server remembers who has signed in for two seconds.
        assert eventually(lambda: not self.accepts()), "the old password is still accepted"

    def test_a_wrong_password_of_the_administrator_is_refused(
        self, user: object, admin: dict[str, Any], connect: Callable[..., None], impatient: None
    ) -> None:
        connect("dataflow360_cassandra_admin", admin, password=SECOND)
        message = refusal("cassandra")
        assert "Cassandra refuses the user" in message
        assert "admin" in message
        assert SECOND not in message

    def test_a_server_that_is_away_is_given_up(
        self, user: object, admin: dict[str, Any], connect: Callable[..., None], impatient: None
    ) -> None:
        connect("dataflow360_cassandra_admin", admin, port=CLOSED_PORT)
        assert "does not answer" in refusal("cassandra", RetriableError)

    def test_so_is_one_whose_name_is_not_known(
        self, user: object, admin: dict[str, Any], connect: Callable[..., None], impatient: None
    ) -> None:
        connect("dataflow360_cassandra_admin", admin, host="cassandra.invalid")
        assert "no address is known for its host" in refusal("cassandra", RetriableError)


class TestKafka:
    @pytest.fixture
    def admin(self, stack: Settings, connect: Callable[..., None]) -> dict[str, Any]:
        ordinary = connections(stack)["DATAFLOW360_KAFKA"]
        extra = dict(ordinary["extra"])  # type: ignore[call-overload]
        connect("dataflow360_kafka", ordinary, extra={**extra, "sasl.username": USER})
        own = kafka_client_options("admin", stack.secret("KAFKA_ADMIN"))
        fields = {**ordinary, "extra": {**extra, **own}}
        connect("dataflow360_kafka_admin", fields)
        return fields

    @pytest.fixture
    def client(self, admin: dict[str, Any]) -> Iterator[AdminClient]:
        client = AdminClient(admin["extra"])
        yield client
        for future in client.delete_acls([self.rules_of(USER)]).values():
            future.result()

    def rules_of(self, user: str | None) -> AclBindingFilter:
        return AclBindingFilter(
            ResourceType.ANY, None, ResourcePatternType.ANY, user and f"User:{user}", None,
            AclOperation.ANY, AclPermissionType.ANY,
        )  # fmt: skip

    def state(self, client: AdminClient) -> object:
        topics = client.list_topics(timeout=30).topics
        rules = client.describe_acls(self.rules_of(None)).result()
        return (
            {
                name: {number: part.replicas for number, part in topic.partitions.items()}
                for name, topic in topics.items()
            },
            sorted(map(str, rules)),
        )

    def test_twice_is_once(self, client: AdminClient) -> None:
        assert "Kafka has the topics" in provision("kafka")
        before = self.state(client)
        provision("kafka")
        assert self.state(client) == before
        rules = client.describe_acls(self.rules_of(USER)).result()
        assert set(rules) == set(access_list(USER))

    def test_a_wrong_password_of_the_administrator_is_refused(
        self, admin: dict[str, Any], connect: Callable[..., None], impatient: None
    ) -> None:
        extra = {**admin["extra"], "sasl.password": SECOND}
        connect("dataflow360_kafka_admin", admin, extra=extra)
        message = refusal("kafka")
        assert "Kafka refuses the user" in message
        assert SECOND not in message

    def test_an_administrator_without_the_rights_is_refused(
        self, stack: Settings, admin: object, connect: Callable[..., None], impatient: None
    ) -> None:
        connect("dataflow360_kafka_admin", dict(connections(stack)["DATAFLOW360_KAFKA"]))
        assert "Kafka refuses the user" in refusal("kafka")

    def test_a_server_that_is_away_is_given_up(
        self, admin: dict[str, Any], connect: Callable[..., None], impatient: None
    ) -> None:
        extra = {**admin["extra"], "bootstrap.servers": f"127.0.0.1:{CLOSED_PORT}"}
        connect("dataflow360_kafka_admin", admin, extra=extra)
        assert "does not answer" in refusal("kafka", RetriableError)

    def test_too_few_brokers_are_waited_for(self, client: AdminClient, impatient: None) -> None:
        with pytest.raises(RetriableError, match="has 3 brokers, too few for replication factor 4"):
            connected.kafka(4, lambda _: None)
