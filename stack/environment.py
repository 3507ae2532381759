"""The process environment that follows from a profile's settings."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from stack.profiles import Profile
from stack.settings import PORT_PREFIX, SECRET_PREFIX, Settings
from stack.sources import API_KEYS, LIVE_SITES, source_connections

HOST = "127.0.0.1"
AWS_ACCOUNT = "000000000000"
AWS_REGION = "us-east-1"
AWS_KEY = "test"
"""Access key and secret of LocalStack, which asks for some and takes any."""
SUPERVISED_BY = "STACK_SUPERVISED_BY"
"""Variable that marks every process below a profile's supervisor, its value the state directory."""

# What Airflow and its dependencies remark about each other at every start.
_IGNORED_WARNINGS = ("Using `httpx` with", "This process (pid=", "Could not import graphviz")

_INHERITED = (
    "HOME",
    "JAVA_HOME",
    "LOGNAME",
    "MAVEN_OPTS",
    "USER",
    "NO_PROXY",
    "no_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
)


def supervisor_environment(profile: Profile) -> dict[str, str]:
    """What the supervisor and the servers get: nothing of the user's shell but the basics."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **kept,
        "PATH": search_path(),
        "LANG": "C.UTF-8",
        # A browser and others keep files in the user's folder, unless they are told where.
        "TMPDIR": str(profile.temporary),
        "XDG_CACHE_HOME": str(profile.temporary / "cache"),
        "XDG_CONFIG_HOME": str(profile.temporary / "config"),
        "SPT_NOENV": "1",  # or Airflow's process titles would overwrite the mark that follows
        SUPERVISED_BY: str(profile.state),
    }


def search_path() -> str:
    """PATH with the project's programs first and the system's servers last."""
    inherited = os.environ.get("PATH", os.defpath)
    return os.pathsep.join([str(Path(sys.executable).parent), inherited, "/usr/sbin", "/sbin"])


def project_environment(settings: Settings) -> dict[str, str]:
    """Everything the library, the DAGs and Airflow read; what the user set in the env file wins.

    The stack's ports and secrets are not among it: the project sees them as connections only.
    """
    root = settings.profile.root
    derived = {
        "PATH": search_path(),
        "PYTHONPATH": os.pathsep.join(map(str, (root / "config", root))),
        **airflow_options(settings),
        **{
            f"AIRFLOW_CONN_{name}": json.dumps(connection)
            for name, connection in connections(settings).items()
        },
    }
    paths = {name: settings.path(name) for name in ("DATAFLOW360_LANDING", "DATAFLOW360_INBOX")}
    sites = {LIVE_SITES: ",".join(settings.live_sites)}
    return {**derived, **settings.own, **paths, **sites}


def inherited_environment() -> dict[str, str]:
    """The caller's environment without what belongs to others: an Airflow, a profile, AWS."""
    foreign = ("AIRFLOW_", "AIRFLOW__", "AWS_", PORT_PREFIX, SECRET_PREFIX, *API_KEYS)
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def connections(settings: Settings) -> dict[str, Mapping[str, object]]:
    """The Airflow connections to this profile's servers, by the end of their variable's name."""
    bootstrap = ",".join(f"{HOST}:{port}" for port in settings.kafka_ports)
    return {
        "DATAFLOW360_MYSQL": {
            "conn_type": "mysql",
            "host": HOST,
            "port": settings.port("MYSQL"),
            "login": "dataflow360",
            "password": settings.secret("MYSQL"),
            "extra": {"charset": "utf8mb4", "local_infile": True},
        },
        "DATAFLOW360_CASSANDRA": {
            "conn_type": "cassandra",
            "host": HOST,
            "port": settings.port("CASSANDRA"),
            "login": "dataflow360",
            "password": settings.secret("CASSANDRA"),
            "schema": "aerien",
            "extra": {"load_balancing_policy": "TokenAwarePolicy", "protocol_version": 5},
        },
        "DATAFLOW360_REDIS": {
            "conn_type": "redis",
            "host": HOST,
            "port": settings.port("REDIS"),
            "login": "dataflow360",
            "password": settings.secret("REDIS"),
            "extra": {"db": 0},
        },
        "DATAFLOW360_KAFKA": {
            "conn_type": "kafka",
            "extra": {
                "bootstrap.servers": bootstrap,
                **kafka_client_options("dataflow360", settings.secret("KAFKA")),
            },
        },
        "DATAFLOW360_AWS": {
            "conn_type": "aws",
            "login": AWS_KEY,
            "password": AWS_KEY,
            "extra": {"region_name": AWS_REGION, "endpoint_url": aws_url(settings)},
        },
        **source_connections(settings.values, simulator_url(settings)),
    }


def kafka_client_options(user: str, password: str) -> dict[str, str]:
    """How a client signs in to Kafka."""
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": user,
        "sasl.password": password,
    }


def airflow_options(settings: Settings) -> dict[str, str]:
    """Airflow's configuration for this profile."""
    profile = settings.profile
    home = profile.state / "airflow"
    base_url = airflow_url(settings)
    database = (
        f"postgresql+psycopg2://airflow:{settings.secret('AIRFLOW_DB')}"
        f"@{HOST}:{settings.port('POSTGRES')}/airflow"
    )
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(profile.root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(profile.root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__FERNET_KEY": settings.secret("AIRFLOW_FERNET_KEY"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,operateur:op,lecteur:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base_url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(settings.port("AIRFLOW")),
        "AIRFLOW__API__BASE_URL": base_url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": settings.secret("AIRFLOW_API_KEY"),
        "AIRFLOW__API_AUTH__JWT_SECRET": settings.secret("AIRFLOW_JWT"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
        # A file that is changed or new is seen within the sum of these two; parsing again and
        # again costs a processor that the runs could use. Tests change no DAG file.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": (
            "30" if profile.name == "demo" else "300"
        ),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "PYTHONFAULTHANDLER": "1",  # a crash of a client in C says in the log where it was
        "PYTHONWARNINGS": ",".join(f"ignore:{start}" for start in _IGNORED_WARNINGS),
    }


def airflow_url(settings: Settings) -> str:
    """The address of Airflow's UI."""
    return f"http://{HOST}:{settings.port('AIRFLOW')}"


def aws_url(settings: Settings) -> str:
    """The address of LocalStack."""
    return f"http://{HOST}:{settings.port('LOCALSTACK')}"


def simulator_url(settings: Settings) -> str:
    """The address of the source simulator."""
    return f"http://{HOST}:{settings.port('SIMULATOR')}"
