"""What the page's routes answer: the contract between its backend and its front end.

All moments are UTC (RFC 3339 with ``Z``), all days UTC days as ``YYYY-MM-DD``. Whatever comes from
a store is a part of its own: one that cannot be had says so and leaves the others alone. Links are
paths below the root of Airflow's UI, as in ``/dags/openweather/runs/…``; ``Me.root`` goes before
them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Natural = Annotated[int, Field(ge=0)]


class Answer(BaseModel):
    """What all answers have in common: no field may be forgotten or made up."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Availability(Answer):
    """Whether a store has answered in time.

    Attributes:
        available: False when it has not: the part is greyed.
        reason: Then one sentence that says what failed.
    """

    available: bool
    reason: str | None = None


class Part[T](Availability):
    """What one store knows.

    Attributes:
        data: None when it is not available.
    """

    data: T | None = None


class Count(Answer):
    """A bounded count.

    Attributes:
        value: How many there are, or the most that is counted.
        more: Whether there are more than that.
    """

    value: Natural
    more: bool = False


class Interval(Answer):
    """A data interval: ``start`` inclusive, ``end`` exclusive."""

    start: AwareDatetime
    end: AwareDatetime


# GET /api/me


class Me(Answer):
    """The user.

    Attributes:
        name: As Airflow's UI shows it.
        may_replay: Whether the user may trigger the DAG that replays and dismisses.
        replay_dag: That DAG.
        root: Path before Airflow's own, without a slash at its end; mostly empty.
    """

    name: str
    may_replay: bool
    replay_dag: str
    root: str


# GET /api/overview

AirflowState = Literal["queued", "running", "success", "failed"]
LedgerState = Literal["reconciled", "failed", "skipped"]
FreshnessStatus = Literal["on_time", "late", "never"]


class Freshness(Answer):
    """Whether what should have landed by now has landed, as ``freshness/judging.py`` judges it.

    Attributes:
        status: ``never`` means that nothing has landed yet.
        newest: Up to when it has.
        expected: Up to when it should have.
        missing: The first moment that should have landed and has not; None while it is on time.
    """

    status: FreshnessStatus
    newest: AwareDatetime | None
    expected: AwareDatetime | None
    missing: AwareDatetime | None


class LastRun(Answer):
    """The DAG's run that Airflow has made last."""

    run_id: str
    state: AirflowState
    interval: Interval | None
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    link: str


class Rows(Answer):
    """What the last run that landed anything has counted; a run over several files, their sum."""

    run_id: str
    read: Natural
    valid: Natural
    duplicate: Natural
    quarantined: Natural
    new: Natural
    changed: Natural
    unchanged: Natural
    stored: Natural
    published: Natural
    failed: Natural


class Entry(Answer):
    """What the run ledger says of a run.

    Attributes:
        text: Why it failed or was skipped; None when it reconciled. Foreign text: show it inert.
    """

    run_id: str
    state: LedgerState
    at: AwareDatetime
    text: str | None
    link: str


class DayVolume(Answer):
    """Rows that landed on a day."""

    day: date
    valid: Natural
    quarantined: Natural


class Account(Answer):
    """What the run ledger knows of a source.

    Attributes:
        freshness: None when the source has no schedule of its own.
        rows: None when no run has landed anything.
        last: The newest entry.
        last_error: The newest entry of a failed run, if the ledger has one.
        volume: The last 30 days, today at the end; days without rows are there too.
    """

    freshness: Freshness | None
    rows: Rows | None
    last: Entry | None
    last_error: Entry | None
    volume: list[DayVolume]


class Source(Answer):
    """A source: a DAG that lands data.

    Attributes:
        schedule: As Airflow shows it; None when it is started by hand.
        account: None when the run ledger is not available.
        last_run: None when Airflow has no run of it.
    """

    dag_id: str
    schedule: str | None
    paused: bool
    link: str
    last_run: LastRun | None
    account: Account | None


class MonthlyQuota(Answer):
    """Calls that a month has."""

    source: str
    period: str
    allowed: Natural
    used: Natural
    left: Natural
    renews_on: date
    closed_reason: str | None


class MinuteLimit(Answer):
    """Calls that any 60 seconds have.

    Attributes:
        renews_at: When the oldest call does not count any more; None while all are left.
    """

    source: str
    allowed: Natural
    left: Natural
    renews_at: AwareDatetime | None


