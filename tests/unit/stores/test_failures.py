"""What a server's client raises becomes one sentence: try again, or mend something first."""

import MySQLdb
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    WaiterError,
)
from cassandra import (
    AuthenticationFailed,
    ConsistencyLevel,
    OperationTimedOut,
    Unauthorized,
    Unavailable,
    UnresolvableContactPoints,
    WriteTimeout,
)
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionShutdown
from confluent_kafka import KafkaError, KafkaException
from MySQLdb.constants import CR, ER
from redis import exceptions as redis

from dataflow360.errors import FatalError, RetriableError, SkippableError
from dataflow360.stores.failures import readable_failures

NODE, OTHER = "192.0.2.1:9042", "192.0.2.2:9042"


def mysql(code: int, text: str = "the server's words") -> MySQLdb.OperationalError:
    return MySQLdb.OperationalError(code, text)


def kafka(code: int, text: str = "the broker's words") -> KafkaException:
    return KafkaException(KafkaError(code, text))


def aws(code: str, text: str = "AWS's words") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "PutRecords")


def unavailable() -> Unavailable:
    return Unavailable(
        "Cannot achieve consistency",
        consistency=ConsistencyLevel.LOCAL_QUORUM, required_replicas=2, alive_replicas=1,
    )  # fmt: skip


RETRIABLE = {
    "mysql-refused": (mysql(CR.CONN_HOST_ERROR), "dataflow360_mysql"),
    "mysql-no-socket": (mysql(CR.CONNECTION_ERROR), "dataflow360_mysql"),
    "mysql-went-away": (mysql(CR.SERVER_GONE_ERROR), "dataflow360_mysql"),
    "mysql-lost": (mysql(CR.SERVER_LOST), "dataflow360_mysql"),
    "mysql-too-many": (mysql(ER.CON_COUNT_ERROR), "dataflow360_mysql"),
    "mysql-shutting-down": (mysql(ER.SERVER_SHUTDOWN), "dataflow360_mysql"),
    "mysql-lock-timeout": (mysql(ER.LOCK_WAIT_TIMEOUT), "dataflow360_mysql"),
    "mysql-deadlock": (mysql(ER.LOCK_DEADLOCK), "dataflow360_mysql"),
    "mysql-unknown-host": (mysql(CR.UNKNOWN_HOST), "dataflow360_mysql"),
    "mysql-starting": (mysql(CR.SERVER_HANDSHAKE_ERR), "dataflow360_mysql"),
    "mysql-locks-deadlock": (mysql(3058), "dataflow360_mysql"),  # ER_USER_LOCK_DEADLOCK
    "mysql-idle-too-long": (mysql(4031), "dataflow360_mysql"),  # ER_CLIENT_INTERACTION_TIMEOUT
    "mysql-closed": (MySQLdb.InterfaceError(0, ""), "dataflow360_mysql"),
    "cassandra-no-host": (
        NoHostAvailable("Unable to connect", {NODE: OSError("refused")}),
        "dataflow360_cassandra",
    ),
    "cassandra-one-refuses-one-is-away": (
        NoHostAvailable("no", {NODE: AuthenticationFailed("no"), OTHER: OSError("refused")}),
        "dataflow360_cassandra",
    ),
    "cassandra-no-node-left-for-the-keyspace": (
        NoHostAvailable("Unable to connect using keyspace 'aerien'", [NODE]),
        "Unable to connect using keyspace 'aerien'",
    ),
    "cassandra-no-node-tried": (NoHostAvailable("no node is known", {}), "no node is known"),
    "cassandra-unknown-host": (UnresolvableContactPoints({}), "no address is known for its host"),
    "cassandra-timed-out": (OperationTimedOut({NODE: "timeout"}), "dataflow360_cassandra"),
    "cassandra-write-timeout": (WriteTimeout("late", write_type=0), "dataflow360_cassandra"),
    "cassandra-unavailable": (unavailable(), "dataflow360_cassandra"),
    "cassandra-shut-down": (ConnectionShutdown("closed"), "dataflow360_cassandra"),
    "kafka-transport": (kafka(KafkaError._TRANSPORT), "dataflow360_kafka"),
    "kafka-all-down": (kafka(KafkaError._ALL_BROKERS_DOWN), "dataflow360_kafka"),
    "kafka-timed-out": (kafka(KafkaError._TIMED_OUT), "dataflow360_kafka"),
    "kafka-fenced": (kafka(KafkaError._FENCED), "Another run of the same batch"),
    "kafka-old-epoch": (kafka(KafkaError.INVALID_PRODUCER_EPOCH), "Another run of the same batch"),
    "redis-refused": (redis.ConnectionError("refused"), "dataflow360_redis"),
    "redis-timed-out": (redis.TimeoutError("late"), "dataflow360_redis"),
    "aws-refused": (EndpointConnectionError(endpoint_url="http://aws"), "dataflow360_aws"),
    "aws-timed-out": (ConnectTimeoutError(endpoint_url="http://aws"), "dataflow360_aws"),
    "aws-never-ready": (WaiterError("TableExists", "too long", {}), "dataflow360_aws"),
    "aws-throttled": (aws("ProvisionedThroughputExceededException"), "dataflow360_aws"),
    "aws-own-fault": (aws("InternalFailure"), "dataflow360_aws"),
    "aws-not-set-up": (aws("ResourceNotFoundException"), "the DAG aws_setup"),
}
FORBIDDEN = {
    "mysql-password": (mysql(ER.ACCESS_DENIED_ERROR), "dataflow360_mysql"),
    "mysql-database": (mysql(ER.DBACCESS_DENIED_ERROR), "dataflow360_mysql"),
    "mysql-table": (mysql(ER.TABLEACCESS_DENIED_ERROR), "dataflow360_mysql"),
    "mysql-privilege": (mysql(ER.SPECIFIC_ACCESS_DENIED_ERROR), "dataflow360_mysql"),
    "cassandra-password": (
        NoHostAvailable("no", {NODE: AuthenticationFailed("no"), OTHER: AuthenticationFailed("n")}),
        "dataflow360_cassandra",
    ),
    "cassandra-table": (Unauthorized("no right"), "dataflow360_cassandra"),
    "kafka-password": (kafka(KafkaError._AUTHENTICATION), "dataflow360_kafka"),
    "kafka-sasl": (kafka(KafkaError.SASL_AUTHENTICATION_FAILED), "dataflow360_kafka"),
    "kafka-topic": (kafka(KafkaError.TOPIC_AUTHORIZATION_FAILED), "dataflow360_kafka"),
    "kafka-group": (kafka(KafkaError.GROUP_AUTHORIZATION_FAILED), "dataflow360_kafka"),
    "kafka-transaction": (
        kafka(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED), "dataflow360_kafka",
    ),
    "kafka-cluster": (kafka(KafkaError.CLUSTER_AUTHORIZATION_FAILED), "dataflow360_kafka"),
    "redis-password": (redis.AuthenticationError("wrong password"), "dataflow360_redis"),
    "redis-command": (redis.NoPermissionError("no right"), "dataflow360_redis"),
    "aws-key": (aws("UnrecognizedClientException"), "dataflow360_aws"),
    "aws-signature": (aws("SignatureDoesNotMatch"), "dataflow360_aws"),
    "aws-policy": (aws("AccessDeniedException"), "dataflow360_aws"),
}  # fmt: skip


