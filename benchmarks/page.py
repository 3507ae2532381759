"""How fast the page in Airflow's UI gets its answers, from a full run ledger and quarantine.

The tables are the project's own, in a database of the benchmark's.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from benchmarks import administration
from benchmarks.runner import MeasurementError
from dataflow360 import names

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "page"
DATABASE = "benchmarks_page"
RUNS = 100_000
RECORDS = 1_000_000
ROUNDS = 40
OVERVIEW_MILLISECONDS = 300

#: The sources, with the share that each has of the rows.
_SOURCES = {
    "synthetic_flights": 1, "synthetic_weather": 1, "csv_files": 30, "scrape_departures": 4,
    "scrape_weather": 1, "openweather": 24, "aviationstack": 1, "openweather_to_kinesis": 24,
    "flight_weather": 5,
}  # fmt: skip
_KINDS = 12
_YEAR_SECONDS = 365 * 86_400
#: Records of one batch are refused at the same time.
_SEEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What was measured of a question.

    Attributes:
        title: The question.
        milliseconds: Of each round.
        at_most: What the 95th percentile shall not be above, in milliseconds.
    """

    title: str
    milliseconds: list[float]
    at_most: int | None = None

    @property
    def median(self) -> float:
        """Milliseconds of the median round."""
        return statistics.median(self.milliseconds)

    @property
    def slow(self) -> float:
        """Milliseconds of the 95th percentile."""
        return statistics.quantiles(self.milliseconds, n=20)[-1]


@contextmanager
def database(root: Any, folder: Path) -> Iterator[None]:
    """The benchmark's database, full; gone in the end.

    Args:
        root: A cursor of MySQL's root.
        folder: Where its rows may lie until they are loaded.
    """
    drop(root)
    # Before the modules that take the name from there.
    names.CONTROL_DATABASE = DATABASE
    from dataflow360.records import control

    root.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    try:
        root.execute(f"GRANT SELECT ON {DATABASE}.* TO 'dataflow360'@'127.0.0.1'")
        for statement in control.TABLES:
            root.execute(statement)
        _load(root, folder, "runs", _runs(RUNS))
        _load(root, folder, "quarantine", _records(RECORDS))
        root.execute(f"ANALYZE TABLE {DATABASE}.runs, {DATABASE}.quarantine")
        root.fetchall()
        yield
    finally:
        drop(root)


def drop(root: Any) -> None:
    """Remove the database and the right to it, if they are there."""
    root.execute(
        "SELECT COUNT(*) FROM mysql.db WHERE user = 'dataflow360' AND db = %s", (DATABASE,)
    )
    if root.fetchone()[0]:
        root.execute(f"REVOKE ALL ON {DATABASE}.* FROM 'dataflow360'@'127.0.0.1'")
    root.execute(f"DROP DATABASE IF EXISTS {DATABASE}")


def measure() -> list[Answer]:
    """Ask what the page asks MySQL for, as its routes do."""
    from dataflow360.freshness.sources import Source
    from dataflow360.page import ledger, quarantine, quotas
    from dataflow360.page.quarantine import Cursor, Group

    sources = [Source(dag_id, "0 * * * *") for dag_id in _SOURCES]

    def overview() -> None:
        now = datetime.now(UTC)
        ledger.accounts(sources, now)
        quotas.monthly_quotas(now)
        quarantine.open_count(None)

    first = quarantine.page("open", None, None, 50, None)
    largest = quarantine.groups("open", None)[0]
    group = Group(largest.dag_id, largest.record_type, largest.reason_kind)
    last = Cursor.of(first.next or "")
    middle = Cursor(last.last_seen - timedelta(days=180), last.position, last.dag_id, "f")
    own = first.records[0].quarantine_id
    return [
        _asked("the overview: ledger, quotas, open records", overview, OVERVIEW_MILLISECONDS),
        _asked("Kinesis to DynamoDB", lambda: ledger.stream("openweather_to_kinesis", _today())),
        _asked("quarantine: groups", lambda: quarantine.groups("open", None)),
        _asked("quarantine: first page", lambda: quarantine.page("open", None, None, 50, None)),
        _asked(
            "quarantine: a page half a year back",
            lambda: quarantine.page("open", None, middle, 50, None),
        ),
        _asked(
            "quarantine: a group's first page",
            lambda: quarantine.page("open", group, None, 50, None),
        ),
        _asked("quarantine: one record", lambda: quarantine.record(own, None)),
    ]