class Overview(Answer):
    """Every source that the user may see, and what is left of the quotas."""

    now: AwareDatetime
    sources: list[Source]
    ledger: Availability
    monthly_quotas: Part[list[MonthlyQuota]]
    minute_limits: Part[list[MinuteLimit]]
    open_in_quarantine: Part[Count]


# GET /api/kafka


class Topic(Answer):
    """A topic.

    Attributes:
        messages: End minus begin offsets; each transaction adds a marker, which counts too.
        newest_at: Time of the newest record; None when there is none.
        under_replicated: Partitions with fewer replicas in sync than they should have.
    """

    name: str
    partitions: Natural
    messages: Natural
    newest_at: AwareDatetime | None
    under_replicated: Natural


class ConsumerGroup(Answer):
    """A consumer group of the project.

    Attributes:
        lag: Offsets that it has not committed yet.
    """

    name: str
    state: str
    lag: Natural


class Cluster(Answer):
    """The Kafka cluster."""

    brokers: Natural
    topics: list[Topic]
    groups: list[ConsumerGroup]


class Kafka(Answer):
    """Answer of ``/api/kafka``."""

    now: AwareDatetime
    cluster: Part[Cluster]


# GET /api/kinesis


class Arrivals(Answer):
    """Records that went through the stream; ``put = stored + failed``."""

    put: Natural
    stored: Natural
    failed: Natural


class DayArrivals(Arrivals):
    """The same of one day."""

    day: date


class Stream(Answer):
    """The way from Kinesis to DynamoDB, as the run ledger has it.

    Attributes:
        last: The newest run that put anything.
        days: The last 30 days, today at the end.
        total: Their sum.
    """

    stream: str
    table: str
    dag_id: str
    last: Entry | None
    last_arrivals: Arrivals | None
    days: list[DayArrivals]
    total: Arrivals


class Kinesis(Answer):
    """Answer of ``/api/kinesis``."""

    now: AwareDatetime
    stream: Part[Stream]


# GET /api/map and /api/airports/{iata}


class Airport(Answer):
    """An airport; degrees are WGS 84, north and east positive. City and country are French."""

    iata: str
    icao: str
    city: str
    country: str
    latitude: float
    longitude: float
    timezone: str


class Weather(Answer):
    """Weather at one moment: °C, %, hPa, km/h and degrees.

    Attributes:
        provenance: Where it is from: ``openweather``, ``open-meteo``, ``synthetique``,
            ``fichier``, ``visualcrossing``.
    """

    at: AwareDatetime
    provenance: str
    temperature: float | None
    humidity: float | None
    pressure: float | None
    wind_speed: float | None
    wind_direction: float | None
    clouds: float | None
    conditions: str | None


class Air(Answer):
    """Air at one moment.

    Attributes:
        aqi: OpenWeather's index, 1 (good) to 5 (very poor).
        components: µg/m³ by substance (``co``, ``no``, ``no2``, ``o3``, ``so2``, ``pm2_5``,
            ``pm10``, ``nh3``); one that was not measured is not there.
    """

    at: AwareDatetime
    aqi: Annotated[int, Field(ge=1, le=5)]
    components: dict[str, float]


class Departures(Answer):
    """Departures of one day, of the synthetic flights.

    Attributes:
        delayed: How many of them were late.
    """

    day: date
    flights: Natural
    delayed: Natural


class AirportNow(Answer):
    """What is known of an airport; None where nothing is, or where its store is down.

    Attributes:
        freshness: Whether the hour's weather has landed for this airport.
    """

    airport: Airport
    weather: Weather | None
    air: Air | None
    departures: Departures | None
    freshness: FreshnessStatus | None


class Map(Answer):
    """Answer of ``/api/map``: all airports, and which stores have answered."""

    now: AwareDatetime
    airports: list[AirportNow]
    weather: Availability
    air: Availability
    departures: Availability


class Series(Answer):
    """Observations of one provenance, oldest first."""

    provenance: str
    points: list[Weather]


class Flight(Answer):
    """A line of a departure board; times are local, as on the board."""

    flight: str
    airline: str
    date: date
    departure: str
    arrival: str | None
    destination: str
    destination_city: str | None


class Board(Answer):
    """A departure board.

    Attributes:
        read_at: End of the data interval that it was read in; None when that is not known.
        flights: By time, at most 200.
    """

    read_at: AwareDatetime | None
    flights: list[Flight]


