"""The env file: ports, secrets and paths, written once and then left to its owner.

``python -m stack.settings`` writes the one of the profile ``demo``, and the inbox that it names. It
needs next to nothing installed: who runs the system in containers has no other use for Python.
"""

import base64
import re
import secrets
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from dataflow360.sources import sites
from stack.errors import StackError
from stack.files import write_private
from stack.profiles import BASE_PORTS, Profile
from stack.sources import API_KEYS, LIVE_SITES, SITES, names

PORT_PREFIX = "DATAFLOW360_PORT_"
SECRET_PREFIX = "DATAFLOW360_SECRET_"  # noqa: S105  # a name, no secret

COMPOSE_LANDING = "DATAFLOW360_COMPOSE_LANDING"
"""The landing zone of the containers, where it is no volume of theirs."""

_LAST_PORT = 65_535
_SAFE_SECRET = re.compile(r"[A-Za-z0-9_=-]{8,}")


def _password() -> str:
    return secrets.token_urlsafe(24)


def _signing_key() -> str:
    return secrets.token_urlsafe(64)  # SHA-512 wants as many bytes


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _kafka_cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


@dataclass(frozen=True)
class Setting:
    """One line of the env file: its name, how its first value is made and what it is for.

    An ``optional`` one may be empty.
    """

    name: str
    first_value: Callable[[Profile], str]
    shown_default: str
    description: str
    optional: bool = False


def _port(name: str) -> Setting:
    return Setting(
        PORT_PREFIX + name,
        lambda profile: str(profile.default_ports[name]),
        str(BASE_PORTS[name]),
        _PORT_DESCRIPTIONS[name],
    )


def _secret(name: str, description: str, make: Callable[[], str] = _password) -> Setting:
    return Setting(SECRET_PREFIX + name, lambda _: make(), "", description)


def _directory(name: str, folder: str, description: str) -> Setting:
    return Setting(
        name,
        lambda profile: str((profile.state / folder).relative_to(profile.root)),
        f".stack/demo/{folder}",
        description,
    )


def _optional(name: str, description: str) -> Setting:
    return Setting(name, lambda _: "", "", description, optional=True)


_PORT_DESCRIPTIONS = {
    "KAFKA_1": "first Kafka broker",
    "KAFKA_2": "second Kafka broker",
    "KAFKA_3": "third Kafka broker",
    "KAFKA_CONTROLLER_1": "controller of the first Kafka node (between nodes only)",
    "KAFKA_CONTROLLER_2": "controller of the second Kafka node (between nodes only)",
    "KAFKA_CONTROLLER_3": "controller of the third Kafka node (between nodes only)",
    "MYSQL": "MySQL protocol (MariaDB)",
    "REDIS": "Redis",
    "CASSANDRA": "Cassandra, CQL",
    "CASSANDRA_STORAGE": "Cassandra, between nodes only",
    "POSTGRES": "PostgreSQL, Airflow's metadata",
    "AIRFLOW": "Airflow's UI and REST API",
    "LOCALSTACK": "LocalStack, the AWS APIs",
    "KINESIS_TLS": "kinesis-mock's second port, which nobody uses",
    "KINESIS": "kinesis-mock, behind LocalStack",
    "DYNAMODB": "DynamoDB Local, behind LocalStack",
    "SIMULATOR": "the source simulator",
    "KAFKA_UI": "Kafka UI (containers only)",
    "JUPYTER": "JupyterLab (containers only)",
}

