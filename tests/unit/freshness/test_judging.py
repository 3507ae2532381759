"""How fresh a source is: against its schedule, or against its inputs when it follows them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.freshness.judging import ALWAYS, Freshness, Status, derived, grace_of, scheduled
from dataflow360.pipeline.run import last_complete_interval

QUARTERLY, HOURLY, SIX_HOURLY, DAILY = "*/15 * * * *", "0 * * * *", "0 */6 * * *", "0 0 * * *"
CRONS = (QUARTERLY, HOURLY, SIX_HOURLY, DAILY)
hours = st.integers(0, 72 * 60).map(lambda minutes: timedelta(minutes=minutes))
moments = st.integers(1_577_836_800, 2_208_988_800).map(lambda at: datetime.fromtimestamp(at, UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


@pytest.mark.parametrize(
    ("cron", "newest", "now", "expected", "missing"),
    [
        pytest.param(HOURLY, "2026-11-24T09:00", "2026-11-24T09:59", "2026-11-24T09:00", None,
                     id="its-last-hour-is-there"),
        pytest.param(HOURLY, "2026-11-24T09:00", "2026-11-24T10:29", "2026-11-24T09:00", None,
                     id="the-next-hour-still-has-time"),
        pytest.param(HOURLY, "2026-11-24T10:00", "2026-11-24T10:10", "2026-11-24T09:00", None,
                     id="earlier-than-it-must"),
        pytest.param(HOURLY, "2026-11-24T09:00", "2026-11-24T10:30", "2026-11-24T10:00",
                     "2026-11-24T10:00", id="its-grace-is-over"),
        pytest.param(HOURLY, "2026-11-20T23:00", "2026-11-24T10:30", "2026-11-24T10:00",
                     "2026-11-21T00:00", id="days-late-the-first-missing-hour-counts"),
        pytest.param(QUARTERLY, "2026-11-24T09:45", "2026-11-24T10:30", "2026-11-24T10:00",
                     "2026-11-24T10:00", id="every-quarter-of-an-hour"),
        pytest.param(SIX_HOURLY, "2026-11-24T06:00", "2026-11-24T13:59", "2026-11-24T06:00", None,
                     id="every-six-hours"),
        pytest.param(SIX_HOURLY, "2026-11-24T06:00", "2026-11-24T14:00", "2026-11-24T12:00",
                     "2026-11-24T12:00", id="every-six-hours-late"),
        pytest.param(DAILY, "2026-11-24T00:00", "2026-11-24T23:59", "2026-11-24T00:00", None,
                     id="daily"),
        pytest.param(DAILY, "2026-12-31T00:00", "2027-01-01T02:00", "2027-01-01T00:00",
                     "2027-01-01T00:00", id="daily-late-over-new-year"),
        pytest.param(DAILY, "2026-11-23T10:00", "2026-11-24T03:00", "2026-11-24T00:00",
                     "2026-11-24T00:00", id="an-interval-that-ends-between-ticks"),
    ],
)  # fmt: skip
def test_a_scheduled_source(cron, newest, now, expected, missing):
    missing = at(missing) if missing else None
    assert scheduled(cron, at(newest), at(now), ALWAYS) == Freshness(
        Status.LATE if missing else Status.ON_TIME,
        at(newest),
        at(expected),
        missing,
        missing and missing + grace_of(cron, at(now)),
    )


def test_a_source_that_has_answered_nothing_is_never():
    missing, due = at("2026-11-24T10:00"), at("2026-11-24T10:30")
    assert scheduled(HOURLY, None, due, ALWAYS) == Freshness(
        Status.NEVER, None, missing, missing, due
    )


@given(cron=st.sampled_from(CRONS), now=moments)
def test_a_source_that_answers_each_interval_at_once_is_never_late(cron, now):
    newest = last_complete_interval(cron, now).end
    assert scheduled(cron, newest, now, ALWAYS).status is Status.ON_TIME


@given(cron=st.sampled_from(CRONS), now=moments, missed=st.integers(1, 5))
def test_a_source_that_misses_intervals_is_late_from_the_first_of_them(cron, now, missed):
    grace = grace_of(cron, now)
    newest = first_missed = last_complete_interval(cron, now - grace).end
    for _ in range(missed):
        first_missed, newest = newest, last_complete_interval(cron, newest).start
    found = scheduled(cron, newest, now, ALWAYS)
    assert (found.status, found.missing) == (Status.LATE, first_missed)
    assert found.missing + grace == found.due <= now


@pytest.mark.parametrize(
    ("landed", "inputs", "now", "status"),
    [
        pytest.param("2026-11-24T06:05", "2026-11-24T06:03", "2026-11-24T11:00", Status.ON_TIME,
                     id="made-after-its-inputs"),
        pytest.param("2026-11-24T00:05", "2026-11-24T06:03", "2026-11-24T06:32", Status.ON_TIME,
                     id="its-inputs-have-just-come"),
        pytest.param("2026-11-24T00:05", "2026-11-24T06:03", "2026-11-24T06:33", Status.LATE,
                     id="its-grace-is-over"),
        pytest.param("2026-11-24T00:05", None, "2026-11-24T06:33", Status.ON_TIME,
                     id="an-input-was-never-there"),
        pytest.param(None, "2026-11-24T06:03", "2026-11-24T06:33", Status.NEVER,
                     id="was-never-made"),
        pytest.param(None, None, "2026-11-24T06:33", Status.NEVER, id="nothing-was-ever-there"),
    ],
)  # fmt: skip
def test_a_source_that_is_made_of_others(landed, inputs, now, status):
    landed, inputs = (at(each) if each else None for each in (landed, inputs))
    found = derived(landed, inputs, at(now), ALWAYS)
    missing = None if status is Status.ON_TIME else inputs
    due = missing and missing + timedelta(minutes=30)
    assert found == Freshness(status, landed, inputs, missing, due)


@given(cron=st.sampled_from(CRONS), now=moments, watched=hours, landed=hours | st.none())
def test_a_source_has_its_grace_after_it_was_unpaused_too(cron, now, watched, landed):
    since = now - watched
    newest = None if landed is None else last_complete_interval(cron, now - landed).end
    found, usual = (scheduled(cron, newest, now, begin) for begin in (since, ALWAYS))
    if watched < grace_of(cron, now):
        assert (found.missing, found.due) == (None, None)
        assert found.status is (Status.ON_TIME if newest else Status.NEVER)
    else:
        assert (found.status, found.missing) == (usual.status, usual.missing)
        assert found.due is None or found.due >= since + grace_of(cron, now)


@given(cron=st.sampled_from(CRONS), now=moments, landed=hours | st.none())
def test_of_a_source_that_is_not_watched_nothing_is_expected(cron, now, landed):
    newest = None if landed is None else now - landed
    expected = Freshness(Status.UNWATCHED if newest else Status.NEVER, newest, None, None, None)
    assert scheduled(cron, newest, now, None) == expected
    assert derived(newest, None, now, None) == expected


@pytest.mark.parametrize(
    ("cron", "minutes"), [(QUARTERLY, 20), (HOURLY, 30), (SIX_HOURLY, 120), (DAILY, 120)]
)
def test_the_grace_is_half_an_interval_within_bounds(cron, minutes):
    assert grace_of(cron, at("2026-11-24T10:07")) == timedelta(minutes=minutes)
