"""Command line: run a source without Airflow."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def extract(
    source: Annotated[str, typer.Argument(help="Name of a DAG, or path of a CSV file.")],
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day (UTC) to ask for.")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M"], help="Or a moment (UTC),")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, help="and so many hours from it on.")] = 1,
    param: Annotated[
        list[str] | None, typer.Option(help='A param of the DAG: rows=12, airports=["DSS"].')
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the batch.")] = Path("extracted"),
) -> None:
    """Fetch, parse and check one batch of a source, into Parquet files, without Airflow.

    Synthetic sources and files need no server at all; the others need the connections that
    `python -m stack run -- …` gives.
    """
    from airflow.sdk import ObjectStoragePath

    from dataflow360.pipeline import landing
    from dataflow360.pipeline.run import Interval, Run, day_interval
    from dataflow360.sources import sources
    from dataflow360.sources.csv_files import files

    chosen = sources().get(source)
    if chosen is None:
        extraction = files.file(ObjectStoragePath(source), source)
    else:
        if date is not None:
            interval = day_interval(date.date())
        elif start is not None:
            begin = start.replace(tzinfo=UTC)
            interval = Interval(begin, begin + timedelta(hours=hours))
        else:
            raise typer.BadParameter(f"{source} needs --date or --start")
        run = Run(source, "command line", -1, interval, last_try=True)
        extraction = chosen.extraction(chosen.request.checked(_params(param or [])), run)
    written = landing.write_batch(out, extraction.record, extraction.fetch())
    folder = out / f"{extraction.record.name}-{written.content_digest[:12]}"
    landing.place(written, folder)
    for missing in written.missing:
        Console(stderr=True).print(f"{missing.part} is missing: {missing.error}", markup=False)
    table = Table("read", "valid", "duplicate", "quarantined", "folder")
    table.add_row(
        str(written.rows_read),
        str(written.rows_valid),
        str(written.rows_duplicate),
        str(written.rows_quarantined),
        str(folder),
    )
    Console().print(table)


def _params(texts: list[str]) -> dict[str, object]:
    """Params from ``name=value``; a value that is not JSON is text."""
    params: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(
                f"{text!r} is not of the form name=value", param_hint="--param"
            )
        try:
            params[name] = json.loads(value)
        except json.JSONDecodeError:
            params[name] = value
    return params
