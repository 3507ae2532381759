"""The demonstration's window of days."""

from datetime import UTC, datetime

from stack.demo import last_complete_days


def test_the_last_three_complete_days_end_before_today() -> None:
    first, last = last_complete_days(datetime(2026, 3, 1, 17, 30, tzinfo=UTC))

    assert first == datetime(2026, 2, 26, tzinfo=UTC)
    assert last == datetime(2026, 2, 28, tzinfo=UTC)