def translated(error: Exception) -> Exception:
    with pytest.raises((FatalError, RetriableError)) as caught, readable_failures():
        raise error
    assert caught.value.__cause__ is error
    return caught.value


def is_one_sentence(text: str) -> bool:
    return text[0].isupper() and text.endswith(".") and "\n" not in text and ". " not in text


@pytest.mark.parametrize(("error", "named"), RETRIABLE.values(), ids=RETRIABLE)
def test_a_server_that_is_away_or_busy_is_tried_again(error, named):
    found = translated(error)
    assert type(found) is RetriableError
    assert named in str(found)
    assert is_one_sentence(str(found))
    assert "this task tries again" in str(found)


@pytest.mark.parametrize(("error", "named"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_server_that_refuses_the_user_is_not(error, named):
    found = translated(error)
    assert type(found) is FatalError
    assert f"the user of connection {named}" in str(found)
    assert is_one_sentence(str(found))
    assert "mend its password or" in str(found)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (mysql(CR.SERVER_LOST, "Lost connection"), "Lost connection"),
        (NoHostAvailable("no", {NODE: OSError("Connection refused")}), "Connection refused"),
        (kafka(KafkaError._TRANSPORT, "broker 1 is down"), "broker 1 is down"),
    ],
    ids=["mysql", "cassandra", "kafka"],
)
def test_the_servers_own_words_are_kept(error, words):
    assert words in str(translated(error))


def test_what_the_real_client_raises_is_understood(tmp_path):
    with pytest.raises(RetriableError, match=r"MySQL .* does not answer"), readable_failures():
        MySQLdb.connect(host="localhost", unix_socket=str(tmp_path / "no.sock"))


@pytest.mark.parametrize(
    "error",
    [
        mysql(ER.PARSE_ERROR),
        MySQLdb.ProgrammingError(ER.NO_SUCH_TABLE, "no such table"),
        MySQLdb.IntegrityError(ER.DUP_ENTRY, "double"),
        FatalError("drift."),
        RetriableError("later."),
        SkippableError("nothing."),
        ValueError("a bug"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_passes_as_it_is(error):
    with pytest.raises(type(error)) as caught, readable_failures():
        raise error
    assert caught.value is error


def test_what_works_works():
    with readable_failures():
        done = True
    assert done


@pytest.mark.parametrize("code", ["ValidationException", "InvalidParameterValueException"])
def test_a_request_that_aws_takes_for_wrong_is_not_tried_again(code):
    found = translated(aws(code, "ShardCount must be positive"))
    assert type(found) is FatalError
    assert "ShardCount must be positive" in str(found)
    assert is_one_sentence(str(found))


ADMINISTRATORS = {
    "mysql": (mysql(CR.CONN_HOST_ERROR), mysql(ER.ACCESS_DENIED_ERROR)),
    "cassandra": (
        NoHostAvailable("no", {NODE: OSError("refused")}),
        NoHostAvailable("no", {NODE: AuthenticationFailed("no")}),
    ),
    "kafka": (kafka(KafkaError._TRANSPORT), kafka(KafkaError._AUTHENTICATION)),
}


@pytest.mark.parametrize("store", ADMINISTRATORS)
def test_an_administrators_connection_is_named_where_it_is_in_use(store):
    away, refused = ADMINISTRATORS[store]
    with pytest.raises(RetriableError) as caught, readable_failures("_admin", "look at it"):
        raise away
    assert f"(connection dataflow360_{store}_admin) does not answer" in str(caught.value)
    assert str(caught.value).endswith("; look at it.")
    with pytest.raises(FatalError) as caught, readable_failures("_admin", "look at it"):
        raise refused
    assert f"the user of connection dataflow360_{store}_admin: " in str(caught.value)
