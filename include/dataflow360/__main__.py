"""Command line: run a source without Airflow, write what is generated from the contracts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dataflow360 import quarantine_cli
from dataflow360.errors import DataFlowError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(quarantine_cli.app, name="quarantine")
_DOCS = Path(__file__).parents[2] / "docs"


@app.command()
def extract(
    source: Annotated[str, typer.Argument(help="synthetic_flights, synthetic_weather or a file.")],
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    airports: Annotated[list[str] | None, typer.Option(help="IATA code; repeat it.")] = None,
    rows: Annotated[int | None, typer.Option(help="Rows per airport and day.")] = None,
    bad_share: Annotated[float, typer.Option(help="Share of rows damaged on purpose.")] = 0.0,
    out: Annotated[Path, typer.Option(help="Folder for the batch.")] = Path("extracted"),
) -> None:
    """Fetch, parse and check one batch of a source, into Parquet files; no server is needed."""
    from airflow.sdk import ObjectStoragePath

    from dataflow360.pipeline import landing
    from dataflow360.pipeline.run import Run, day_interval
    from dataflow360.sources import csv_files, synthetic

    given = {"airports": airports, "rows": rows, "bad_share": bad_share}
    params = {name: value for name, value in given.items() if value is not None}
    if source not in {"synthetic_flights", "synthetic_weather"}:
        extraction = csv_files.file(ObjectStoragePath(source), source)
    elif date is None:
        raise typer.BadParameter("is needed for a synthetic source", param_hint="--date")
    else:
        run = Run(source, "command line", -1, day_interval(date.date()))
        extraction = (
            synthetic.flights(synthetic.FlightsRequest.checked(params), run)
            if source == "synthetic_flights"
            else synthetic.weather(synthetic.WeatherRequest.checked(params), run)
        )
    written = landing.write_batch(out, extraction.record, extraction.fetch())
    folder = out / f"{extraction.record.name}-{written.content_digest[:12]}"
    landing.place(written, folder)
    table = Table("read", "valid", "duplicate", "quarantined", "folder")
    table.add_row(
        str(written.rows_read),
        str(written.rows_valid),
        str(written.rows_duplicate),
        str(written.rows_quarantined),
        str(folder),
    )
    Console().print(table)


@app.command()
def contracts() -> None:
    """Write the JSON Schemas, the DDL and the data dictionary into docs/."""
    from dataflow360.records.documents import generated

    for name, text in generated().items():
        path = _DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        Console().print(f"{path.relative_to(_DOCS.parent)} written")


def main() -> None:
    """Run the command line; an error of the project's is one sentence and exit code 1."""
    try:
        app()
    except DataFlowError as error:
        Console(stderr=True).print(f"[red]{error}")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