def run(folder: Path, report: Callable[[str], None]) -> Table:
    """Fill the tables, measure, and remove them, in a process of its own.

    Args:
        folder: Where the rows may lie until they are loaded.
        report: Told of each step.

    Raises:
        MeasurementError: The process has failed.
    """
    report(f"{NAME}: filling {RUNS:,} runs and {RECORDS:,} refused records, then asking")
    try:
        done = subprocess.run(  # noqa: S603  # this very program
            [sys.executable, "-m", "benchmarks.page", str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        with administration.mysql() as root:
            drop(root)
    if done.returncode:
        raise MeasurementError(f"The process of {NAME} failed:\n{done.stderr[-3000:]}")
    return table_of([Answer(**answer) for answer in json.loads(done.stdout.splitlines()[-1])])


def table_of(answers: list[Answer]) -> Table:
    """The answers as a table."""
    table = Table(
        title="The page in Airflow's UI",
        caption=f"{RUNS:,} rows in the run ledger, {RECORDS:,} in quarantine; milliseconds of "
        f"{ROUNDS} rounds, each with a session of its own",
        caption_justify="left",
    )
    table.add_column("answer")
    for heading in ("p50", "p95", "target", "reached"):
        table.add_column(heading, justify="right")
    for answer in answers:
        target = reached = ""
        if answer.at_most is not None:
            target = f"<= {answer.at_most}"
            reached = "[green]yes" if answer.slow <= answer.at_most else "[red]no"
        table.add_row(answer.title, f"{answer.median:.0f}", f"{answer.slow:.0f}", target, reached)
    return table


def _asked(title: str, question: Callable[[], object], at_most: int | None = None) -> Answer:
    milliseconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        question()
        milliseconds.append(1_000 * (time.perf_counter() - begin))
    return Answer(title, milliseconds, at_most)


def _today() -> Any:
    return datetime.now(UTC).date()


def _load(root: Any, folder: Path, table: str, rows: pa.Table) -> None:
    import pyarrow.csv as pacsv

    with tempfile.NamedTemporaryFile(dir=folder, suffix=".csv") as file:
        options = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")
        pacsv.write_csv(rows, file.name, options)
        root.execute(
            f"LOAD DATA LOCAL INFILE %s INTO TABLE {DATABASE}.{table} CHARACTER SET utf8mb4"
            " FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY ''"
            f" ({', '.join(rows.column_names)})",
            (file.name,),
        )


def _runs(count: int) -> pa.Table:
    """Runs of a year: most reconciled, every fiftieth failed, every seventh skipped."""
    import numpy as np
    import pyarrow as pa

    numbers = np.arange(count)
    ends = _moments(numbers / count)
    valid = numbers % 500
    state = np.where(
        numbers % 50 == 0, "failed", np.where(numbers % 7 == 0, "skipped", "reconciled")
    )
    return pa.table(
        {
            "dag_id": _dags(count),
            "run_id": [f"scheduled__{number}" for number in range(count)],
            "map_index": np.full(count, -1),
            "batch_id": [uuid.UUID(int=number).hex for number in range(count)],
            "interval_end": ends,
            "rows_read": valid + 3,
            "rows_valid": valid,
            "rows_duplicate": np.ones(count, int),
            "rows_quarantined": np.full(count, 2),
            "rows_new": valid,
            "rows_changed": np.zeros(count, int),
            "rows_unchanged": np.zeros(count, int),
            "rows_stored": valid,
            "messages_published": valid,
            "state": state,
            "reason": np.where(state == "failed", "It does not reconcile: " + 200 * "x", ""),
            "reconciled_at": ends,
        }
    )


def _records(count: int) -> pa.Table:
    """Records that were refused in a year: one of ten is not open any more."""
    import numpy as np
    import pyarrow as pa

    numbers = np.arange(count)
    seen = _moments((numbers - numbers % _SEEN_AT_ONCE) / count)
    kinds = np.array([f"column_{kind} is …; 0 to {kind} °C is wanted" for kind in range(_KINDS)])
    kind = kinds[numbers % _KINDS]
    rows = pa.table(
        {
            "quarantine_id": [
                str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))) for number in numbers
            ],
            "dag_id": _dags(count),
            "record_type": np.array(["vols", "donnees_meteo"])[numbers % 2],
            "batch_id": [uuid.UUID(int=number // _SEEN_AT_ONCE).hex for number in range(count)],
            "position": numbers % _SEEN_AT_ONCE + 1,
            "raw": np.char.add("Sénégal,DSS,2026-11-01,", numbers.astype(str)),
            "reasons": kind,
            "reason_kind": kind,
            "state": np.where(
                numbers % 20 == 0, "replayed", np.where(numbers % 20 == 1, "dismissed", "open")
            ),
            "first_seen": seen,
            "last_seen": seen,
        }
    )
    # In the order of the primary key, as a table is filled fastest.
    return rows.sort_by("quarantine_id")


def _dags(count: int) -> Any:
    import numpy as np

    shares = np.repeat(list(_SOURCES), list(_SOURCES.values()))
    return shares[np.arange(count) % len(shares)]


def _moments(parts: Any) -> Any:
    """Moments at parts of the year that ends now."""
    import numpy as np

    begin = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us") - np.timedelta64(
        _YEAR_SECONDS, "s"
    )
    return begin + (parts * _YEAR_SECONDS * 1e6).astype("timedelta64[us]")


if __name__ == "__main__":
    with administration.mysql() as opened, database(opened, Path(sys.argv[1])):
        print(json.dumps([asdict(answer) for answer in measure()]))
