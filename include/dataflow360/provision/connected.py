"""Provision the stores that Airflow's connections lead to.

Each store has two: the ordinary one, whose login and password are the user that is made, and the
administrator's, whose id ends in ``_admin``. A server that is not there yet is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import MySQLdb
from airflow.providers.apache.cassandra.hooks.cassandra import CassandraHook
from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook
from airflow.providers.mysql.hooks.mysql import MySqlHook
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from cassandra.auth import PlainTextAuthProvider
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from dataflow360.clients import cassandra as cassandra_store
from dataflow360.clients import mysql as mysql_store
from dataflow360.clients.failures import readable_failures
from dataflow360.errors import FatalError, RetriableError
from dataflow360.provision import cassandra as on_cassandra
from dataflow360.provision import kafka as on_kafka
from dataflow360.provision import mysql as on_mysql
from dataflow360.provision.account import Account
from dataflow360.streams import kafka as kafka_stream

Report = Callable[[str], None]
"""Takes one line on what is waited for."""

PATIENCE_SECONDS = 300.0
"""How long a server is waited for."""

_ADMIN = "_admin"
_NEXT_STEP = "see that it runs and that the connection leads to it"
_PAUSE_SECONDS = 2.0
_METADATA_SECONDS = 10.0
#: Changes of a schema can take longer than the driver's 10 s.
_CQL_SECONDS = 60.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def mysql(report: Report) -> None:
    """Make databases, tables and user on MySQL.

    The user may sign in from anywhere, unless the server is on the loopback interface.

    Args:
        report: Takes what is waited for.

    Raises:
        FatalError: A connection is missing, or the server refuses what it is asked for.
        RetriableError: The server did not answer for as long as it is waited for.
    """
    user = _account(_connection(mysql_store.CONNECTION_ID))
    admin = _connection(mysql_store.CONNECTION_ID + _ADMIN)
    host = "127.0.0.1" if (admin.host or "localhost") in _LOOPBACK else "%"

    def make() -> None:
        with (
            _other_refusals(user),
            readable_failures(_ADMIN, _NEXT_STEP),
            closing(MySqlHook(admin.conn_id).get_conn()) as session,
        ):
            on_mysql.provision(session, user, host)

    _patiently(make, report)


def kafka(replication_factor: int, report: Report) -> None:
    """Make topics on Kafka, and the rights of the ordinary connection's user.

    Args:
        replication_factor: On how many brokers each partition is kept.
        report: Takes what is waited for.

    Raises:
        FatalError: A connection is missing, or the brokers refuse what they are asked for.
        RetriableError: Too few brokers answered for as long as they are waited for.
    """
    ordinary = _connection(kafka_stream.CONNECTION_ID)
    user = ordinary.extra_dejson.get("sasl.username")
    if not user:
        raise FatalError(
            f"The connection {ordinary.conn_id} has no sasl.username, the user that gets rights on "
            "the topics; add it to the connection's extra."
        )
    admin_id = _connection(kafka_stream.CONNECTION_ID + _ADMIN).conn_id

    def make() -> None:
        with readable_failures(_ADMIN, _NEXT_STEP):
            hook = _AdminHook(admin_id)
            brokers = hook.brokers()
            if brokers < replication_factor:
                raise RetriableError(
                    f"Kafka (connection {admin_id}) has {brokers} brokers, too few for replication "
                    f"factor {replication_factor}; start more, or give a lower "
                    "--replication-factor."
                )
            on_kafka.provision(hook.get_conn, user, replication_factor)

    _patiently(make, report)


def cassandra(replication_factor: int, report: Report) -> None:
    """Make keyspace, tables and role on Cassandra; on a new server, its administrator first.

    Args:
        replication_factor: On how many nodes of each data centre a row is kept.
        report: Takes what is waited for.

    Raises:
        FatalError: A connection is missing, or the server refuses what it is asked for.
        RetriableError: The server did not answer for as long as it is waited for.
    """
    user = _account(_connection(cassandra_store.CONNECTION_ID))
    admin_connection = _connection(cassandra_store.CONNECTION_ID + _ADMIN)
    admin = _account(admin_connection)

    @contextmanager
    def sign_in(account: Account) -> Iterator[Any]:
        hook = CassandraHook(admin_connection.conn_id)
        cluster = hook.get_cluster()
        cluster.auth_provider = PlainTextAuthProvider(account.name, account.password)
        try:
            session = cluster.connect()
            session.default_timeout = _CQL_SECONDS
            yield session
        finally:
            hook.shutdown_cluster()

    def make() -> None:
        with readable_failures(_ADMIN, _NEXT_STEP):
            on_cassandra.provision(sign_in, admin, user, replication_factor)

    _patiently(make, report)


class _AdminHook(KafkaAdminClientHook):
    """The provider's hook; it keeps why the brokers refuse a user, where calls only time out."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(kafka_config_id=connection_id)
        self._refusal: KafkaError | None = None

    def brokers(self) -> int:
        """How many brokers there are."""
        client: AdminClient = self.get_conn
        try:
            return len(client.list_topics(timeout=_METADATA_SECONDS).brokers)
        except KafkaException as error:
            client.poll(0)
            if self._refusal is not None:
                raise KafkaException(self._refusal) from error
            raise

    def _get_client(self, config: dict[str, Any]) -> AdminClient:
        # What the client would log of each attempt is in the errors that it raises.
        own: dict[str, Any] = {"error_cb": self._note, "log_level": 0}
        return AdminClient(config | own)

    def _note(self, error: KafkaError) -> None:
        if error.code() == KafkaError._AUTHENTICATION:
            self._refusal = error


def _connection(connection_id: str) -> Connection:
    try:
        found: Connection = BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        # Why a value cannot be read is not told, for it would show the value.
        raise FatalError(
            f"The connection {connection_id} is missing, or no JSON or URI that Airflow can read; "
            f"set AIRFLOW_CONN_{connection_id.upper()}."
        ) from None
    return found


def _account(connection: Connection) -> Account:
    if not connection.login or not connection.password:
        raise FatalError(
            f"The connection {connection.conn_id} has no login or no password; add it to "
            f"AIRFLOW_CONN_{connection.conn_id.upper()}."
        )
    return Account(connection.login, connection.password)


@contextmanager
def _other_refusals(user: Account) -> Iterator[None]:
    """What MySQL refuses besides an administrator; its words may quote a password."""
    try:
        yield
    except MySQLdb.Error as error:
        cause = str(error.args[-1]).replace(user.password, "***")
        raise FatalError(
            f"MySQL refuses what connection {mysql_store.CONNECTION_ID}{_ADMIN} asks for: {cause}; "
            "mend the server's settings or the connection's password."
        ) from None


def _patiently(make: Callable[[], None], report: Report) -> None:
    """Do it again while a server is away, and say what is waited for, each cause once."""
    said: set[str] = set()

    def say(state: RetryCallState) -> None:
        cause = str(state.outcome and state.outcome.exception())
        if cause not in said:
            said.add(cause)
            report(f"Waiting: {cause}")

    Retrying(
        retry=retry_if_exception_type(RetriableError),
        stop=stop_after_delay(PATIENCE_SECONDS),
        wait=wait_fixed(_PAUSE_SECONDS),
        before_sleep=say,
        reraise=True,
    )(make)
