"""Command line for quarantine: list its records, show one, replay or dismiss them."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from dataflow360.errors import SkippableError
from dataflow360.stores.failures import readable_failures

app = typer.Typer(
    help="Records that were refused: list them, show one, replay or dismiss them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class State(StrEnum):
    """What became of a record; ``all`` for whatever became of it."""

    open = "open"
    replayed = "replayed"
    dismissed = "dismissed"
    all = "all"


RecordType = Annotated[str | None, typer.Option(help="Only records of this type.")]
Dag = Annotated[str | None, typer.Option(help="Only records that this DAG has refused.")]
Batch = Annotated[str | None, typer.Option(help="Only records last seen in this batch.")]
Reason = Annotated[str | None, typer.Option(help="Only records whose reason has this text.")]
Since = Annotated[str | None, typer.Option(help="Only records seen since this day, YYYY-MM-DD.")]
Limit = Annotated[int, typer.Option(help="How many at most, those seen last first.")]
Prefixes = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Ids, or their first 8 characters or more.")
]


@app.command("list")
def list_records(
    record_type: RecordType = None,
    dag: Dag = None,
    batch: Batch = None,
    reason: Reason = None,
    since: Since = None,
    limit: Limit = 100,
    state: State = State.open,
) -> None:
    """List records, those seen last first."""
    from dataflow360.pipeline import quarantine_records
    from dataflow360.replay.report import listing
    from dataflow360.replay.request import ReplayRequest

    wanted = ReplayRequest.checked(_given(record_type, dag, batch, reason, since, limit))
    with _session() as connection:
        only = None if state is State.all else state.value
        _print(listing(quarantine_records.find(connection, wanted, only)))


@app.command()
def show(record: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one record: where it is from, why it was refused, and its original bytes."""
    from dataflow360.pipeline import quarantine_records
    from dataflow360.pipeline.plain_text import printable, shown

    with _session() as connection:
        quarantine_id = quarantine_records.id_of(connection, record)
        (entry,) = quarantine_records.entries_of(connection, [quarantine_id])
        raw = quarantine_records.raws(connection, [quarantine_id])[quarantine_id]
    facts = {
        "id": entry.quarantine_id,
        "state": entry.state,
        "refused by": f"{entry.dag_id}, batch {entry.batch_id}",
        "record type": entry.record_type,
        "source": f"{entry.source_name or 'not registered any more'}, position {entry.position}",
        "reasons": entry.reasons,
        "first seen": f"{entry.first_seen} UTC",
        "last seen": f"{entry.last_seen} UTC",
    }
    if entry.replayed_batch_id:
        facts["replayed"] = f"{entry.replayed_at} UTC, in batch {entry.replayed_batch_id}"
    if entry.comment:
        facts["dismissed"] = f"{entry.dismissed_at} UTC, by {entry.dismissed_by}: {entry.comment}"
    lines = [f"{name + ':':<13}{printable(value)}" for name, value in facts.items()]
    _print("\n".join([*lines, f"{len(raw)} bytes:", shown(raw)]))


@app.command("replay")
def replay_records(
    records: Annotated[list[str] | None, typer.Argument(metavar="[ID...]")] = None,
    record_type: RecordType = None,
    dag: Dag = None,
    batch: Batch = None,
    reason: Reason = None,
    since: Since = None,
    limit: Limit = 1_000,
    for_real: Annotated[bool, typer.Option("--for-real", help="Do it; else only show it.")] = False,
) -> None:
    """Show what becomes of the open records by today's code; with --for-real, replay them."""
    from uuid import uuid4

    from dataflow360.names import REPLAY_DAG
    from dataflow360.pipeline import quarantine_records
    from dataflow360.pipeline.run import Run, day_interval
    from dataflow360.replay import replaying
    from dataflow360.replay.request import ReplayRequest

    given = _given(record_type, dag, batch, reason, since, limit)
    with _session() as connection:
        if records:
            given["ids"] = [quarantine_records.id_of(connection, prefix) for prefix in records]
        request = ReplayRequest.checked({**given, "dry_run": not for_real})
        # A person replays now; the ledger wants a day, and a replay has no other.
        run = Run(REPLAY_DAG, f"cli__{uuid4()}", -1, day_interval(datetime.now(UTC).date()))
        selected = replaying.select(request, run, getpass.getuser(), _print)
        for number, group in enumerate(selected.groups):
            try:
                count = replaying.replay(group, replace(run, map_index=number))
            except SkippableError as error:
                _print(str(error))
            else:
                _print(f"{group}: {count} records replayed.")
    if not for_real:
        _print(
            "Nothing was changed; with --for-real, those that are new or unchanged are replayed."
        )


@app.command()
def dismiss(
    records: Prefixes,
    comment: Annotated[str, typer.Option(help="Why they are not wanted.")],
) -> None:
    """Dismiss open records, with a comment and the name of your account."""
    from dataflow360.pipeline import quarantine_records
    from dataflow360.replay.request import ReplayRequest

    request = ReplayRequest.checked({"dismiss": comment})
    with _session() as connection:
        ids = [quarantine_records.id_of(connection, prefix) for prefix in records]
        said = (request.dismiss or "").strip()
        count = quarantine_records.dismiss(connection, ids, said, getpass.getuser())
    _print(f"{count} records dismissed; {len(set(ids)) - count} were not open.")


def _given(
    record_type: str | None,
    dag: str | None,
    batch: str | None,
    reason: str | None,
    since: str | None,
    limit: int,
) -> dict[str, Any]:
    return {
        "record_type": record_type,
        "dag": dag,
        "batch_id": batch,
        "reason": reason,
        "since": since,
        "limit": limit,
    }


@contextmanager
def _session() -> Iterator[Any]:
    """A session with MySQL; a server that fails is said in a sentence."""
    from dataflow360.clients import mysql

    with readable_failures(), mysql.connect() as connection:
        yield connection


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(Text(text))
