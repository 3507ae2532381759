"""Paths of Airflow's own pages."""

from __future__ import annotations

from urllib.parse import quote


def dag(dag_id: str) -> str:
    """The grid of a DAG."""
    return f"/dags/{quote(dag_id, safe='')}"


def run(dag_id: str, run_id: str) -> str:
    """A run in its grid."""
    return f"{dag(dag_id)}/runs/{quote(run_id, safe='')}"
