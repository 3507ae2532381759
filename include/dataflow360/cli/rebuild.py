"""Command line to rebuild what a store or Kafka has lost, from the landing zone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

app = typer.Typer(
    help="Rebuild what a store or Kafka has lost, from the register and the landing zone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
        help="Only what was staged from then on (UTC), after a backup was put back.",
    ),
]


@app.command()
def mysql(since: _Since = None) -> None:
    """Bring the rows of the record types in MySQL back; the register itself must be there."""
    from dataflow360.records.contract import MySQLTable

    _rebuild(MySQLTable, since)


@app.command()
def cassandra(since: _Since = None) -> None:
    """Bring the rows in Cassandra back."""
    from dataflow360.records.contract import CassandraTable

    _rebuild(CassandraTable, since)


@app.command()
def redis(since: _Since = None) -> None:
    """Bring the boards in Redis back, and the versions that were written last."""
    from dataflow360.records.contract import RedisBoards

    _rebuild(RedisBoards, since)


@app.command()
def kafka() -> None:
    """Send everything to its topic again; only where Kafka has lost all that it held."""
    from dataflow360.clients.failures import readable_failures
    from dataflow360.pipeline.rebuilding import rebuild_topics
    from dataflow360.records.topics import LEDGER_TOPIC, TOPICS

    with readable_failures():
        given = rebuild_topics(topic.name for topic in TOPICS if topic.name != LEDGER_TOPIC)
    for name, count in given.items():
        _print(f"{name}: {count} batches sent.")


def _rebuild(store: type, since: datetime | None) -> None:
    from dataflow360.clients.failures import readable_failures
    from dataflow360.pipeline.rebuilding import rebuild_rows
    from dataflow360.records import RECORD_TYPES

    for record in RECORD_TYPES.values():
        if isinstance(record.store, store):
            with readable_failures():
                count = rebuild_rows(record, since)
            _print(f"{record.store.name}: {count} batches brought in.")


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(Text(text))
