"""DAG files as Airflow parses them; no service and no network."""

import pytest


@pytest.fixture(autouse=True)
def _dags(no_network, own_settings):
    pass


@pytest.fixture(scope="session")
def dagbag(root):
    """All that Airflow finds in the folder of DAG files."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(root / "dags"), bundle_name="dags-folder")
