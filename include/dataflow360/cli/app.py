"""The command ``dataflow360`` with all that is below it."""

from __future__ import annotations

import typer
from rich.console import Console

from dataflow360.cli import aws, quarantine
from dataflow360.cli.contracts import contracts
from dataflow360.cli.extract import extract
from dataflow360.cli.provision import provision
from dataflow360.cli.rebuild import rebuild
from dataflow360.errors import DataFlowError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(extract)
app.command()(contracts)
app.add_typer(aws.app, name="aws")
app.add_typer(quarantine.app, name="quarantine")
app.command()(provision)
app.command()(rebuild)


def main() -> None:
    """Run the command line; an error of the project's is one sentence and exit code 1."""
    try:
        app()
    except DataFlowError as error:
        Console(stderr=True).print(f"[red]{error}")
        raise SystemExit(1) from error
