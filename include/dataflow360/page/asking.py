"""Ask each store for its parts of the page, each within its time.

The clients of MySQL and of Airflow's own database are imported with this module, those of the other
stores when they are first asked: that takes half a second or more for each.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from dataflow360.airports import Airport
from dataflow360.names import STREAM_DAG
from dataflow360.page import airports, ledger, quarantine, quotas, weather
from dataflow360.page.airflow import Dags, dags
from dataflow360.page.limits import Found, Store
from dataflow360.page.models.airports import (
    Air,
    AirportDetail,
    Board,
    Delays,
    Map,
    Series,
    Weather,
)
from dataflow360.page.models.common import Count, Part
from dataflow360.page.models.overview import MinuteLimit, MonthlyQuota, Overview, Source
from dataflow360.page.models.quarantine import (
    Quarantine,
    QuarantineDetail,
    QuarantinePage,
    QuarantineRecord,
    QuarantineState,
)
from dataflow360.page.models.streams import Cluster, Kafka, Kinesis, Stream
from dataflow360.page.quarantine import Cursor, Visible, group_of
from dataflow360.pipeline.links import link

_SECONDS = 3.0
#: Opening a session takes a second or two of the first answer.
_SLOW_SECONDS = 5.0


class Stores:
    """The stores behind the page; one set of them for an API server."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._airflow = Store("Airflow's database", _SECONDS)
        self._mysql = Store("MySQL", _SECONDS)
        self._redis = Store("Redis", _SECONDS, module=f"{__package__}.redis")
        self._kafka = Store("Kafka", _SLOW_SECONDS, module=f"{__package__}.kafka")
        self._cassandra = Store("Cassandra", _SLOW_SECONDS, module=f"{__package__}.flights")
        self._dynamodb = Store("DynamoDB", _SLOW_SECONDS, module=f"{__package__}.air")

    async def dags(self) -> Found[Dags]:
        """The DAGs, as Airflow has them."""
        return await self._airflow.ask("dags", dags)

    async def overview(self, known: Dags, readable: frozenset[str]) -> Overview:
        """Every source that a user may read, and what is left of the quotas."""
        now = datetime.now(UTC)
        sources = [dag.source for dag in known.sources]
        visible = known.visible_to(readable)
        accounts, monthly, minute, count = await asyncio.gather(
            # All of them are asked for, so that one answer serves every user.
            self._mysql.ask("accounts", lambda: ledger.accounts(sources, now)),
            self._mysql.ask("quotas", lambda: quotas.monthly_quotas(now)),
            self._redis.ask_module("limits", lambda redis: redis.minute_limits()),
            self._mysql.ask(("open", visible), lambda: quarantine.open_count(visible)),
        )
        by_dag = accounts.data or {}
        return Overview(
            now=now,
            sources=[
                Source(
                    dag_id=dag_id,
                    schedule=dag.source.cron,
                    paused=dag.paused,
                    link=link(dag_id),
                    last_run=dag.last_run,
                    account=by_dag.get(dag_id),
                )
                for dag in known.sources
                if (dag_id := dag.source.dag_id) in readable
            ],
            ledger=accounts.availability,
            monthly_quotas=monthly.part(Part[list[MonthlyQuota]]),
            minute_limits=minute.part(Part[list[MinuteLimit]]),
            open_in_quarantine=count.part(Part[Count]),
        )

    async def kafka(self) -> Kafka:
        """The cluster."""
        found = await self._kafka.ask_module("cluster", lambda kafka: kafka.cluster())
        return Kafka(now=datetime.now(UTC), cluster=found.part(Part[Cluster]))

    async def kinesis(self) -> Kinesis:
        """The way from Kinesis to DynamoDB."""
        now = datetime.now(UTC)
        found = await self._mysql.ask("stream", lambda: ledger.stream(STREAM_DAG, now.date()))
        return Kinesis(now=now, stream=found.part(Part[Stream]))

    async def map(self) -> Map:
        """All airports."""
        now = datetime.now(UTC)
        found, clean, departures = await asyncio.gather(
            self._mysql.ask("weather", weather.newest),
            self._air(),
            self._cassandra.ask_module(
                "departures", lambda flights: flights.departures(now.date())
            ),
        )
        return Map(
            now=now,
            airports=airports.on_map(found.data, clean.data, departures.data, now),
            weather=found.availability,
            air=clean.availability,
            departures=departures.availability,
        )

    async def airport(self, airport: Airport) -> AirportDetail:
        """One airport."""
        now = datetime.now(UTC)
        iata = airport.iata
        newest, clean, curves, page_curve, board, delays = await asyncio.gather(
            self._mysql.ask("weather", weather.newest),
            self._air(),
            self._mysql.ask(("curves", iata), lambda: weather.curves(airport, now)),
            self._redis.ask_module(("curve", iata), lambda redis: redis.page_curve(airport, now)),
            self._redis.ask_module(("board", iata), lambda redis: redis.board(airport)),
            self._cassandra.ask_module(
                ("delays", iata), lambda flights: flights.delays(airport, now.date())
            ),
        )
        return AirportDetail(
            now=now,
            airport=airport,
            weather=newest.map(lambda by_iata: by_iata.get(iata)).part(Part[Weather | None]),
            air=clean.map(lambda by_iata: by_iata.get(iata)).part(Part[Air | None]),
            curves=curves.part(Part[list[Series]]),
            page_curve=page_curve.part(Part[Series | None]),
            board=board.part(Part[Board | None]),
            delays=delays.part(Part[Delays | None]),
        )

    async def quarantine(
        self,
        state: QuarantineState,
        dag_id: str | None,
        record_type: str | None,
        reason_kind: str | None,
        after: str | None,
        limit: int,
        visible: Visible,
    ) -> Quarantine:
        """A page of the quarantined records.

        Raises:
            ValueError: A record type without a kind of reason or a DAG, or the reverse; or the
                cursor is none.
        """
        group = group_of(dag_id, record_type, reason_kind)
        cursor = None if after is None else Cursor.of(after)
        listed, groups = await asyncio.gather(
            self._mysql.ask(
                ("page", state, group, cursor, limit, visible),
                lambda: quarantine.page(state, group, cursor, limit, visible),
            ),
            self._mysql.ask(("groups", state, visible), lambda: quarantine.groups(state, visible)),
        )
        data = None
        if listed.data is not None and groups.data is not None:
            data = QuarantinePage(
                groups=groups.data, records=listed.data.records, next=listed.data.next
            )
        found = Found(data, listed.reason or groups.reason)
        return Quarantine(now=datetime.now(UTC), page=found.part(Part[QuarantinePage]))

    async def record(self, quarantine_id: str, visible: Visible) -> QuarantineDetail | None:
        """One quarantined record; None when there is none that the user may see."""
        found = await self._mysql.ask(
            ("record", quarantine_id, visible), lambda: quarantine.record(quarantine_id, visible)
        )
        if found.data is None and found.reason is None:
            return None
        return QuarantineDetail(
            now=datetime.now(UTC), record=found.part(Part[QuarantineRecord | None])
        )

    async def _air(self) -> Found[dict[str, Air]]:
        return await self._dynamodb.ask_module("air", lambda air: air.air())
