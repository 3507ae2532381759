"""Turn what the clients of the servers raise into the project's errors, readable in a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import MySQLdb
from botocore.exceptions import BotoCoreError, ClientError
from cassandra import (
    AuthenticationFailed,
    OperationTimedOut,
    Timeout,
    Unauthorized,
    Unavailable,
    UnresolvableContactPoints,
)
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from confluent_kafka import KafkaError, KafkaException
from MySQLdb.constants import CR, ER
from redis import exceptions as redis

from dataflow360.errors import FatalError, RetriableError

#: Errors that MySQL has and MariaDB, whose constants these are, has not: two sessions that wait
#: for each other's named locks, and one that was closed because it was idle.
_MYSQL_ONLY_RETRIABLE = {3058, 4031}
_MYSQL_RETRIABLE = _MYSQL_ONLY_RETRIABLE | {
    CR.CONNECTION_ERROR, CR.CONN_HOST_ERROR, CR.UNKNOWN_HOST, CR.SERVER_HANDSHAKE_ERR,
    CR.SERVER_GONE_ERROR, CR.SERVER_LOST,
    ER.CON_COUNT_ERROR, ER.SERVER_SHUTDOWN, ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK,
}  # fmt: skip
_MYSQL_FORBIDDEN = {
    ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, ER.TABLEACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
}  # fmt: skip
_KAFKA_FENCED = {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH}
_KAFKA_FORBIDDEN = {
    KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}  # fmt: skip

_CASSANDRA_ERRORS = (
    NoHostAvailable, ConnectionException, OperationTimedOut, Timeout, Unavailable, Unauthorized,
    UnresolvableContactPoints,
)  # fmt: skip

_AWS_FORBIDDEN = {
    "AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
    "IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip
_AWS_MISSING = {
    "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException",
}  # fmt: skip
_AWS_WRONG = {
    "InvalidArgumentException", "InvalidParameterValue", "InvalidParameterValueException",
    "ValidationError", "ValidationException",
}  # fmt: skip


_LATER = "this task tries again later"


@contextmanager
def readable_failures(administrator: str = "", next_step: str = _LATER) -> Iterator[None]:
    """Say in one sentence which server failed, why, and what happens next.

    Args:
        administrator: What the names of the connections end in where an administrator's are in
            use.
        next_step: What is done when a server does not answer.

    Raises:
        RetriableError: A server is away, busy or has given the work to another run.
        FatalError: A server refuses the project's user.
    """
    try:
        yield
    except (MySQLdb.OperationalError, MySQLdb.InterfaceError) as error:
        code, cause = _code_and_cause(error)
        if code in _MYSQL_RETRIABLE or isinstance(error, MySQLdb.InterfaceError):
            raise RetriableError(
                f"MySQL (connection dataflow360_mysql{administrator}) does not answer: {cause}; "
                f"{next_step}."
            ) from error
        if code in _MYSQL_FORBIDDEN:
            raise FatalError(
                f"MySQL refuses the user of connection dataflow360_mysql{administrator}: {cause}; "
                "mend its password or grants."
            ) from error
        raise
    except _CASSANDRA_ERRORS as error:
        raise _cassandra_failure(error, administrator, next_step) from error
    except KafkaException as error:
        raise _kafka_failure(error, administrator, next_step) from error
    except (redis.AuthenticationError, redis.NoPermissionError) as error:
        raise FatalError(
            f"Redis refuses the user of connection dataflow360_redis: {error}; "
            "mend its password or access list."
        ) from error
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise RetriableError(
            f"Redis (connection dataflow360_redis) does not answer: {error}; "
            "this task tries again later."
        ) from error
    except (ClientError, BotoCoreError) as error:
        raise _aws_failure(error) from error


def _code_and_cause(error: MySQLdb.Error) -> tuple[int, str]:
    code, *rest = error.args or (0,)
    return int(code), (str(rest[0]) if rest else str(error)).rstrip(".")


def cassandra_causes(error: NoHostAvailable) -> list[Exception]:
    """Why each node could not be used; empty where the driver names the nodes alone."""
    return list(error.errors.values()) if isinstance(error.errors, dict) else []


def _cassandra_failure(
    error: Exception, administrator: str, next_step: str
) -> FatalError | RetriableError:
    causes = cassandra_causes(error) if isinstance(error, NoHostAvailable) else [error]
    cause = "; ".join(sorted({str(each) for each in causes})) or str(error)
    if isinstance(error, UnresolvableContactPoints):  # says nothing itself
        cause = "no address is known for its host"
    if causes and all(isinstance(each, AuthenticationFailed | Unauthorized) for each in causes):
        return FatalError(
            f"Cassandra refuses the user of connection dataflow360_cassandra{administrator}: "
            f"{cause}; "
            "mend its password or grants."
        )
    return RetriableError(
        f"Cassandra (connection dataflow360_cassandra{administrator}) does not answer: {cause}; "
        f"{next_step}."
    )


def _kafka_failure(
    error: KafkaException, administrator: str, next_step: str
) -> FatalError | RetriableError:
    cause = error.args[0]
    if cause.code() in _KAFKA_FENCED:
        return RetriableError(
            "Another run of the same batch has taken over its publication; "
            "this task tries again and finds what that one has done."
        )
    if cause.code() in _KAFKA_FORBIDDEN:
        return FatalError(
            f"Kafka refuses the user of connection dataflow360_kafka{administrator}: "
            f"{cause.str()}; "
            "mend its password or access rights."
        )
    return RetriableError(
        f"Kafka (connection dataflow360_kafka{administrator}) does not answer: {cause.str()}; "
        f"{next_step}."
    )


def _aws_failure(error: ClientError | BotoCoreError) -> FatalError | RetriableError:
    if not isinstance(error, ClientError):
        return RetriableError(
            f"AWS (connection dataflow360_aws) does not answer: {error}; "
            "this task tries again later."
        )
    code = error.response["Error"]["Code"]
    if code in _AWS_FORBIDDEN:
        return FatalError(
            f"AWS refuses the user of connection dataflow360_aws: {error}; "
            "mend its password or its policies."
        )
    if code in _AWS_WRONG:
        return FatalError(
            f"AWS takes this request for wrong: {error}; mend the params or the code."
        )
    if code in _AWS_MISSING:
        return RetriableError(
            f"Something on AWS is missing: {error}; the DAG aws_setup makes it, and this task "
            "tries again later."
        )
    return RetriableError(
        f"AWS (connection dataflow360_aws) has failed: {error}; this task tries again later."
    )