SETTINGS: tuple[Setting, ...] = (
    *(_port(name) for name in BASE_PORTS),
    _directory(
        "DATAFLOW360_LANDING", "landing", "immutable batches: a directory or s3://bucket/prefix"
    ),
    _directory("DATAFLOW360_INBOX", "inbox", "CSV files to load: a directory or an s3:// URL"),
    _optional(COMPOSE_LANDING, "s3:// URL of the containers' landing zone; empty: a volume"),
    *(
        _optional(site.key_setting, f"key of {site.host.rpartition('/')[2]}")
        for site in sites().values()
        if site.key_setting
    ),
    _optional(
        LIVE_SITES,
        f"sites to read for real, of {','.join(SITES)}: mind their terms",
    ),
    _secret("KAFKA_CLUSTER_ID", "identity of the Kafka cluster", _kafka_cluster_id),
    _secret("KAFKA_BROKER", "user broker: the Kafka nodes among themselves"),
    _secret("KAFKA_ADMIN", "user admin of Kafka"),
    _secret("KAFKA", "user dataflow360 of Kafka"),
    _secret("MYSQL_ROOT", "user root of MySQL (without containers: by its unix socket only)"),
    _secret("MYSQL", "user dataflow360 of MySQL"),
    _secret("CASSANDRA_ADMIN", "role admin of Cassandra"),
    _secret("CASSANDRA", "role dataflow360 of Cassandra"),
    _secret("REDIS", "user dataflow360 of Redis"),
    _secret("CELERY_BROKER", "user celery of Airflow's own Redis (containers only)"),
    _secret("POSTGRES", "user postgres of PostgreSQL"),
    _secret("AIRFLOW_DB", "user airflow of PostgreSQL"),
    _secret("AIRFLOW_ADMIN", "user admin of Airflow (administrator)"),
    _secret("AIRFLOW_OPERATEUR", "user operateur of Airflow (runs and repairs)"),
    _secret("AIRFLOW_LECTEUR", "user lecteur of Airflow (reads)"),
    _secret("AIRFLOW_FERNET_KEY", "encrypts what Airflow stores", _fernet_key),
    _secret("AIRFLOW_API_KEY", "signs the sessions of Airflow's UI"),
    _secret("AIRFLOW_JWT", "signs the tokens of Airflow's APIs", _signing_key),
    _secret("KAFKA_UI", "user admin of Kafka UI (containers only)"),
    _secret("JUPYTER", "token of JupyterLab (containers only)"),
)
"""Every setting of the env file, in its order."""


@dataclass(frozen=True)
class Settings:
    """The values of a profile's env file."""

    profile: Profile
    values: Mapping[str, str]

    def port(self, name: str) -> int:
        """The port of a listener, by its short name: ``KAFKA_1``."""
        return int(self.values[PORT_PREFIX + name])

    def secret(self, name: str) -> str:
        """A secret, by its short name: ``MYSQL_ROOT``."""
        return self.values[SECRET_PREFIX + name]

    def path(self, name: str) -> str:
        """A path of the env file; a relative one starts at the project's directory."""
        value = self.values[name]
        return value if "://" in value else str(self.profile.root / value)

    @property
    def kafka_ports(self) -> tuple[int, int, int]:
        """The client ports of the three brokers."""
        return self.port("KAFKA_1"), self.port("KAFKA_2"), self.port("KAFKA_3")

    @property
    def live_sites(self) -> tuple[str, ...]:
        """The sites of ``SITES`` that are read for real."""
        return names(self.values.get(LIVE_SITES, ""))

    @property
    def own(self) -> dict[str, str]:
        """What the user added to the env file."""
        known = {setting.name for setting in SETTINGS}
        return {name: value for name, value in self.values.items() if name not in known}


def ensure(profile: Profile) -> tuple[Settings, list[str]]:
    """Write the env file if there is none, add what it lacks, and read it.

    Returns the settings and the names that were added. Values that are there are never touched.
    """
    path = profile.env_file
    existing = _read(path) if path.exists() else {}
    missing = [setting for setting in SETTINGS if _is_missing(setting, existing)]
    if missing:
        text = path.read_text() if path.exists() else _header(profile)
        if text and not text.endswith("\n"):
            text += "\n"
        write_private(path, text + _lines(missing, profile))
    return load(profile), [setting.name for setting in missing]


def load(profile: Profile) -> Settings:
    """Read and check a profile's env file."""
    if not profile.env_file.exists():
        raise StackError(
            f"{profile.env_file} is missing: run '{profile.target} env', which writes it"
        )
    values = _read(profile.env_file)
    for setting in SETTINGS:
        if not setting.optional:
            _check(setting.name, values.get(setting.name, ""), profile)
    _check_ports_differ(values, profile)
    _check_sources(values, profile)
    return Settings(profile, values)


