"""Apache Cassandra, one node."""

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import WhiteListRoundRobinPolicy

from stack.environment import HOST
from stack.errors import StackError
from stack.files import write_private
from stack.java import classpath, common_options, find_java
from stack.programs import Program, Service
from stack.provisioning import USER, Provisioning
from stack.settings import Settings

_EXPORTS = (
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/java.lang.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "jdk.unsupported/sun.misc",
)
_OPENS = (
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.math",
    "java.base/java.net",
    "java.base/java.io",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.management/com.sun.management.internal",
)

# A frame of CQL's binary protocol: version, flags, stream, opcode, length of the body.
_FRAME = struct.Struct(">BBHBI")
_CQL_VERSION = 4
_OPTIONS = 5
_SUPPORTED = 6
_LOGBACK = """<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder>
      <pattern>%date{ISO8601} %-5level [%thread] %logger{0} - %msg%n</pattern>
    </encoder>
  </appender>
  <root level="INFO">
    <appender-ref ref="STDOUT"/>
  </root>
</configuration>
"""


def service(settings: Settings, provisioning: Provisioning) -> Service:
    """Cassandra on the loopback interface, with passwords and permissions."""
    program = Program(
        name="cassandra",
        command=_command(settings),
        directory=_home(settings),
        ports=("CASSANDRA", "CASSANDRA_STORAGE"),
        stop_seconds=30,
    )
    return Service(
        name="cassandra",
        programs=(program,),
        prepare=lambda: _prepare(settings),
        probe=lambda: _probe(settings),
        initialise=lambda: _initialise(settings, provisioning),
    )


def configuration(settings: Settings) -> str:
    """The server's ``cassandra.yaml``, as JSON, which YAML includes."""
    home = _home(settings)
    values = {
        "cluster_name": f"dataflow360-{settings.profile.name}",
        "num_tokens": 16,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "data_file_directories": [str(home / "data")],
        "commitlog_directory": str(home / "commitlog"),
        "saved_caches_directory": str(home / "saved_caches"),
        "hints_directory": str(home / "hints"),
        "cdc_raw_directory": str(home / "cdc_raw"),
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "10000ms",
        "commitlog_total_space": "1024MiB",
        "authenticator": "PasswordAuthenticator",
        "authorizer": "CassandraAuthorizer",
        "role_manager": "CassandraRoleManager",
        "endpoint_snitch": "SimpleSnitch",
        "seed_provider": [
            {
                "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                "parameters": [{"seeds": f"{HOST}:{settings.port('CASSANDRA_STORAGE')}"}],
            }
        ],
        "listen_address": HOST,
        "rpc_address": HOST,
        "native_transport_port": settings.port("CASSANDRA"),
        "storage_port": settings.port("CASSANDRA_STORAGE"),
        "storage_compatibility_mode": "NONE",
        "sstable": {"selected_format": "bti"},
        "memtable": {
            "configurations": {
                "trie": {"class_name": "TrieMemtable"},
                "default": {"inherits": "trie"},
            }
        },
        "auto_snapshot": False,
        "batch_size_warn_threshold": "64KiB",
        "batch_size_fail_threshold": "640KiB",
        "write_request_timeout": "10s",
        "read_request_timeout": "10s",
        "range_request_timeout": "20s",
    }
    return json.dumps(values, indent=2) + "\n"


def shell_configuration(settings: Settings) -> tuple[str, str]:
    """The files of cqlsh as the role dataflow360: its settings and its credentials."""
    cqlshrc = f"""[connection]
hostname = {HOST}
port = {settings.port("CASSANDRA")}

[auth_provider]
module = cassandra.auth
classname = PlainTextAuthProvider
username = {USER}
"""
    credentials = f"""[PlainTextAuthProvider]
username = {USER}
password = {settings.secret("CASSANDRA")}
"""
    return cqlshrc, credentials


def shell_files(settings: Settings) -> tuple[Path, Path]:
    """Where the files of cqlsh are."""
    return _home(settings) / "cqlshrc", _home(settings) / "credentials"


def _home(settings: Settings) -> Path:
    return settings.profile.state / "cassandra"


def _command(settings: Settings) -> tuple[str, ...]:
    home = _home(settings)
    lib = settings.profile.lib / "cassandra"
    agent = next(iter(sorted(lib.glob("jamm-*.jar"))), lib / "jamm.jar")
    return (
        find_java(),
        "-Xms512M",
        "-Xmx512M",
        "-Xss512k",
        "-XX:+UseG1GC",
        *common_options(settings.profile),
        "-Djdk.attach.allowAttachSelf=true",
        f"-javaagent:{agent}",
        f"-Dlogback.configurationFile={home / 'logback.xml'}",
        f"-Dcassandra.storagedir={home}",
        f"-Dcassandra.config={(home / 'cassandra.yaml').as_uri()}",
        "-Dcassandra.ring_delay_ms=1",
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        "-Dcassandra.superuser_setup_delay_ms=0",
        # Each new connection is checked against a hash, by default for a tenth of a second; who
        # would guess random passwords is not held up by that.
        "-Dcassandra.auth_bcrypt_gensalt_log2_rounds=4",
        "-Dcassandra-foreground=yes",
        *(word for name in _EXPORTS for word in ("--add-exports", f"{name}=ALL-UNNAMED")),
        *(word for name in _OPENS for word in ("--add-opens", f"{name}=ALL-UNNAMED")),
        "-cp",
        classpath(lib),
        "org.apache.cassandra.service.CassandraDaemon",
    )


def _prepare(settings: Settings) -> None:
    home = _home(settings)
    write_private(home / "cassandra.yaml", configuration(settings))
    write_private(home / "logback.xml", _LOGBACK)
    for path, text in zip(shell_files(settings), shell_configuration(settings), strict=True):
        write_private(path, text)


def _probe(settings: Settings) -> None:
    """Ask for the options of CQL's protocol, which any client may, and expect an answer."""
    with socket.create_connection((HOST, settings.port("CASSANDRA")), timeout=5) as connection:
        connection.sendall(_FRAME.pack(_CQL_VERSION, 0, 0, _OPTIONS, 0))
        header = connection.recv(_FRAME.size, socket.MSG_WAITALL)
    if len(header) < _FRAME.size or _FRAME.unpack(header)[3] != _SUPPORTED:
        raise StackError(f"Cassandra answered {header!r} to CQL's OPTIONS")


def _initialise(settings: Settings, provisioning: Provisioning) -> None:
    provisioning.cassandra(
        lambda role, password: _session(settings, role, password),
        settings.secret("CASSANDRA_ADMIN"),
        settings.secret("CASSANDRA"),
    )


@contextmanager
def _session(settings: Settings, role: str, password: str) -> Iterator[Session]:
    profile = ExecutionProfile(
        load_balancing_policy=WhiteListRoundRobinPolicy([HOST]), request_timeout=60
    )
    with Cluster(
        [HOST],
        port=settings.port("CASSANDRA"),
        auth_provider=PlainTextAuthProvider(role, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=5,
    ) as cluster:
        yield cluster.connect()
