"""When someone is told of a source, and what the sentence says."""

from datetime import datetime, timedelta

import pytest

from dataflow360.alerts.judging import Kind, Problem, empty, in_time_again, lands_again, late
from dataflow360.freshness.judging import Freshness, Status
from dataflow360.freshness.landings import Failure, Landed
from dataflow360.pipeline.run import Interval

HOUR = timedelta(hours=1)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00")


LATE = Freshness(Status.LATE, at("09:00"), at("12:00"), missing=at("10:00"), due=at("10:30"))
NEVER = Freshness(Status.NEVER, None, at("10:00"), missing=at("10:00"), due=at("10:30"))
ON_TIME = Freshness(Status.ON_TIME, at("12:00"), at("12:00"), missing=None, due=None)


def test_the_sentence_says_who_is_late_since_when_and_what_to_do():
    assert late("openweather", LATE, None) == Problem(
        Kind.LATE,
        at("10:00"),
        None,
        "openweather is late: what it should have landed up to 2026-11-24 10:00 UTC was due by "
        "2026-11-24 10:30 UTC, and its newest is of 2026-11-24 09:00 UTC; see what holds up its "
        "runs and clear the task that failed.",
    )


def test_the_reason_of_the_last_run_is_told_with_that_run():
    failure = Failure("scheduled__1", "16 valid rows are missing\n from  the store.")
    problem = late("openweather", LATE, failure)
    assert problem.run_id == "scheduled__1"
    assert "(16 valid rows are missing from the store); see" in problem.sentence


def test_a_long_reason_is_cut():
    failure = Failure("scheduled__1", "word " * 10_000)
    problem = late("openweather", LATE, failure)
    assert len(problem.sentence) < 700


def test_a_source_that_has_never_landed_is_told_like_a_late_one():
    problem = late("openweather", NEVER, None)
    assert (problem.kind, problem.since) == (Kind.LATE, at("10:00"))
    assert problem.sentence.startswith("openweather has never landed anything: what it should ")


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(ON_TIME, id="on-time"),
        pytest.param(Freshness(Status.NEVER, None, at("10:00"), None, None), id="has-still-time"),
        pytest.param(Freshness(Status.NEVER, None, None, None, None), id="never-had-its-inputs"),
    ],
)
def test_a_source_of_which_nothing_is_due_is_not_told(found):
    assert late("openweather", found, None) is None


def test_a_source_recovers_when_it_has_landed_what_it_lacked():
    assert in_time_again("openweather", ON_TIME, since=at("10:00")) == (
        "openweather is on time again: what was missing since 2026-11-24 10:00 UTC has landed, "
        "and its newest is of 2026-11-24 12:00 UTC."
    )


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(LATE, id="still-late"),
        pytest.param(NEVER, id="still-never"),
        pytest.param(ON_TIME, id="new-inputs-have-their-own-grace"),
    ],
)
def test_a_source_has_not_recovered_before(found):
    assert in_time_again("flight_weather", found, since=at("12:01")) is None


def landed(*rows: int) -> list[Landed]:
    """Runs of one hour each, the newest first, with so many valid rows of sixteen."""
    return [
        Landed(f"run-{number}", Interval(end - HOUR, end), 16, count)
        for number, count in enumerate(rows)
        for end in [at("12:00") - number * HOUR]
    ]


def test_a_run_without_rows_is_told_where_runs_usually_have_some():
    assert empty("openweather", landed(0, 16, 0, 16)) == Problem(
        Kind.EMPTY,
        at("11:00"),
        "run-0",
        "openweather has landed no row for the interval from 2026-11-24 11:00 UTC to 2026-11-24 "
        "12:00 UTC (16 read, none valid), where 2 of the 3 runs before it had some; look at the "
        "source and at what was refused, then run it again with refetch.",
    )


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param((), id="nothing-is-known"),
        pytest.param((0,), id="its-first-run"),
        pytest.param((16, 0, 0), id="it-has-some"),
        pytest.param((0, 0, 0, 0), id="it-never-has"),
        pytest.param((0, 16, 0), id="it-has-as-often-as-not"),
    ],
)
def test_a_run_without_rows_may_be_usual(rows):
    assert empty("lambda_failures", landed(*rows)) is None


def test_a_source_lands_rows_again():
    assert lands_again("openweather", landed(15, 0, 0), since=at("10:00")) == (
        "openweather lands rows again: 15 for the interval from 2026-11-24 11:00 UTC to "
        "2026-11-24 12:00 UTC, after it had none for the interval from 2026-11-24 10:00 UTC."
    )


@pytest.mark.parametrize("rows", [(), (0, 16), (0, 0, 0, 0)])
def test_a_source_is_empty_until_it_lands_rows_however_usual_it_gets(rows):
    assert lands_again("openweather", landed(*rows), since=at("10:00")) is None
