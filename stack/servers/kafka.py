"""Apache Kafka: three nodes, each broker and controller, with passwords and access lists."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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

from stack.commands import run
from stack.contracts import Contracts, Topic
from stack.environment import HOST, kafka_client_options, supervisor_environment
from stack.errors import StackError
from stack.files import write_private
from stack.java import classpath, common_options, find_java
from stack.programs import Program, Service
from stack.settings import Settings

NODES = (1, 2, 3)
"""The ids of the nodes."""

REPLICATION_FACTOR = 3

_ATTEMPTS = 5
_LOGIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
_LOG4J2 = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="warn">
  <Appenders>
    <Console name="STDOUT">
      <PatternLayout pattern="%d{ISO8601} %-5p %m (%c{1})%n"/>
    </Console>
  </Appenders>
  <Loggers>
    <Root level="info">
      <AppenderRef ref="STDOUT"/>
    </Root>
    <Logger name="kafka.authorizer.logger" level="warn"/>
    <Logger name="kafka.server.KafkaConfig" level="warn"/>
    <Logger name="org.apache.kafka.clients" level="warn"/>
    <Logger name="org.apache.kafka.common.config" level="warn"/>
    <Logger name="org.apache.kafka.coordinator" level="warn"/>
    <Logger name="state.change.logger" level="warn"/>
  </Loggers>
</Configuration>
"""
# The command line tools report failures only; an idle consumer's end by timeout is none.
_TOOLS_LOG4J2 = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="warn">
  <Appenders>
    <Console name="STDERR" target="SYSTEM_ERR">
      <PatternLayout alwaysWriteExceptions="false"
          pattern="%replace{%m %ex{1}%n}{(?s).*TimeoutException.*}{}"/>
    </Console>
  </Appenders>
  <Loggers>
    <Root level="error">
      <AppenderRef ref="STDERR"/>
    </Root>
  </Loggers>
</Configuration>
"""


def service(settings: Settings, contracts: Contracts) -> Service:
    """The three nodes."""
    home = _home(settings)
    programs = tuple(
        Program(
            name=f"kafka-{node}",
            command=(
                *_java(settings, "log4j2.xml", "-Xms128M", "-Xmx384M"),
                "kafka.Kafka",
                str(home / f"node-{node}.properties"),
            ),
            directory=home,
            ports=(f"KAFKA_{node}", f"KAFKA_CONTROLLER_{node}"),
        )
        for node in NODES
    )
    return Service(
        name="kafka",
        programs=programs,
        prepare=lambda: _prepare(settings),
        probe=lambda: _probe(settings),
        initialise=lambda: _initialise(settings, contracts.topics()),
    )


def configuration(settings: Settings, node: int) -> str:
    """A node's properties."""
    clients = f"{HOST}:{settings.port(f'KAFKA_{node}')}"
    voters = ",".join(f"{n}@{HOST}:{settings.port(f'KAFKA_CONTROLLER_{n}')}" for n in NODES)
    broker = f'username="broker" password="{settings.secret("KAFKA_BROKER")}"'
    users = " ".join(
        f'user_{name}="{settings.secret(secret)}"'
        for name, secret in (
            ("broker", "KAFKA_BROKER"),
            ("admin", "KAFKA_ADMIN"),
            ("dataflow360", "KAFKA"),
        )
    )
    only_broker = f'user_broker="{settings.secret("KAFKA_BROKER")}"'
    return f"""node.id={node}
process.roles=broker,controller
controller.quorum.voters={voters}
log.dirs={_home(settings) / f"data-{node}"}

listeners=CLIENT://{clients},CONTROLLER://{HOST}:{settings.port(f"KAFKA_CONTROLLER_{node}")}
advertised.listeners=CLIENT://{clients}
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.client.plain.sasl.jaas.config={_LOGIN_MODULE} required {broker} {users};
listener.name.controller.plain.sasl.jaas.config={_LOGIN_MODULE} required {broker} {only_broker};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:admin

auto.create.topics.enable=false
default.replication.factor={REPLICATION_FACTOR}
min.insync.replicas=2
offsets.topic.replication.factor={REPLICATION_FACTOR}
offsets.topic.num.partitions=6
transaction.state.log.replication.factor={REPLICATION_FACTOR}
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=6
share.coordinator.state.topic.replication.factor={REPLICATION_FACTOR}
share.coordinator.state.topic.min.isr=2
share.coordinator.state.topic.num.partitions=3
group.initial.rebalance.delay.ms=0
"""


