"""The incidents in MySQL: at most one open for each source and kind, and what is still to be told.

An incident and its messages are written before anything is sent, and a message is marked after it
was sent. A run that is killed, or whose notifier is down, therefore leaves the message behind for
the next one; one that is killed between sending and marking sends it twice, rather than never.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dataflow360.alerts.judging import Kind, Problem
from dataflow360.clients.mysql import execute, fetch, stored, utc
from dataflow360.names import CONTROL_DATABASE

_TABLE = f"{CONTROL_DATABASE}.incidents"

Event = Literal["opening", "closing"]


@dataclass(frozen=True, slots=True)
class Incident:
    """An open incident.

    Attributes:
        incident_id: Its number.
        since: What should have landed first, or the start of the interval without rows (UTC).
    """

    incident_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that an incident has begun, or is over.

    Attributes:
        incident_id: Number of the incident: with the event it tells a repeated message.
        event: ``opening`` or ``closing``.
        dag_id: The source.
        kind: What is or was wrong with it.
        text: The message: a sentence and a link.
    """

    incident_id: int
    event: Event
    dag_id: str
    kind: Kind
    text: str


def give_up(connection: Any, dag_id: str) -> None:
    """Close what is open of a source without a message."""
    execute(
        connection,
        f"UPDATE {_TABLE} SET closed_at = UTC_TIMESTAMP(6) WHERE dag_id = %s AND closed_at IS NULL",
        (dag_id,),
    )


def open_one(connection: Any, dag_id: str, kind: Kind) -> Incident | None:
    """The open incident of a source and a kind, if there is one."""
    rows = fetch(
        connection,
        f"SELECT incident_id, since FROM {_TABLE}"
        " WHERE dag_id = %s AND kind = %s AND closed_at IS NULL",
        (dag_id, kind),
    )
    for incident_id, since in rows:
        return Incident(incident_id, utc(since))
    return None


def begin(connection: Any, dag_id: str, problem: Problem, message: str) -> None:
    """Open an incident; its message is still to be sent."""
    execute(
        connection,
        f"INSERT INTO {_TABLE} (dag_id, kind, since, opened_at, opening)"
        " VALUES (%s, %s, %s, UTC_TIMESTAMP(6), %s)",
        (dag_id, problem.kind, stored(problem.since), message),
    )


def end(connection: Any, incident: Incident, message: str) -> None:
    """Close an incident; its message is still to be sent."""
    execute(
        connection,
        f"UPDATE {_TABLE} SET closed_at = UTC_TIMESTAMP(6), closing = %s WHERE incident_id = %s",
        (message, incident.incident_id),
    )


def unsent(connection: Any) -> list[Notice]:
    """The messages that are still to be sent, in the order in which things happened."""
    rows = fetch(
        connection,
        "SELECT incident_id, 'opening', dag_id, kind, opening, opened_at AS happened_at"
        f" FROM {_TABLE} WHERE opening_sent_at IS NULL"
        " UNION ALL SELECT incident_id, 'closing', dag_id, kind, closing, closed_at"
        f" FROM {_TABLE} WHERE closing IS NOT NULL AND closing_sent_at IS NULL"
        " ORDER BY happened_at, incident_id",
    )
    return [
        Notice(incident_id, event, dag_id, Kind(kind), text)
        for incident_id, event, dag_id, kind, text, _ in rows
    ]


def mark_sent(connection: Any, notice: Notice) -> None:
    """Enter that a message was sent."""
    execute(
        connection,
        f"UPDATE {_TABLE} SET {notice.event}_sent_at = UTC_TIMESTAMP(6) WHERE incident_id = %s",
        (notice.incident_id,),
    )
