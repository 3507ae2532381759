"""Fixtures of the tests that work on the real servers of the test stack."""

import itertools
import os
import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from dataflow360.clients import mysql

_FIRST_DAY = date(1100, 1, 1)
_DAYS = 250_000
_base = random.randrange(_DAYS)
_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def stack_is_up() -> None:
    """Fail, with the command that helps, when there is no stack."""
    if "AIRFLOW_CONN_DATAFLOW360_MYSQL" not in os.environ:
        pytest.fail(
            "The test stack's environment is missing: run `make test`, or bring the stack up with "
            "`.venv/bin/python -m stack --profile test up` and run pytest by "
            "`.venv/bin/python -m stack --profile test run -- .venv/bin/python -m pytest`."
        )


@pytest.fixture
def day() -> date:
    """A day of the test's own."""
    return new_day()


def new_day() -> date:
    """A day that no other test, and hardly any earlier run of the tests, has worked on."""
    return _FIRST_DAY + timedelta(days=(_base + next(_numbers)) % _DAYS)


@pytest.fixture
def connection() -> Iterator[object]:
    """A session with MySQL."""
    with mysql.connect() as opened:
        yield opened
