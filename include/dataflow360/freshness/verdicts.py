"""The one verdict on a source: the page and the alerts ask it here, with the same arguments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dataflow360.freshness import landings, watches
from dataflow360.freshness.judging import Freshness, derived, scheduled
from dataflow360.freshness.sources import Source


def verdicts(connection: Any, sources: Sequence[Source], now: datetime) -> dict[str, Freshness]:
    """How fresh sources are, by DAG, asked in three statements however many they are.

    Args:
        connection: Session with MySQL; it is only read from.
        sources: The sources.
        now: The moment to judge at, UTC.
    """
    if not sources:
        return {}
    since = watches.watched_since(connection, [source.dag_id for source in sources])
    landed = landings.landed_until(connection, sources, now)
    after = {dag_id: max(moment, landed.get(dag_id, moment)) for dag_id, moment in since.items()}
    following = [source for source in sources if source.dag_id in after and not source.cron]
    inputs = landings.inputs_updated_at(connection, following, after)
    return {
        dag_id: scheduled(source.cron, landed.get(dag_id), now, since.get(dag_id))
        if source.cron
        else derived(landed.get(dag_id), inputs.get(dag_id), now, since.get(dag_id))
        for source in sources
        for dag_id in [source.dag_id]
    }
