"""The task bodies of ``csv_files``.

The DAG file imports this module while it is parsed: it imports heavy modules inside the tasks.
"""

from __future__ import annotations

from airflow.sdk import get_current_context

from dataflow360.pipeline.request import Request
from dataflow360.stores.failures import readable_failures


@readable_failures()
def unloaded_files() -> list[str]:
    """Names of the inbox's files whose content has not been loaded, or all with ``refetch``.

    When there are none, the ledger says that the run was skipped for that.
    """
    from dataflow360.clients import mysql
    from dataflow360.pipeline import ledger
    from dataflow360.pipeline.run import run_of
    from dataflow360.sources.csv_files import files

    context = get_current_context()
    request = Request.checked(dict(context["params"]))
    run = run_of(context)
    names = files.unloaded(run.dag_id, everything=request.refetch)
    with mysql.connect() as connection:
        if names:
            ledger.withdraw(connection, run)
        else:
            ledger.skip(connection, run, "The inbox has no file to load.")
    return names


@readable_failures()
def land_file(name: str) -> str:
    """Body of an extract task for one file of the inbox; returns the id of the landed batch."""
    from dataflow360.pipeline.extraction import extract
    from dataflow360.pipeline.run import run_of
    from dataflow360.sources.csv_files import files, inbox

    context = get_current_context()
    request = Request.checked(dict(context["params"]))
    extraction = files.file(inbox.path_of(name), name)
    return extract(extraction, run_of(context), refetch=request.refetch)
