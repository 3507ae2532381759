"""What the project's user may do on Kafka."""

from confluent_kafka.admin import AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from dataflow360.provision import kafka
from dataflow360.records.topics import TOPICS
from dataflow360.streams.kafka import _CONSUMER

RULES = kafka.access_list("writer")


def allowed(kind: ResourceType) -> dict[str, set[AclOperation]]:
    by_name: dict[str, set[AclOperation]] = {}
    for rule in RULES:
        if rule.restype is kind:
            by_name.setdefault(rule.name, set()).add(rule.operation)
    return by_name


def test_every_rule_allows_the_user_and_nobody_else():
    assert {rule.principal for rule in RULES} == {"User:writer"}
    assert {rule.permission_type for rule in RULES} == {AclPermissionType.ALLOW}


def test_the_user_reads_and_writes_the_projects_topics_by_their_whole_names():
    use = {AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE}
    assert allowed(ResourceType.TOPIC) == {topic.name: use for topic in TOPICS}
    patterns = {r.resource_pattern_type for r in RULES if r.restype is ResourceType.TOPIC}
    assert patterns == {ResourcePatternType.LITERAL}


def test_groups_and_transactions_are_the_projects_own():
    assert allowed(ResourceType.GROUP) == {
        "dataflow360.": {AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DELETE}
    }
    assert allowed(ResourceType.TRANSACTIONAL_ID) == {
        "dataflow360.": {AclOperation.WRITE, AclOperation.DESCRIBE}
    }
    assert _CONSUMER["group.id"].startswith("dataflow360.")


def test_nothing_else_is_allowed():
    assert {rule.restype for rule in RULES} == {
        ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID,
    }  # fmt: skip
    assert all(rule.name != "*" for rule in RULES)
