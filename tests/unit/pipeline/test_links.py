"""Where a DAG and its runs are in Airflow's UI."""

import pytest

from dataflow360.pipeline.links import link


@pytest.mark.parametrize(
    ("below", "address"),
    [
        ("", ""),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
    ],
)
def test_a_link_leads_to_the_dag_or_to_its_run(below, address):
    assert link("openweather", below=below) == f"{address}/dags/openweather"
    assert link("openweather", "scheduled__2026-11-24T10:00:00+00:00", below) == (
        f"{address}/dags/openweather/runs/scheduled__2026-11-24T10%3A00%3A00%2B00%3A00"
    )
