"""Apache Kafka: three nodes, each broker and controller, with passwords and access lists."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from confluent_kafka.admin import AdminClient

from stack.commands import run
from stack.environment import HOST, kafka_client_options, supervisor_environment
from stack.errors import StackError
from stack.files import write_private
from stack.java import classpath, common_options, find_java
from stack.programs import Program, Service
from stack.provisioning import USER, Provisioning
from stack.settings import Settings

NODES = (1, 2, 3)
"""The ids of the nodes."""

REPLICATION_FACTOR = 3

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


def service(settings: Settings, provisioning: Provisioning) -> Service:
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
        initialise=lambda: provisioning.kafka(_admin(settings), REPLICATION_FACTOR),
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
            (USER, "KAFKA"),
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
    """The properties of Kafka's command line tools, as the project's user."""
    password = settings.secret("KAFKA")
    return f"""security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config={_LOGIN_MODULE} required username="{USER}" password="{password}";
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
