"""Look at every source: open and close incidents, and send what is still to be told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence, Set
from datetime import datetime
from functools import partial
from typing import Any

from dataflow360.alerts import incidents, judging
from dataflow360.alerts.judging import Kind, Problem
from dataflow360.alerts.notifiers import Notify
from dataflow360.errors import DataFlowError
from dataflow360.freshness import landings, watches
from dataflow360.freshness.sources import Source
from dataflow360.freshness.verdicts import verdicts
from dataflow360.pipeline.links import link

log = logging.getLogger(__name__)


def watch(connection: Any, sources: Sequence[Source], now: datetime, base_url: str) -> None:
    """Open the incidents of sources that have begun, close those that are over.

    Args:
        connection: Session with MySQL that commits each statement.
        sources: Those that are expected to keep their schedules.
        now: The moment to judge at, UTC.
        base_url: Address of Airflow's UI, where a person looks at them.
    """
    for source in sources:
        watches.begin(connection, source.dag_id, now)
    for dag_id, found in verdicts(connection, sources, now).items():
        failure = landings.last_failure(connection, dag_id)
        _settle(
            connection,
            dag_id,
            Kind.LATE,
            judging.late(dag_id, found, failure),
            partial(judging.in_time_again, dag_id, found),
            base_url,
        )
        runs = landings.newest_landed(connection, dag_id, now)
        _settle(
            connection,
            dag_id,
            Kind.EMPTY,
            judging.empty(dag_id, runs),
            partial(judging.lands_again, dag_id, runs),
            base_url,
        )


def give_up(connection: Any, paused: Set[str], known: Set[str] | None) -> None:
    """Expect nothing any more of sources that were paused or removed.

    Args:
        connection: Session with MySQL that commits each statement.
        paused: The sources that are paused.
        known: All sources that there are; None when that cannot be told.
    """
    for dag_id in sorted(watches.watched(connection)):
        if dag_id in paused or (known is not None and dag_id not in known):
            log.info("%s is not watched any more: it was paused or removed", dag_id)
            # In this order: a run that is killed between the two leaves both to the next one.
            incidents.give_up(connection, dag_id)
            watches.end(connection, dag_id)


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


def _settle(
    connection: Any,
    dag_id: str,
    kind: Kind,
    problem: Problem | None,
    recovery: Callable[[datetime], str | None],
    base_url: str,
) -> None:
    """Open an incident for a problem that has none, close one whose source has recovered."""
    incident = incidents.open_one(connection, dag_id, kind)
    if incident is None and problem is not None:
        message = f"{problem.sentence} {link(dag_id, problem.run_id, base_url)}"
        incidents.begin(connection, dag_id, problem, message)
    elif incident is not None and (sentence := recovery(incident.since)):
        incidents.end(connection, incident, f"{sentence} {link(dag_id, below=base_url)}")
