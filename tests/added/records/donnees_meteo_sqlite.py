"""The weather of each hour once more, in a file of SQLite, and how a record type says so."""

from dataclasses import dataclass, replace
from typing import ClassVar

from dataflow360.records.donnees_meteo import DONNEES_METEO


@dataclass(frozen=True)
class SQLiteTable:
    """A table."""

    kind: ClassVar[str] = "sqlite"
    name: str


DONNEES_METEO_SQLITE = replace(
    DONNEES_METEO, name="donnees_meteo_sqlite", store=SQLiteTable("donnees_meteo")
)
