"""Faker with the project's providers, and a digest of tables that doesn't hang on Arrow's bytes."""

import hashlib
import json

import pyarrow as pa
import pytest
from faker import Faker

from dataflow360.faker_providers import FlightProvider, WeatherProvider


@pytest.fixture(scope="session")
def fake():
    faker = Faker("fr_FR")
    faker.add_provider(FlightProvider)
    faker.add_provider(WeatherProvider)
    return faker


@pytest.fixture(scope="session")
def digest():
    def of(table: pa.Table) -> str:
        text = json.dumps(table.to_pydict(), default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    return of
