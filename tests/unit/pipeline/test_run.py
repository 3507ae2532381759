"""Which data interval a run works on."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG, CronDataIntervalTimetable
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.errors import FatalError
from dataflow360.pipeline.run import (
    Interval,
    day_interval,
    days_around,
    last_complete_interval,
    run_of,
)
from dataflow360.sources.synthetic import FlightsRequest

DAILY, HOURLY, SIX_HOURLY = "0 0 * * *", "0 * * * *", "0 */6 * * *"
moments = st.integers(1_577_836_800, 2_208_988_800).map(lambda at: datetime.fromtimestamp(at, UTC))
offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("cron", "moment", "start", "end"),
    [
        pytest.param(DAILY, "2026-11-02T13:07:09Z", "2026-11-01T00:00Z", "2026-11-02T00:00Z",
                     id="in-the-middle"),
        pytest.param(DAILY, "2026-11-02T00:00:00Z", "2026-11-01T00:00Z", "2026-11-02T00:00Z",
                     id="on-the-tick"),
        pytest.param(DAILY, "2026-11-01T23:59:59.9Z", "2026-10-31T00:00Z", "2026-11-01T00:00Z",
                     id="just-before-the-tick"),
        pytest.param(DAILY, "2026-11-02T00:00:30.5Z", "2026-11-01T00:00Z", "2026-11-02T00:00Z",
                     id="seconds-after-the-tick"),
        pytest.param(HOURLY, "2026-11-02T05:00:59Z", "2026-11-02T04:00Z", "2026-11-02T05:00Z",
                     id="seconds-after-the-hour"),
        pytest.param(HOURLY, "2026-01-01T00:01Z", "2025-12-31T23:00Z", "2026-01-01T00:00Z",
                     id="over-new-year"),
        pytest.param(SIX_HOURLY, "2026-11-02T11:59Z", "2026-11-02T00:00Z", "2026-11-02T06:00Z",
                     id="six-hourly"),
        pytest.param(DAILY, "2026-11-02T00:30+01:00", "2026-10-31T00:00Z", "2026-11-01T00:00Z",
                     id="in-another-zone"),
        pytest.param(DAILY, "2026-11-02T01:00+01:00", "2026-11-01T00:00Z", "2026-11-02T00:00Z",
                     id="on-the-tick-in-another-zone"),
    ],
)  # fmt: skip
def test_the_last_interval_that_is_over(cron, moment, start, end):
    assert last_complete_interval(cron, at(moment)) == Interval(at(start), at(end))


@given(moment=moments, offset=offsets)
def test_a_day_ends_at_midnight_utc_whatever_the_moment(moment, offset):
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    elsewhere = moment.astimezone(timezone(offset))
    interval = last_complete_interval(DAILY, elsewhere)
    assert interval == Interval(midnight - timedelta(days=1), midnight)


def test_a_day_is_its_twenty_four_hours():
    interval = day_interval(at("2026-11-01").date())
    assert interval == Interval(at("2026-11-01T00:00Z"), at("2026-11-02T00:00Z"))
    assert interval.key == "20261101T000000Z-20261102T000000Z"


@pytest.fixture(scope="module")
def dag() -> DAG:
    return DAG(
        "synthetic_flights",
        schedule=CronDataIntervalTimetable(DAILY, timezone="UTC"),
        start_date=at("2020-01-01T00:00Z"),
    )


def context(
    dag: DAG, *, interval: tuple[str, str] | None = None, map_index=-1, try_number=1, **params
):
    """What of a task's context the pipeline reads."""
    start, end = map(at, interval) if interval else (None, None)
    dag_run = SimpleNamespace(
        dag_id=dag.dag_id,
        run_id="manual__1",
        data_interval_start=start,
        data_interval_end=end,
        run_after=at("2026-11-05T13:00:00Z"),
    )
    return {
        "dag": dag,
        "dag_run": dag_run,
        "ti": SimpleNamespace(map_index=map_index, try_number=try_number, max_tries=5),
        "params": params,
        "triggering_asset_events": {},
    }


