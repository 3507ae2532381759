"""The stores' own command line clients, signed in without a password on the command line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.commands import find
from stack.environment import (
    AWS_KEY,
    HOST,
    aws_url,
    inherited_environment,
    project_environment,
    search_path,
)
from stack.errors import StackError
from stack.servers import cassandra, kafka, localstack, mysql
from stack.settings import Settings

_KAFKA_IDLE_MS = 5_000
_DEBIANS_AWS = "/usr/bin/aws"


@dataclass(frozen=True)
class Client:
    """A command, and what it needs in its environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def kafka_client(settings: Settings, arguments: Sequence[str]) -> Client:
    """Kafka's console consumer: a topic's committed messages from the first one, until idle."""
    if not arguments:
        raise StackError("name a topic: make kafka TOPIC=vols_synthetiques")
    topic, *rest = arguments
    options = {
        "--bootstrap-server": ",".join(f"{HOST}:{port}" for port in settings.kafka_ports),
        "--command-config": str(kafka.client_file(settings)),
        "--topic": topic,
        "--group": f"dataflow360.console-{os.getpid()}",
        "--timeout-ms": str(_KAFKA_IDLE_MS),
    }
    formats = ("print.partition=true", "print.offset=true", "print.key=true", "print.headers=true")
    return Client(
        kafka.tool(settings, "org.apache.kafka.tools.consumer.ConsoleConsumer")
        + tuple(word for option in options.items() for word in option)
        + tuple(word for option in formats for word in ("--formatter-property", option))
        + ("--from-beginning", *rest),
        {},
    )


def mysql_client(settings: Settings, arguments: Sequence[str]) -> Client:
    """MariaDB's client, as the user dataflow360."""
    return Client(
        (
            find("mariadb", "mariadb-client-core"),
            f"--defaults-file={mysql.client_file(settings)}",
            *arguments,
        ),
        {},
    )


def cqlsh_client(settings: Settings, arguments: Sequence[str]) -> Client:
    """Cassandra's shell, as the role dataflow360."""
    cqlshrc, credentials = cassandra.shell_files(settings)
    return Client(
        (
            str(Path(sys.executable).with_name("cqlsh")),
            f"--cqlshrc={cqlshrc}",
            f"--credentials={credentials}",
            *arguments,
        ),
        {},
    )


def redis_client(settings: Settings, arguments: Sequence[str]) -> Client:
    """Redis's client, as the user dataflow360."""
    return Client(
        (
            find("redis-cli", "redis-tools"),
            *("-h", HOST, "-p", str(settings.port("REDIS")), "--user", "dataflow360"),
            *arguments,
        ),
        {"REDISCLI_AUTH": settings.secret("REDIS")},
    )


def airflow_client(settings: Settings, arguments: Sequence[str]) -> Client:
    """Airflow's command line, in the environment of the running Airflow."""
    return Client(
        (str(Path(sys.executable).with_name("airflow")), *arguments),
        project_environment(settings),
    )


def aws_client(settings: Settings, arguments: Sequence[str]) -> Client:
    """The aws command line client, before LocalStack and nothing else."""
    return Client(
        (_find_aws(), "--endpoint-url", aws_url(settings), *arguments),
        {
            "AWS_ACCESS_KEY_ID": AWS_KEY,
            "AWS_SECRET_ACCESS_KEY": AWS_KEY,
            "AWS_CONFIG_FILE": str(localstack.client_file(settings)),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        },
    )


CLIENTS: Mapping[str, Callable[[Settings, Sequence[str]], Client]] = {
    "kafka": kafka_client,
    "mysql": mysql_client,
    "cqlsh": cqlsh_client,
    "redis-cli": redis_client,
    "airflow": airflow_client,
    "aws": aws_client,
}
"""The clients by name."""


def _find_aws() -> str:
    """The aws client in its second version, which alone can follow a log."""
    for program in (shutil.which("aws", path=search_path()), _DEBIANS_AWS):
        if program is not None and Path(program).exists():
            shown = subprocess.run([program, "--version"], capture_output=True, check=False)
            if shown.stdout.startswith(b"aws-cli/2"):
                return program
    raise StackError(
        "the aws client 2 is missing: install awscli, or run 'make up', which does it on Debian"
    )


def become(client: Client) -> None:
    """Replace this process by a client."""
    environment = {**inherited_environment(), **client.environment}
    program = client.command[0]
    try:
        os.execvpe(program, client.command, environment)  # noqa: S606  # no shell is meant
    except FileNotFoundError:
        raise StackError(f"there is no program '{program}'") from None