class HourDelays(Answer):
    """Departures in one hour of the day (0 to 23, local) over the days of ``Delays``.

    Attributes:
        mean_delay: Mean delay of all of them in minutes; None when there are none.
    """

    hour: Annotated[int, Field(ge=0, le=23)]
    flights: Natural
    delayed: Natural
    mean_delay: float | None


class Delays(Answer):
    """Delays by hour of the day, of the synthetic flights.

    Attributes:
        first_day: First day that is counted.
        last_day: Last one, inclusive.
        hours: All 24.
    """

    first_day: date
    last_day: date
    hours: list[HourDelays]


class AirportDetail(Answer):
    """Answer of ``/api/airports/{iata}``; a part without data but available has ``data`` null.

    Attributes:
        weather: The newest that was observed, or is from an archive.
        curves: The last 7 days, a series for each provenance.
        page_curve: The same as the city's web page has it, ``visualcrossing``.
    """

    now: AwareDatetime
    airport: Airport
    weather: Part[Weather | None]
    air: Part[Air | None]
    curves: Part[list[Series]]
    page_curve: Part[Series | None]
    board: Part[Board | None]
    delays: Part[Delays | None]


# GET /api/quarantine, with the parameters
#   state=open|replayed|dismissed (default open); dag_id, or all of dag_id, record_type and
#   reason_kind (those of a group); after (``next`` of the page before); limit (1 to 200, else 50)

QuarantineState = Literal["open", "replayed", "dismissed"]


class QuarantineGroup(Answer):
    """Records of one source that were refused for one kind of reason.

    Attributes:
        reason_kind: The reason without the values. Foreign text: show it inert.
    """

    dag_id: str
    record_type: str
    reason_kind: str
    count: Count


class QuarantineRow(Answer):
    """A refused record in the list.

    Attributes:
        position: Row or line number in its source, from 1.
        reasons: Why it was refused, at most 500 characters, made visible.
        preview: Beginning of its bytes as text, at most 200 characters, made visible.
        size: Bytes that it has.
    """

    quarantine_id: str
    dag_id: str
    record_type: str
    state: QuarantineState
    position: int
    reasons: str
    preview: str
    size: Natural
    source_name: str | None
    first_seen: AwareDatetime
    last_seen: AwareDatetime


class QuarantinePage(Answer):
    """A page of the list, those seen last first, and the groups of that state.

    Attributes:
        groups: The largest first, at most 200; of all sources, whatever else is filtered.
        next: Cursor of the next page; None on the last one.
    """

    groups: list[QuarantineGroup]
    records: list[QuarantineRow]
    next: str | None


class Quarantine(Answer):
    """Answer of ``/api/quarantine``."""

    now: AwareDatetime
    page: Part[QuarantinePage]


# GET /api/quarantine/{id}; 404 when there is no such record


class QuarantineRecord(QuarantineRow):
    r"""One refused record.

    Attributes:
        text: Its bytes as text in which whatever is not printable is an escape, at most 20,000
            characters; bytes that are not UTF-8 are ``\xNN``.
        raw_base64: Its first bytes, at most 64 KiB.
        truncated: Whether ``text`` or ``raw_base64`` is not the whole.
        run_id: Run that has landed its batch; None when the batch is not registered any more.
        link: That run.
    """

    text: str
    raw_base64: str
    truncated: bool
    batch_id: str
    run_id: str | None
    link: str | None
    replayed_batch_id: str | None
    replayed_at: AwareDatetime | None
    dismissed_by: str | None
    dismissed_at: AwareDatetime | None
    comment: str | None


class QuarantineDetail(Answer):
    """Answer of ``/api/quarantine/{id}``."""

    now: AwareDatetime
    record: Part[QuarantineRecord | None]


# To replay or to dismiss, the browser triggers ``Me.replay_dag`` with the user's own session, by
# Airflow's REST API: ``POST {root}/api/v2/dags/replay_quarantine/dagRuns`` with a null
# ``logical_date`` and, as ``conf``, the ``ids`` (or ``dag``, ``record_type``, ``reason``,
# ``limit``), ``dry_run`` and, to dismiss, the comment under ``dismiss``. It follows
# ``…/dagRuns/{run_id}`` until that ends, and reads
# ``…/dagRuns/{run_id}/taskInstances/select/xcomEntries/outcome``, whose ``value`` is a
# ``ReplayOutcome`` of pipeline/replay_outcome.py.