def test_a_run_with_an_interval_works_on_it(dag):
    run = run_of(context(dag, interval=("2026-11-01T00:00Z", "2026-11-02T00:00Z"), map_index=3))
    assert (run.dag_id, run.run_id, run.map_index) == ("synthetic_flights", "manual__1", 3)
    assert run.interval.key == "20261101T000000Z-20261102T000000Z"


@pytest.mark.parametrize(("try_number", "last"), [(1, False), (5, False), (6, True)])
def test_a_run_knows_whether_it_is_tried_again(dag, try_number, last):
    assert run_of(context(dag, try_number=try_number)).last_try is last


def test_an_interval_is_told_in_utc(dag):
    run = run_of(context(dag, interval=("2026-11-01T01:00+01:00", "2026-11-02T01:00+01:00")))
    assert run.interval.start.isoformat() == "2026-11-01T00:00:00+00:00"
    assert run.interval.key == "20261101T000000Z-20261102T000000Z"


def test_a_run_without_an_interval_works_on_the_last_that_was_over_when_it_was_due(dag):
    run = run_of(context(dag))
    assert run.interval.key == "20261104T000000Z-20261105T000000Z"


def test_a_run_of_a_dag_without_a_schedule_works_on_the_day_that_it_was_due():
    run = run_of(context(DAG("replay_quarantine", schedule=None)))
    assert run.interval.key == "20261105T000000Z-20261106T000000Z"


@pytest.mark.parametrize("interval", [None, ("2026-11-01T00:00Z", "2026-11-02T00:00Z")])
def test_a_run_with_a_day_works_on_that_day(dag, interval):
    run = run_of(context(dag, interval=interval, day="1999-12-31"))
    assert run.interval.key == "19991231T000000Z-20000101T000000Z"


@pytest.mark.parametrize("params", [{}, {"day": None}], ids=["no-day", "day-left-empty"])
def test_a_run_may_leave_the_day_open(dag, params):
    run = run_of(context(dag, interval=("2026-11-01T00:00Z", "2026-11-02T00:00Z"), **params))
    assert run.interval.key == "20261101T000000Z-20261102T000000Z"


@pytest.mark.parametrize(
    "day", ["2026-11-01", "2026-11-01T00:00:00", "2026-11-01T00:00:00Z", "1793491200", "20261101"]
)
def test_a_day_is_refused_in_a_sentence_or_understood(dag, day):
    """What the check of the params lets through, the run must understand."""
    try:
        FlightsRequest.checked({"day": day})
    except FatalError as error:
        assert "day" in str(error)  # noqa: PT017
    else:
        run = run_of(context(dag, day=day))
        assert run.interval.key == "20261101T000000Z-20261102T000000Z"


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-11-01T00:00Z", "2026-11-02T00:00Z"), ("1950-02-28T23:00Z", "1950-03-01T00:00Z")],
)
def test_a_key_says_which_interval_it_is_of(start, end):
    interval = Interval(at(start), at(end))
    assert Interval.of_key(interval.key) == interval


@pytest.mark.parametrize("key", ["", "meteo.csv", "20261101T000000Z", "a-b", "2026-11-01"])
def test_a_file_is_no_interval(key):
    assert Interval.of_key(key) is None


def test_days_around_intervals_are_those_that_a_local_time_can_fall_on():
    hour = timedelta(hours=1)
    midday = Interval(at("2026-11-01T12:00Z"), at("2026-11-01T13:00Z"))
    late = Interval(at("2026-11-03T22:30Z"), at("2026-11-03T23:30Z"))
    first = Interval(at("2026-11-05T00:00Z"), at("2026-11-05T01:00Z"))
    days = days_around([first, midday, late], hour)
    assert [day.isoformat() for day in days] == [
        "2026-11-01", "2026-11-03", "2026-11-04", "2026-11-05",
    ]  # fmt: skip
    assert days_around([], hour) == []
