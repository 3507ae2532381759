"""Since when each source is watched, as the alerts enter it in MySQL and the page reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dataflow360.clients.mysql import execute, fetch, stored, utc
from dataflow360.names import CONTROL_DATABASE

_TABLE = f"{CONTROL_DATABASE}.watches"


def begin(connection: Any, dag_id: str, now: datetime) -> None:
    """Watch a source from now on, unless it is watched already."""
    execute(
        connection,
        f"INSERT IGNORE INTO {_TABLE} (dag_id, watched_since) VALUES (%s, %s)",
        (dag_id, stored(now)),
    )


def end(connection: Any, dag_id: str) -> None:
    """Expect nothing of a source any more."""
    execute(connection, f"DELETE FROM {_TABLE} WHERE dag_id = %s", (dag_id,))


def watched(connection: Any) -> set[str]:
    """All sources that are watched."""
    return {dag_id for (dag_id,) in fetch(connection, f"SELECT dag_id FROM {_TABLE}")}


def watched_since(connection: Any, dag_ids: Sequence[str]) -> dict[str, datetime]:
    """Since when those of the sources are watched that are, UTC."""
    rows = fetch(
        connection,
        f"SELECT dag_id, watched_since FROM {_TABLE} FORCE INDEX (PRIMARY) WHERE dag_id IN %s",
        (tuple(dag_ids),),
    )
    return {dag_id: utc(moment) for dag_id, moment in rows}
