"""Tables of records in quarantine, for a log or a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow360.pipeline.plain_text import printable
from dataflow360.pipeline.quarantine_records import Entry
from dataflow360.replay.judging import Judged

_WIDTH = 160
_MOST_ROWS = 100
_ID_SHOWN = 13


def judgement_table(judged: Sequence[Judged]) -> str:
    """What would become of records: how many of each verdict, and the first of them one by one."""
    rows = [
        (*_place(each.entry), f"{each.verdict}: {each.reason}" if each.reason else each.verdict)
        for each in judged
    ]
    counts = Counter(str(each.verdict) for each in judged)
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    return _rendered(rows, "would become", f"{len(judged)} records: {summary or 'none'}")


def dismissal_table(entries: Sequence[Entry]) -> str:
    """The records that would be dismissed, with the reasons why they were refused."""
    rows = [(*_place(entry), entry.reasons) for entry in entries]
    return _rendered(rows, "to dismiss, refused because", f"{len(entries)} records to dismiss")


def listing(entries: Sequence[Entry]) -> str:
    """Records as a list, all of them."""
    rows = [(*_place(entry), f"{entry.state}: {entry.reasons}") for entry in entries]
    return _rendered(rows, "state: reason", f"{len(entries)} records", most=len(rows))


def _place(entry: Entry) -> tuple[str, ...]:
    source = entry.source_name or f"batch {entry.batch_id}"
    return (
        entry.quarantine_id[:_ID_SHOWN],
        entry.dag_id,
        entry.record_type,
        source,
        str(entry.position),
    )


def _rendered(
    rows: Sequence[tuple[str, ...]], last: str, summary: str, most: int = _MOST_ROWS
) -> str:
    table = Table("id", "DAG", "record type", "source", box=box.SIMPLE)
    table.add_column("position", justify="right")
    table.add_column(last)
    table.columns[0].no_wrap = True
    for row in rows[:most]:
        table.add_row(*(Text(printable(cell)) for cell in row))
    hidden = len(rows) - most
    text = StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None)
    if rows:
        console.print(table)
    more = f" ({hidden} more are not shown)" if hidden > 0 else ""
    console.print(Text(f"{summary}{more}."))
    lines = (line.rstrip() for line in text.getvalue().splitlines())
    return "\n".join(line for line in lines if line)
