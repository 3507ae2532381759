"""The images: locked, without secrets, and not run by root."""

import re
import tomllib

import pytest

from stack.profiles import ROOT
from tests.unit.compose.conftest import VARIABLE, Service, dockerfile, locked

STAGES = dockerfile()
TARGETS = {"airflow", "jupyter", "localstack", "simulator"}


def test_compose_runs_every_target_but_the_one_that_writes_the_env_file(
    services: dict[str, Service],
) -> None:
    built = {service["build"]["target"] for service in services.values() if "build" in service}
    assert built == TARGETS
    assert STAGES.keys() - built == {"", "uv", "wheels", "env"}


@pytest.mark.parametrize("target", sorted(TARGETS - {"jupyter"}))
def test_an_image_is_run_by_a_user_with_a_number_who_is_not_root(target: str) -> None:
    users = [line.split()[1] for line in STAGES[target] if line.startswith("USER ")]
    assert users
    assert re.match(r"[1-9]\d*(:0)?$", users[-1])


def test_the_notebook_s_image_keeps_the_user_of_airflow_s() -> None:
    assert STAGES["jupyter"][0] == "FROM airflow AS jupyter"
    assert not any(line.startswith("USER ") for line in STAGES["jupyter"])


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_an_image_can_tell_whether_it_works(target: str) -> None:
    assert sum(line.startswith("HEALTHCHECK ") for line in STAGES[target]) == 1


def test_base_images_are_arguments_with_the_defaults_of_compose(text: str) -> None:
    arguments = dict(re.findall(r"ARG (\w+)=(\S+)", "\n".join(STAGES[""])))
    assert arguments.keys() == {"AIRFLOW_IMAGE", "LOCALSTACK_IMAGE", "PYTHON_IMAGE"}
    bases = {match["name"]: match["rest"] for match in VARIABLE.finditer(text)}
    assert {name: bases[name] for name in arguments} == arguments


def test_what_is_installed_is_locked() -> None:
    commands = [
        command
        for lines in STAGES.values()
        for line in lines
        for command in line.split("&&")
        if re.search(r"pip (install|wheel) ", command)
    ]
    assert len(commands) == 9
    for command in commands:
        if "--require-hashes" not in command and "--constraint" not in command:
            assert re.search(r" uv==|/wheels/mysqlclient-| --no-deps .* --editable \.$", command)


def test_uv_is_the_one_of_the_local_stack() -> None:
    (version,) = re.findall(r"uv==(\S+)", "\n".join(STAGES["uv"]))
    assert f"\nuv_version={version}\n" in (ROOT / "stack/bootstrap.sh").read_text()


def test_an_image_gets_only_what_is_named() -> None:
    first, *allowed = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert first == "*"
    assert not any(line.startswith("!.") for line in allowed)  # neither .env nor .git nor .stack


@pytest.mark.parametrize("folder", ["config", "dags", "include", "lambda", "plugins"])
def test_airflow_s_image_has_the_project(folder: str) -> None:
    assert f"!{folder}" in (ROOT / ".dockerignore").read_text().splitlines()
    assert f"COPY --chown=50000:0 {folder} {folder}" in dockerfile()["airflow"]


def test_the_image_has_what_the_project_is_tested_with() -> None:
    image, project = locked("requirements-image.lock"), locked("requirements.lock")
    assert image.items() >= {(name, version) for name, version in project.items() if name in image}


def test_the_image_has_what_the_library_needs_and_no_tool() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    image, project = locked("requirements-image.lock"), locked("requirements.lock")
    assert {re.split(r"[^\w-]", each)[0] for each in needed} <= image.keys()
    tools = {"pytest", "ruff", "mypy", "supervisor", "cqlsh"}
    assert tools <= project.keys()
    assert not tools & image.keys()
    executors = {"celery", "cncf-kubernetes", "fab"}
    assert {f"apache-airflow-providers-{each}" for each in executors} <= image.keys()