def example() -> str:
    """The text of ``.env.example``: every setting with its default and what it is for."""
    lines = [
        "# Every setting of the local stack. 'make env' writes them to .env (mode 600), with",
        "# random secrets, and adds the ones that an existing .env lacks. Nothing is overwritten.",
        "# The profile 'test' has the same settings in .stack/test/.env, with ports 10000 higher.",
        "#",
        "# The AIRFLOW_CONN_DATAFLOW360_* connections and the AIRFLOW__* options follow from these",
        "# at each start; one that is set here as well wins over the derived one, for example:",
        '# AIRFLOW_CONN_DATAFLOW360_REDIS=\'{"conn_type": "redis", "host": "cache.example"}\'',
        "# AIRFLOW__CORE__PARALLELISM=8",
        "#",
        "# The pipeline's own settings may be set here as well; these are their defaults:",
        "# DATAFLOW360_MAX_BAD_SHARE=0.5               a run with more refused records is red",
        "# DATAFLOW360_AVIATIONSTACK_MONTHLY_CALLS=100  the plan's calls a month",
        "# DATAFLOW360_CHROMIUM=/usr/bin/chromium      the browser for web pages, and its driver",
        "# DATAFLOW360_CHROMEDRIVER=/usr/bin/chromedriver",
        "# DATAFLOW360_SELENIUM_GRID=                  URL of a Selenium Grid to use instead",
        "# DATAFLOW360_NOTIFIER=log                    late sources: log, webhook or mail (README)",
        "# DATAFLOW360_MAIL_TO=                        addresses that such mails go to",
    ]
    section = ""
    for setting in SETTINGS:
        title = _section(setting.name)
        if title != section:
            section = title
            lines += ["", f"# ---- {title}"]
        lines += [f"# {setting.description}", f"{setting.name}={setting.shown_default}"]
    return "\n".join(lines) + "\n"


def _is_missing(setting: Setting, existing: Mapping[str, str]) -> bool:
    if setting.optional:
        return setting.name not in existing
    return not existing.get(setting.name)


def _section(name: str) -> str:
    if name.startswith(PORT_PREFIX):
        return "Ports, all on 127.0.0.1"
    if name.startswith(SECRET_PREFIX):
        return "Secrets: left empty, 'make env' makes random ones"
    if name in (*API_KEYS, LIVE_SITES):
        return "Real sources: left empty, the simulator of the stack answers in their place"
    return "Directories"


def _read(path: Path) -> dict[str, str]:
    values = dotenv_values(path, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}


def _header(profile: Profile) -> str:
    return (
        f"# Settings of the local stack, profile {profile.name}. "
        "Secret: never commit it. See .env.example.\n"
    )


def _lines(settings: list[Setting], profile: Profile) -> str:
    return "".join(
        f"{setting.name}={_quoted(setting.first_value(profile))}\n" for setting in settings
    )


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w./:=+-]*", value) else "'" + value.replace("'", "\\'") + "'"


def _check(name: str, value: str, profile: Profile) -> None:
    if not value:
        raise StackError(f"{name} is missing in {profile.env_file}: run '{profile.target} env'")
    if name.startswith(PORT_PREFIX) and not (value.isdecimal() and 0 < int(value) <= _LAST_PORT):
        raise StackError(
            f"{name}={value} in {profile.env_file} is no port: give a number from 1 to {_LAST_PORT}"
        )
    if name.startswith(SECRET_PREFIX) and not _SAFE_SECRET.fullmatch(value):
        raise StackError(
            f"{name} in {profile.env_file} must have 8 or more of the characters A-Z a-z 0-9 _ - ="
        )


def _check_ports_differ(values: Mapping[str, str], profile: Profile) -> None:
    owners: dict[int, str] = {}
    for name in (PORT_PREFIX + short for short in BASE_PORTS):
        other = owners.setdefault(int(values[name]), name)
        if other != name:
            raise StackError(
                f"{other} and {name} are both {values[name]} in {profile.env_file}: change one"
            )


def _check_sources(values: Mapping[str, str], profile: Profile) -> None:
    for name in API_KEYS:
        if re.search(r"\s", values.get(name, "")):
            raise StackError(f"{name} in {profile.env_file} has a blank inside: give the key alone")
    for site in names(values.get(LIVE_SITES, "")):
        if site not in SITES:
            raise StackError(
                f"{LIVE_SITES} in {profile.env_file} has the unknown site '{site}': "
                f"choose of {', '.join(SITES)}"
            )


def main() -> None:
    """Write what is missing, and say where it is."""
    profile = Profile("demo")
    try:
        settings, added = ensure(profile)
    except StackError as error:
        sys.exit(f"error: {error}")
    inbox = settings.path("DATAFLOW360_INBOX")
    if "://" not in inbox:
        Path(inbox).mkdir(parents=True, exist_ok=True)
    print(f"{len(added)} settings were written to {profile.env_file.name}.")


if __name__ == "__main__":
    main()
