"""LocalStack, the AWS APIs, and what is behind it: DynamoDB Local and kinesis-mock.

The two are servers of their own, so that tables and streams outlive LocalStack, which itself
forgets functions, mappings, queues, roles and logs when it ends; ``aws_setup`` brings them back.
"""

import json
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from stack.environment import AWS_ACCOUNT, AWS_REGION, HOST, aws_url
from stack.errors import StackError
from stack.files import write_private
from stack.java import common_options
from stack.node import find_node
from stack.profiles import ROOT, Profile
from stack.programs import Program, Service
from stack.settings import Settings

APIS = (
    "cloudwatch",
    "dynamodb",
    "iam",
    "kinesis",
    "lambda",
    "logs",
    "s3",
    "sqs",
    "sts",
)
"""The AWS APIs that LocalStack serves here."""


def services(settings: Settings) -> tuple[Service, Service, Service]:
    """DynamoDB Local, kinesis-mock and LocalStack, each on the loopback interface."""
    return _dynamodb(settings), _kinesis(settings), _localstack(settings)


def environment_directory(profile: Profile) -> Path:
    """The Python environment that LocalStack is installed in."""
    return profile.lib / "localstack"


def client_configuration() -> str:
    """The configuration of the aws command line client.

    Data on the command line is taken as it stands, as the client's first version did, and output
    is not paged.
    """
    return f"""[default]
region = {AWS_REGION}
output = json
cli_binary_format = raw-in-base64-out
cli_pager =
"""


def client_file(settings: Settings) -> Path:
    """Where the client's configuration is."""
    return _home(settings) / "aws.conf"


def localstack_environment(settings: Settings) -> dict[str, str]:
    """LocalStack's own settings; it gets nothing of the project's."""
    home = _home(settings)
    return {
        "PYTHONPATH": f"{_plugins(settings)}:{ROOT}",
        "OVERRIDE_IN_DOCKER": "0",  # or in a container it would write to /usr/lib and /var/lib
        "FILESYSTEM_ROOT": str(home / "files"),
        "GATEWAY_LISTEN": f"{HOST}:{settings.port('LOCALSTACK')}",
        "LOCALSTACK_HOST": f"{HOST}:{settings.port('LOCALSTACK')}",
        "SQS_ENDPOINT_STRATEGY": "path",
        "DNS_ADDRESS": "0",  # no DNS server
        "SERVICES": ",".join(APIS),
        "EAGER_SERVICE_LOADING": "1",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        # LocalStack takes one batch of one shard with each poll, the real service goes on at once
        # while there is more: once a second would be a batch a second.
        "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.25",
        "PROVIDER_OVERRIDE_DYNAMODB": "stack",
        "PROVIDER_OVERRIDE_KINESIS": "stack",
        "PROVIDER_OVERRIDE_S3": "stack",
        "STACK_DYNAMODB_URL": _url(settings, "DYNAMODB"),
        "STACK_KINESIS_URL": _url(settings, "KINESIS"),
        # Nothing is fetched, and nothing is told to anyone.
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
    }


def kinesis_environment(settings: Settings) -> dict[str, str]:
    """The settings of kinesis-mock: records are written to a file each second and read at start."""
    home = _home(settings)
    return {
        "KINESIS_MOCK_PLAIN_PORT": str(settings.port("KINESIS")),
        "KINESIS_MOCK_TLS_PORT": str(settings.port("KINESIS_TLS")),
        "KINESIS_MOCK_CERT_PATH": str(_kinesis_package(settings) / "server.json"),
        "AWS_ACCOUNT_ID": AWS_ACCOUNT,
        "AWS_REGION": AWS_REGION,
        "SHOULD_PERSIST_DATA": "true",
        "PERSIST_PATH": str(home / "kinesis"),
        "PERSIST_INTERVAL": "1s",
        "LOG_LEVEL": "WARN",
    }


