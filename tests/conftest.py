"""What all tests share: the environment that Airflow is imported in, and a marker by folder.

Unit tests and tests of DAG files run without a stack, in an Airflow home of their own. Where the
environment of a running stack is given, as integration and end-to-end tests need it, it stays.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_socket

from tests import turns

# How fast a machine is does not decide whether the code is right.
hypothesis.settings.register_profile("dataflow360", deadline=None)
hypothesis.settings.load_profile("dataflow360")

ROOT = Path(__file__).parents[1]

# Airflow reads its settings when it is imported, so this comes before anything imports it.
_own_home: Path | None = None
if "AIRFLOW_CONN_DATAFLOW360_MYSQL" not in os.environ:
    _own_home = Path(tempfile.mkdtemp(prefix="dataflow360-tests-"))
    os.environ.update(
        {
            "AIRFLOW_HOME": str(_own_home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }
    )


def pytest_unconfigure() -> None:
    if _own_home is not None:
        shutil.rmtree(_own_home, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder and by its turn."""
    for item in items:
        item.add_marker(turns.kind_of(item))
        if group := turns.group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))
    for item in [each for each in items if turns.kind_of(each) == "end_to_end"][:1]:
        item.add_marker(pytest.mark.timeout(turns.WAIT_SECONDS + 300))  # it waits for the others


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after the fixtures' own teardown
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    try:
        yield
    finally:
        turns.note_the_end_of_a_group(item, nextitem)


@pytest.fixture
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """No sockets but Unix ones, unless the test asks for them as pytest-socket has it."""
    asked = request.node.get_closest_marker("enable_socket") is not None
    if asked or "socket_enabled" in request.fixturenames:
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def own_settings(tmp_path: Path) -> Iterator[None]:
    """The project's settings with a landing zone and an inbox that are the test's own."""
    from dataflow360.settings import settings

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("DATAFLOW360_")]:
            patch.delenv(name)
        patch.setenv("DATAFLOW360_LANDING", str(tmp_path / "landing"))
        patch.setenv("DATAFLOW360_INBOX", str(tmp_path / "inbox"))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def sample() -> Path:
    """Real weather of Open-Meteo in the project's CSV format."""
    return ROOT / "samples" / "meteo_openmeteo.csv"
