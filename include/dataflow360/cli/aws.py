"""Command line for the serverless path: watch it live."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from dataflow360.stores.failures import readable_failures

app = typer.Typer(
    help="The serverless path: Kinesis, Lambda and DynamoDB.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_ROUND_SECONDS = 1.0
_STYLES = {"record": "cyan", "invocation": "magenta", "item": "green"}


@app.callback()
def aws() -> None:
    """The serverless path: Kinesis, Lambda and DynamoDB."""


@app.command()
def tail(
    minutes: Annotated[
        float, typer.Option(min=0, help="Begin with what came in so many minutes until now.")
    ] = 5,
    once: Annotated[bool, typer.Option(help="Show what is there, and end.")] = False,
) -> None:
    """Show records, invocations and items as they come, until Ctrl-C.

    A record is shown with its place on the stream, its city and its moment; an invocation with
    what the function logs and how long it took; an item of the state table when it changes. What
    went wrong is red. It needs the connection that `python -m stack run -- …` gives.
    """
    from dataflow360.aws.tail import Tail

    # What Airflow says of each connection would lie between the lines.
    logging.getLogger("airflow").setLevel(logging.ERROR)
    console = Console(soft_wrap=True, highlight=False)
    follower = Tail(datetime.now(UTC) - timedelta(minutes=minutes))
    try:
        while True:
            with readable_failures():
                for line in follower.round():
                    console.print(
                        Text.assemble(
                            f"{line.moment:%Y-%m-%d %H:%M:%S} ",
                            (f"{line.kind:10} ", _STYLES[line.kind]),
                            (line.text, "red" if line.is_fault else ""),
                        )
                    )
            if once:
                return
            time.sleep(_ROUND_SECONDS)
    except KeyboardInterrupt:
        return
