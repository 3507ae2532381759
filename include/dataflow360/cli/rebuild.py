"""Command line to rebuild what a store or Kafka has lost, from the landing zone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from dataflow360.stores.failures import readable_failures


def rebuild(
    what: Annotated[
        str, typer.Argument(help="kafka, or a store of rows: mysql, cassandra or redis.")
    ],
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="Only what was staged from then on (UTC), after a backup was put back; not for "
            "kafka.",
        ),
    ] = None,
) -> None:
    """Rebuild what a store or Kafka has lost, from the register and the landing zone.

    Rows come back with what was last written of them; in MySQL the register itself must be there.
    Everything is sent to its topic again only where Kafka has lost all that it held.
    """
    from dataflow360.pipeline.rebuilding import rebuild_rows, rebuild_topics
    from dataflow360.records import RECORD_TYPES
    from dataflow360.records.topics import LEDGER_TOPIC, TOPICS

    # A record type without topics reaches its store through a stream, not by deltas.
    staged = [record for record in RECORD_TYPES.values() if record.topics]
    kinds = sorted({record.store.kind for record in staged})
    if what == "kafka" and since is None:
        with readable_failures():
            given = rebuild_topics(topic.name for topic in TOPICS if topic.name != LEDGER_TOPIC)
        for name, count in given.items():
            _print(f"{name}: {count} batches sent.")
    elif what in kinds:
        for record in staged:
            if record.store.kind == what:
                with readable_failures():
                    count = rebuild_rows(record, since)
                _print(f"{record.store.name}: {count} batches brought in.")
    else:
        raise typer.BadParameter(f"{what} is none of kafka (without --since), {', '.join(kinds)}.")


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(Text(text))
