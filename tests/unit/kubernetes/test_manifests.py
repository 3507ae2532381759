"""Kubernetes: the files fit each other, the library and its connections, and hold no secret."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from dataflow360.errors import FatalError
from dataflow360.settings import settings
from dataflow360.sources import sites
from stack import settings as env_file
from stack.environment import connections
from stack.profiles import Profile
from stack.settings import LIVE_SITES, SITES
from tests.conftest import ROOT
from tests.unit.compose.conftest import locked

FOLDER = ROOT / "deploy" / "kubernetes"
VALUES = yaml.safe_load((FOLDER / "values.yaml").read_text())
MANIFESTS = [
    manifest
    for name in ("provision.yaml", "users.yaml", "selenium.yaml", "network-policy.yaml")
    for manifest in yaml.safe_load_all((FOLDER / name).read_text())
]
DOCUMENT = (ROOT / "docs" / "kubernetes.md").read_text()
#: The connections that the document makes: (Secret, key) and their JSON.
DOCUMENTED = {
    (f"dataflow360-{folder}", key): json.loads(text)
    for folder, key, text in re.findall(
        r"cat > ([\w-]*connections)/(\w+) <<'JSON'\n(.*?)\nJSON", DOCUMENT, re.DOTALL
    )
}
PREFIX = "AIRFLOW_CONN_"


@pytest.fixture
def declared(tmp_path) -> Mapping[str, Mapping[str, Any]]:
    """The connections of the local stack, with every source read for real."""
    profile = Profile("demo", root=tmp_path)
    profile.env_file.write_text(
        f"OPENWEATHER_API_KEY=key\nAVIATIONSTACK_API_KEY=key\n{LIVE_SITES}={','.join(SITES)}\n"
    )
    return connections(env_file.ensure(profile)[0])


def test_tasks_have_every_connection_that_has_a_secret(declared) -> None:
    keyless = {site.connection_id.upper() for site in sites().values() if not site.key_setting}
    given = set(_connections(VALUES["workers"]["kubernetes"]["env"]))
    assert given == set(declared) - keyless
    assert VALUES["workers"]["celery"]["env"] == VALUES["workers"]["kubernetes"]["env"]


def test_connections_are_those_of_the_local_stack_but_for_their_servers(declared) -> None:
    for name, entry in _connections(VALUES["workers"]["kubernetes"]["env"]).items():
        mine, theirs = _resolved(entry), declared[name]
        assert mine["conn_type"] == theirs["conn_type"], name
        assert mine.get("login") == theirs.get("login") or name == "DATAFLOW360_AWS"
        assert mine.get("schema") == theirs.get("schema"), name
        if theirs["conn_type"] == "http":
            assert mine["host"] == theirs["host"], name
        if name not in {"DATAFLOW360_AWS", "DATAFLOW360_KAFKA"}:  # whose extra names the servers
            assert mine.get("extra") == theirs.get("extra"), name


def test_other_components_have_only_what_they_use() -> None:
    assert set(_connections(VALUES["triggerer"]["env"])) == {
        "DATAFLOW360_MYSQL",
        "DATAFLOW360_AWS",
    }
    # The page asks all stores, and no source.
    assert set(_connections(VALUES["apiServer"]["env"])) == {
        f"DATAFLOW360_{store}" for store in ("MYSQL", "AWS", "CASSANDRA", "REDIS", "KAFKA")
    }
    for component in ("scheduler", "dagProcessor", "migrateDatabaseJob"):
        assert "env" not in VALUES[component]
    assert not _connections(VALUES["env"])
    assert not {"extraEnv", "extraEnvFrom", "secret"} & set(VALUES)


def test_administrators_connections_are_in_the_provisioning_jobs_alone() -> None:
    holders = {
        job["metadata"]["generateName"]: {
            name for name in _connections(_container(job)["env"]) if name.endswith("_ADMIN")
        }
        for job in MANIFESTS
        if job["kind"] == "Job"
    }
    assert holders == {
        "provision-kafka-": {"DATAFLOW360_KAFKA_ADMIN"},
        "provision-mysql-": {"DATAFLOW360_MYSQL_ADMIN"},
        "provision-cassandra-": {"DATAFLOW360_CASSANDRA_ADMIN"},
        "users-": set(),
    }
    assert "_ADMIN" not in json.dumps(VALUES)


def test_every_secret_that_is_named_is_made_in_the_document() -> None:
    made = {
        (name, key)
        for name, rest in re.findall(r"create secret generic ([\w-]+)((?:\\\n|[^\n])*)", DOCUMENT)
        for key in re.findall(r"--from-literal=([\w-]+)=", rest)
    } | set(DOCUMENTED)

    named = {
        (reference["name"], reference["key"])
        for tree in (VALUES, *MANIFESTS)
        for reference in _found(tree, "secretKeyRef")
    }
    named |= {
        (VALUES["data"]["metadataSecretName"], "connection"),
        (VALUES["fernetKeySecretName"], "fernet-key"),
        (VALUES["apiSecretKeySecretName"], "api-secret-key"),
        (VALUES["jwtSecretName"], "jwt-secret"),
    }
    assert named == made


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.yaml")))
def test_no_file_holds_a_secret(name: str) -> None:
    text = (FOLDER / name).read_text()
    for tree in yaml.safe_load_all(text):
        for key in ("password", "pass", "fernetKey", "apiSecretKey", "jwtSecret", "brokerUrl"):
            assert not list(_found(tree, key)), key
        assert "metadataConnection" not in (tree.get("data") or {})
        assert tree.get("kind") != "Secret"
    assert not re.search(r"//[^/\s]+:[^/\s]+@", text)  # user and password in a URL


def test_the_chart_makes_no_user_with_its_default_password() -> None:
    assert VALUES["createUserJob"] == {"enabled": False}
    assert VALUES["postgresql"] == {"enabled": False}


def test_settings_of_the_values_are_accepted(monkeypatch) -> None:
    for entry in VALUES["env"]:
        monkeypatch.setenv(entry["name"], entry["value"])
    settings.cache_clear()

    assert str(settings().inbox).startswith("s3://")
    assert settings().live_sites == ()


def test_variables_of_services_would_be_refused_and_are_off(monkeypatch) -> None:
    monkeypatch.setenv("DATAFLOW360_API_SERVER_SERVICE_HOST", "10.0.0.1")
    settings.cache_clear()
    with pytest.raises(FatalError, match="DATAFLOW360_API_SERVER_SERVICE_HOST"):
        settings()

    assert VALUES["enableServiceLinks"] is False
    for pod in _pods():
        assert pod["enableServiceLinks"] is False


def test_one_image_everywhere_of_the_airflow_that_is_locked() -> None:
    image = f"{VALUES['defaultAirflowRepository']}:{VALUES['defaultAirflowTag']}"
    ours = {pod["containers"][0]["image"] for pod in _pods()} - {_selenium()["image"]}
    assert ours == {image}
    assert f"docker build --target airflow -t {image} ." in DOCUMENT

    version = locked("requirements-image.lock")["apache-airflow"]
    assert VALUES["airflowVersion"] == version
    assert f"apache/airflow:{version}-" in (ROOT / "Dockerfile").read_text()


def test_the_browser_is_that_of_compose() -> None:
    assert _selenium()["image"] in (ROOT / "docker-compose.yaml").read_text()
    grid = next(entry for entry in VALUES["env"] if entry["name"].endswith("SELENIUM_GRID"))
    service = next(manifest for manifest in MANIFESTS if manifest["kind"] == "Service")
    port = service["spec"]["ports"][0]["port"]
    assert grid["value"] == f"http://{service['metadata']['name']}:{port}"


def test_pods_have_no_rights_and_bounded_memory() -> None:
    for pod in (*_pods(), {"securityContext": VALUES["securityContexts"]["pod"]}):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for pod in _pods():
        assert pod["automountServiceAccountToken"] is False
        assert "memory" in pod["containers"][0]["resources"]["limits"]
    for context in (
        VALUES["securityContexts"]["containers"],
        *(pod["containers"][0]["securityContext"] for pod in _pods()),
    ):
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
    for component in ("apiServer", "scheduler", "dagProcessor", "triggerer"):
        assert VALUES[component]["podDisruptionBudget"] == {"enabled": True}
        assert VALUES[component]["replicas"] > 1
        assert "memory" in VALUES[component]["resources"]["limits"]


def test_tasks_reach_the_execution_api() -> None:
    peers = VALUES["apiServer"]["networkPolicy"]["ingress"]["from"]
    assert {"podSelector": {"matchLabels": {"tier": "airflow"}}} in peers


#: Stores by port, and the only pods that may reach them.
REACHED_BY = {
    9092: {"dataflow360-tasks", "dataflow360-page", "dataflow360-provision"},
    3306: {
        "dataflow360-tasks",
        "dataflow360-page",
        "dataflow360-triggerer",
        "dataflow360-provision",
    },
    9042: {"dataflow360-tasks", "dataflow360-page", "dataflow360-provision"},
    6379: {"dataflow360-tasks", "dataflow360-page", "dataflow360-scheduler"},
    5432: {"dataflow360-airflow", "dataflow360-provision"},
    4444: {"dataflow360-tasks"},
}


@pytest.mark.parametrize("port", REACHED_BY)
def test_a_store_is_reached_only_by_who_uses_it(port: int) -> None:
    policies = [manifest for manifest in MANIFESTS if manifest["kind"] == "NetworkPolicy"]
    assert all("Egress" in policy["spec"]["policyTypes"] for policy in policies)
    allowed = {
        policy["metadata"]["name"]
        for policy in policies
        for rule in policy["spec"]["egress"]
        if any(entry["port"] == port for entry in rule.get("ports", []))
    }
    assert allowed == REACHED_BY[port]


def _connections(env: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The connections of a list of variables, by the end of their names."""
    return {
        entry["name"].removeprefix(PREFIX): entry
        for entry in env
        if entry["name"].startswith(PREFIX)
    }


def _resolved(entry: dict[str, Any]) -> dict[str, Any]:
    """A connection, from the values or from the document's Secret."""
    if "value" in entry:
        return json.loads(entry["value"])
    reference = entry["valueFrom"]["secretKeyRef"]
    return DOCUMENTED[reference["name"], reference["key"]]


def _found(tree: Any, key: str) -> Iterator[Any]:
    """What a key has anywhere in a tree."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        for value in tree.values():
            yield from _found(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from _found(value, key)


def _pods() -> list[dict[str, Any]]:
    return [
        manifest["spec"]["template"]["spec"]
        for manifest in MANIFESTS
        if manifest["kind"] in {"Job", "Deployment"}
    ]


def _container(workload: dict[str, Any]) -> dict[str, Any]:
    return workload["spec"]["template"]["spec"]["containers"][0]


def _selenium() -> dict[str, Any]:
    return next(_container(manifest) for manifest in MANIFESTS if manifest["kind"] == "Deployment")
