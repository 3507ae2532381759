"""What the library declares and the stack creates: tables and topics."""

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol


class Topic(Protocol):
    """A topic as the library declares it."""

    @property
    def name(self) -> str:
        """The topic's name."""
        ...

    @property
    def partitions(self) -> int:
        """How many partitions it has."""
        ...

    @property
    def config(self) -> Mapping[str, str]:
        """Its settings, by Kafka's names."""
        ...


@dataclass(frozen=True)
class Contracts:
    """The declarations in ``include/dataflow360/records``; imported when first asked for."""

    root: Path

    def mysql(self) -> list[str]:
        """The statements that create MySQL's databases and tables."""
        statements: list[str] = self._module("ddl").mysql()
        return statements

    def cassandra(self, replication_factor: int) -> list[str]:
        """The statements that create Cassandra's keyspace and tables."""
        statements: list[str] = self._module("ddl").cassandra(replication_factor)
        return statements

    def topics(self) -> tuple[Topic, ...]:
        """The topics."""
        topics: tuple[Topic, ...] = self._module("topics").TOPICS
        return topics

    def _module(self, name: str) -> ModuleType:
        include = str(self.root / "include")
        if include not in sys.path:
            sys.path.insert(0, include)
        return importlib.import_module(f"dataflow360.records.{name}")
