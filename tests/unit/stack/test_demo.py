"""The demonstration's windows of days and hours."""

from datetime import UTC, datetime

import pytest

from stack.demo import Window, last_board_hours, last_complete_days


def test_the_last_three_complete_days_end_before_today() -> None:
    days = last_complete_days(datetime(2026, 3, 1, 17, 30, tzinfo=UTC))

    assert days == Window(datetime(2026, 2, 26, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("2026-03-01T17:30", "2026-03-01T08:00", "2026-03-01T11:00"),
        ("2026-03-01T18:00", "2026-03-01T14:00", "2026-03-01T17:00"),
        ("2026-03-01T05:59", "2026-02-28T20:00", "2026-02-28T23:00"),
    ],
)
def test_the_hours_of_weather_are_the_last_of_the_boards_last_complete_window(
    now: str, first: str, last: str
) -> None:
    hours = last_board_hours(datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert hours == Window(
        datetime.fromisoformat(first).replace(tzinfo=UTC),
        datetime.fromisoformat(last).replace(tzinfo=UTC),
    )
