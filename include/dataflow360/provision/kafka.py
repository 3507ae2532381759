"""What is made on Kafka: the topics, and the rights of the user that reads and writes them.

Users themselves are the brokers' own settings.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_fixed

from dataflow360.errors import FatalError
from dataflow360.records.topics import ID_PREFIX, TOPICS

_ATTEMPTS = 5
_PAUSE_SECONDS = 1
_OPERATION_SECONDS = 30
#: What another attempt does not change.
_REFUSALS = {
    KafkaError.INVALID_CONFIG,
    KafkaError.INVALID_REPLICATION_FACTOR,
    KafkaError.POLICY_VIOLATION,
    KafkaError.SECURITY_DISABLED,
}


def access_list(user: str) -> list[AclBinding]:
    """What a user may do: use the project's topics, transactions and groups, and nothing else."""
    topic, group, transaction = (
        ResourceType.TOPIC,
        ResourceType.GROUP,
        ResourceType.TRANSACTIONAL_ID,
    )
    literal, prefixed = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED
    read, write, describe = AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE
    rules = [
        *((topic, declared.name, literal, (read, write, describe)) for declared in TOPICS),
        (group, ID_PREFIX, prefixed, (read, describe, AclOperation.DELETE)),
        (transaction, ID_PREFIX, prefixed, (write, describe)),
    ]
    return [
        AclBinding(kind, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
        for kind, name, pattern, operations in rules
        for operation in operations
    ]


def _is_cut_off(error: BaseException) -> bool:
    """Whether the network has failed, and not a broker refused."""
    return isinstance(error, KafkaException) and error.args[0].code() < 0


@retry(
    retry=retry_if_exception(_is_cut_off),
    stop=stop_after_attempt(_ATTEMPTS),
    wait=wait_fixed(_PAUSE_SECONDS),
    reraise=True,
)
def provision(admin: AdminClient, user: str, replication_factor: int) -> None:
    """Make the topics that are missing, and add what is missing of a user's rights.

    It is done again if a node that is still settling cuts the connection. Topics that are there
    stay as they are.

    Args:
        admin: Client of a user that may create topics and access lists.
        user: The user, one that the brokers know.
        replication_factor: On how many brokers each partition is kept.

    Raises:
        FatalError: The brokers do not make a topic, or have no access lists.
        KafkaException: They do not answer, or refuse the administrator.
    """
    _create_topics(admin, replication_factor)
    for rule, future in admin.create_acls(access_list(user)).items():
        _settle(future, f"Kafka does not take the access rule for {rule.name}", "the brokers")


def _create_topics(admin: AdminClient, replication_factor: int) -> None:
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=replication_factor,
            config=dict(topic.config),
        )
        for topic in TOPICS
    ]
    for name, future in admin.create_topics(wanted, operation_timeout=_OPERATION_SECONDS).items():
        _settle(
            future,
            f"Kafka does not make the topic {name} with replication factor {replication_factor}",
            "the factor or the brokers",
            KafkaError.TOPIC_ALREADY_EXISTS,
        )


def _settle(future: Future[Any], failure: str, to_mend: str, *accepted: int) -> None:
    try:
        future.result()
    except KafkaException as error:
        cause = error.args[0]
        if cause.code() in _REFUSALS:
            raise FatalError(f"{failure}: {cause.str()}; mend {to_mend}.") from error
        if cause.code() not in accepted:
            raise
