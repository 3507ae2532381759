"""Which records a run of ``replay_quarantine`` takes: chosen once, in a file of the landing zone.

The file counts when it has its name; the first to give it one wins. Whoever tries again, or is
cleared, goes on with the records that are in it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataflow360.errors import FatalError
from dataflow360.names import REPLAY_DAG
from dataflow360.pipeline.landing import read_table
from dataflow360.pipeline.quarantine_records import Entry
from dataflow360.pipeline.zone import ZonePath, create, landing_zone

_SCHEMA = pa.schema([("quarantine_id", pa.string()), ("group", pa.string())])
#: A source key names a folder, in which each of its characters may take three bytes of 255.
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are replayed as one batch.

    Attributes:
        dag_id: DAG that refused them.
        record_type: What they are.
        topic: Topic that they go to; empty when their batch is not registered any more.
    """

    dag_id: str
    record_type: str
    topic: str

    def __str__(self) -> str:
        return f"{self.dag_id}/{self.record_type}/{self.topic}"

    @classmethod
    def of(cls, text: str) -> Self:
        """The inverse of ``str``."""
        return cls(*text.split("/"))

    @classmethod
    def of_entry(cls, entry: Entry) -> Self:
        """The group that a record belongs to."""
        return cls(entry.dag_id, entry.record_type, entry.topic or "")

    def source_key(self, run_id: str) -> str:
        """What the group's batch is registered under; a long one is a digest."""
        key = f"{run_id}/{self}"
        return key if len(quote(key, safe="")) <= _LONGEST_KEY else _digest(key)


@dataclass(frozen=True, slots=True)
class Selection:
    """The records of one run."""

    path: ZonePath

    @classmethod
    def of(cls, run_id: str) -> Self:
        """The selection of a run, made or not."""
        return cls(landing_zone() / REPLAY_DAG / "selections" / f"{_digest(run_id)}.parquet")

    def exists(self) -> bool:
        """Whether the run has chosen its records."""
        return self.path.exists()

    def write(self, records: Sequence[tuple[str, Group]]) -> None:
        """Choose records, by id and group; without effect when the run has chosen before."""
        columns = [[record for record, _ in records], [str(group) for _, group in records]]
        content = io.BytesIO()
        pq.write_table(pa.table(columns, schema=_SCHEMA), content)
        create(self.path, content.getvalue())

    def groups(self) -> list[str]:
        """The groups, in the order of their names."""
        return sorted(self._read()["group"].unique().to_pylist())

    def ids(self, group: Group) -> list[str]:
        """Ids of the records of a group."""
        table = self._read()
        chosen: list[str] = table.filter(pc.equal(table["group"], str(group)))[
            "quarantine_id"
        ].to_pylist()
        return chosen

    def all_ids(self) -> list[str]:
        """Ids of all records."""
        ids: list[str] = self._read()["quarantine_id"].to_pylist()
        return ids

    def digest(self, group: Group) -> str:
        """What tells the records of a group from others."""
        return _digest("\n".join(self.ids(group)))

    def _read(self) -> pa.Table:
        try:
            return read_table(self.path)
        except FileNotFoundError as error:
            raise FatalError(
                f"{self.path.name} is not in the landing zone although its run has chosen "
                "records; trigger a new run."
            ) from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
