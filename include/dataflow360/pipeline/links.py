"""Where a DAG and its runs are in Airflow's UI."""

from __future__ import annotations

from urllib.parse import quote


def link(dag_id: str, run_id: str | None = None, below: str = "") -> str:
    """The grid of a DAG, or a run in it.

    Args:
        dag_id: The DAG.
        run_id: The run.
        below: Address of the UI; without one, the link is a path below its root.
    """
    run = f"/runs/{quote(run_id, safe='')}" if run_id else ""
    return f"{below.rstrip('/')}/dags/{quote(dag_id, safe='')}{run}"
