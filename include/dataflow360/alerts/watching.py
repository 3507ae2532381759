"""Look at every source: open and close incidents, and send what is still to be told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Set
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dataflow360.alerts import incidents, judging
from dataflow360.alerts.judging import Kind, Problem
from dataflow360.alerts.notifiers import Notify
from dataflow360.alerts.sources import Source
from dataflow360.errors import DataFlowError
from dataflow360.freshness import landings
from dataflow360.freshness.judging import DERIVED_GRACE, derived, grace_of, scheduled

log = logging.getLogger(__name__)

#: Where a person looks at a source: takes the DAG, and a run of it when there is one to look at.
Link = Callable[[str, str | None], str]


def link_below(base_url: str) -> Link:
    """Links into an Airflow UI at the given address."""

    def link(dag_id: str, run_id: str | None) -> str:
        run = f"/runs/{quote(run_id, safe='')}" if run_id else ""
        return f"{base_url.rstrip('/')}/dags/{dag_id}{run}"

    return link


def watch(connection: Any, source: Source, now: datetime, link: Link) -> None:
    """Open the incidents of a source that have begun, close those that are over.

    Args:
        connection: Session with MySQL that commits each statement.
        source: A source that is expected to keep its schedule.
        now: The moment to judge at, UTC.
        link: Where a person looks at it.
    """
    _watch_time(connection, source, now, link)
    _watch_rows(connection, source, now, link)


def give_up(connection: Any, paused: Set[str], known: Set[str] | None) -> None:
    """Expect nothing any more of sources that were paused or removed.

    Args:
        connection: Session with MySQL that commits each statement.
        paused: The sources that are paused.
        known: All sources that there are; None when that cannot be told.
    """
    for dag_id in sorted(incidents.watched(connection)):
        if dag_id in paused or (known is not None and dag_id not in known):
            log.info("%s is not watched any more: it was paused or removed", dag_id)
            incidents.give_up(connection, dag_id)


def deliver(connection: Any, notify: Notify) -> list[str]:
    """Send what is still to be told; one message that cannot be sent holds up no other.

    Returns:
        The messages that were sent.

    Raises:
        DataFlowError: Some could not be sent; the first of the failures.
    """
    sent: list[str] = []
    failures: list[DataFlowError] = []
    for notice in incidents.unsent(connection):
        try:
            notify(notice)
        except DataFlowError as error:
            log.warning("%s", error)
            failures.append(error)
        else:
            incidents.mark_sent(connection, notice)
            sent.append(notice.text)
    if failures:
        raise failures[0]
    return sent


def _watch_time(connection: Any, source: Source, now: datetime, link: Link) -> None:
    since = incidents.watched_since(connection, source.dag_id, now)
    if source.cron is not None:
        grace = grace_of(source.cron, now)
        answered = landings.answered_until(connection, source.dag_id, now)
        found = scheduled(source.cron, answered, now, grace)
    else:
        grace = DERIVED_GRACE
        made = landings.made_at(connection, source.dag_id)
        # Airflow forgets what is updated while a DAG is paused.
        after = max(made, since) if made else since
        inputs = landings.inputs_updated_at(connection, source.inputs, after)
        found = derived(made, inputs, now, grace)
    failure = landings.last_failure(connection, source.dag_id)
    _settle(
        connection,
        source.dag_id,
        Kind.LATE,
        judging.late(source.dag_id, found, grace, since, now, failure),
        lambda begun: judging.in_time_again(source.dag_id, found, begun),
        link,
    )


def _watch_rows(connection: Any, source: Source, now: datetime, link: Link) -> None:
    runs = landings.newest_landed(connection, source.dag_id, now)
    _settle(
        connection,
        source.dag_id,
        Kind.EMPTY,
        judging.empty(source.dag_id, runs),
        lambda begun: judging.lands_again(source.dag_id, runs, begun),
        link,
    )


def _settle(
    connection: Any,
    dag_id: str,
    kind: Kind,
    problem: Problem | None,
    recovery: Callable[[datetime], str | None],
    link: Link,
) -> None:
    """Open an incident for a problem that has none, close one whose source has recovered."""
    incident = incidents.open_one(connection, dag_id, kind)
    if incident is None and problem is not None:
        message = f"{problem.sentence} {link(dag_id, problem.run_id)}"
        incidents.begin(connection, dag_id, problem, message)
    elif incident is not None and (sentence := recovery(incident.since)):
        incidents.end(connection, incident, f"{sentence} {link(dag_id, None)}")