def _dynamodb(settings: Settings) -> Service:
    home = _home(settings)
    tables = home / "dynamodb"
    program = Program(
        name="dynamodb",
        command=(
            *(_python(settings), "-m", "stack.localstack.dynamodb_local"),
            *(str(settings.profile.lib / "dynamodb"), str(settings.port("DYNAMODB")), str(tables)),
            *("-Xmx256M", *common_options(settings.profile)),
        ),
        directory=home,
        ports=("DYNAMODB",),
        environment={"PYTHONPATH": str(ROOT), **_without_fsync()},
    )
    return Service(
        name="dynamodb",
        programs=(program,),
        prepare=lambda: tables.mkdir(parents=True, exist_ok=True),
        # Without a signature it refuses, in its own words.
        probe=lambda: _probe(
            _url(settings, "DYNAMODB"), HTTPStatus.BAD_REQUEST, "MissingAuthenticationToken"
        ),
    )


def _without_fsync() -> dict[str, str]:
    """What spares DynamoDB Local to wait for the disk at each write, where that is installed.

    It writes six times as fast; its tables survive its end, but not the machine's.
    """
    libraries = [str(path) for path in Path("/usr/lib").glob("*/libeatmydata.so")]
    return {"LD_PRELOAD": libraries[0]} if libraries else {}


def _kinesis(settings: Settings) -> Service:
    home = _home(settings)
    program = Program(
        name="kinesis",
        command=(
            find_node(),
            *("--require", str(ROOT / "stack" / "localstack" / "loopback.js")),
            str(_kinesis_package(settings) / "main.js"),
        ),
        directory=home,
        ports=("KINESIS", "KINESIS_TLS"),
        environment=kinesis_environment(settings),
    )
    return Service(
        name="kinesis",
        programs=(program,),
        prepare=lambda: (home / "kinesis").mkdir(parents=True, exist_ok=True),
        probe=lambda: _probe(f"{_url(settings, 'KINESIS')}/healthcheck", HTTPStatus.OK, ""),
    )


def _localstack(settings: Settings) -> Service:
    program = Program(
        name="localstack",
        command=(
            *(sys.executable, "-m", "stack.sweep", settings.profile.name),
            *(_python(settings), "-m", "stack.localstack.start"),
        ),
        directory=_home(settings),
        ports=("LOCALSTACK",),
        stop_seconds=5,  # it has nothing to put away
        stop_group=True,
        environment=localstack_environment(settings),
    )
    return Service(
        name="localstack",
        programs=(program,),
        needs=("dynamodb", "kinesis"),
        prepare=lambda: _prepare(settings),
        probe=lambda: _probe_apis(settings),
    )


def _prepare(settings: Settings) -> None:
    package = _plugins(settings) / "dataflow360_localstack-1.dist-info"
    for name in ("METADATA", "entry_points.txt"):  # how LocalStack finds the plugins
        write_private(package / name, (ROOT / "stack" / "localstack" / name).read_text())
    write_private(client_file(settings), client_configuration())


def _probe_apis(settings: Settings) -> None:
    health = json.loads(_answer(f"{aws_url(settings)}/_localstack/health", HTTPStatus.OK))
    broken = [api for api in APIS if health["services"].get(api) not in ("available", "running")]
    if broken:
        raise StackError(f"LocalStack does not serve {', '.join(broken)} yet")


def _probe(url: str, status: HTTPStatus, text: str) -> None:
    answer = _answer(url, status)
    if text not in answer:
        raise StackError(f"what answers at {url} is something else: {answer[:100]}")


def _answer(url: str, status: HTTPStatus) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  # our own address
            code, body = response.status, response.read()
    except urllib.error.HTTPError as error:
        code, body = error.code, error.read()
    if code != status:
        raise StackError(f"{url} answers with the status {code}")
    return str(body, errors="replace")


def _home(settings: Settings) -> Path:
    return settings.profile.state / "localstack"


def _plugins(settings: Settings) -> Path:
    return _home(settings) / "plugins"


def _kinesis_package(settings: Settings) -> Path:
    return settings.profile.lib / "kinesis" / "node_modules" / "kinesis-local"


def _python(settings: Settings) -> str:
    return str(environment_directory(settings.profile) / "bin" / "python")


def _url(settings: Settings, port: str) -> str:
    return f"http://{HOST}:{settings.port(port)}"