def client_configuration(settings: Settings) -> str:
    """The properties of Kafka's command line tools, as the user dataflow360."""
    password = settings.secret("KAFKA")
    return f"""security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config={_LOGIN_MODULE} required username="dataflow360" password="{password}";
isolation.level=read_committed
enable.auto.commit=false
auto.offset.reset=earliest
"""


def client_file(settings: Settings) -> Path:
    """Where the properties of the command line tools are."""
    return _home(settings) / "client.properties"


def tool(settings: Settings, main_class: str) -> tuple[str, ...]:
    """The start of a command that runs one of Kafka's own tools."""
    return (
        *_java(settings, "tools-log4j2.xml", "-Xmx256M"),
        main_class,
    )


def access_list(topics: tuple[Topic, ...]) -> list[AclBinding]:
    """What the user dataflow360 may do: use the project's topics, transactions and groups."""
    topic, group, transaction = (
        ResourceType.TOPIC,
        ResourceType.GROUP,
        ResourceType.TRANSACTIONAL_ID,
    )
    literal, prefixed = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED
    read, write, describe = AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE
    rules = [
        *((topic, declared.name, literal, (read, write, describe)) for declared in topics),
        (group, "dataflow360.", prefixed, (read, describe, AclOperation.DELETE)),
        (transaction, "dataflow360.", prefixed, (write, describe)),
    ]
    return [
        AclBinding(kind, name, pattern, "User:dataflow360", "*", operation, AclPermissionType.ALLOW)
        for kind, name, pattern, operations in rules
        for operation in operations
    ]


def _home(settings: Settings) -> Path:
    return settings.profile.state / "kafka"


def _java(settings: Settings, logging: str, *options: str) -> tuple[str, ...]:
    return (
        find_java(),
        *options,
        "-XX:+UseG1GC",
        *common_options(settings.profile),
        f"-Dlog4j2.configurationFile={_home(settings) / logging}",
        "-cp",
        classpath(settings.profile.lib / "kafka"),
    )


def _prepare(settings: Settings) -> None:
    home = _home(settings)
    write_private(home / "log4j2.xml", _LOG4J2)
    write_private(home / "tools-log4j2.xml", _TOOLS_LOG4J2)
    write_private(client_file(settings), client_configuration(settings))
    for node in NODES:
        write_private(home / f"node-{node}.properties", configuration(settings, node))
    new = [node for node in NODES if not (home / f"data-{node}" / "meta.properties").exists()]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: _format(settings, node), new))


def _format(settings: Settings, node: int) -> None:
    run(
        [
            *tool(settings, "kafka.tools.StorageTool"),
            "format",
            f"--cluster-id={settings.secret('KAFKA_CLUSTER_ID')}",
            f"--config={_home(settings) / f'node-{node}.properties'}",
        ],
        env=supervisor_environment(settings.profile),
        log=settings.profile.logs / "kafka-format.log",
        what=f"formatting the storage of Kafka node {node}",
    )


def _admin(settings: Settings) -> AdminClient:
    return AdminClient(
        {
            "bootstrap.servers": ",".join(f"{HOST}:{port}" for port in settings.kafka_ports),
            "log_level": 0,
            "socket.connection.setup.timeout.ms": 5000,
            **kafka_client_options("admin", settings.secret("KAFKA_ADMIN")),
        }
    )


def _probe(settings: Settings) -> None:
    brokers = _admin(settings).list_topics(timeout=5).brokers
    if len(brokers) < len(NODES):
        raise StackError(f"Kafka has {len(brokers)} of {len(NODES)} brokers")


def _initialise(settings: Settings, topics: tuple[Topic, ...]) -> None:
    """Create topics and access lists; again if a node that is still settling cuts us off."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _create(settings, topics)
        except KafkaException as error:
            if error.args[0].code() >= 0:  # the brokers' own refusal, not the network's
                raise
            time.sleep(1)
    return _create(settings, topics)


def _create(settings: Settings, topics: tuple[Topic, ...]) -> None:
    admin = _admin(settings)
    created = admin.create_topics(
        [
            NewTopic(
                topic.name,
                num_partitions=topic.partitions,
                replication_factor=REPLICATION_FACTOR,
                config=dict(topic.config),
            )
            for topic in topics
        ],
        operation_timeout=30,
    )
    for future in created.values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    for future in admin.create_acls(access_list(topics)).values():
        future.result()
