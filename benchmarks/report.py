"""The table of results."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from benchmarks.comparison import Comparison, Target
from benchmarks.runner import Measured

_MB = 1_000_000
_PEAK_AT_MOST = 500 * _MB
_GROWTH_AT_MOST = 1.10

CAPTION = (
    "seconds: median of the rounds, of the work alone (start, imports and input are ready before). "
    "rows with *: fewer, because slow; judged by their rate. "
    "MB: peak resident memory (VmHWM, 1 MB = 10^6 bytes) of the process that ran nothing but this "
    "variant, with interpreter, libraries and input. "
    "ours/it: rate of ours divided by the rate of the row's variant."
)


def new_table() -> Table:
    """The table, without rows."""
    table = Table(caption=CAPTION, caption_justify="left", title="Benchmarks")
    table.add_column("variant")
    for heading in ("rows", "seconds", "rows/s", "MB", "ours/it", "target", "reached"):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def add_comparison(table: Table, comparison: Comparison, measured: Sequence[Measured]) -> None:
    """Add a comparison of rates."""
    by_name = {entry.variant.name: entry for entry in measured}
    _add_heading(table, comparison.title)
    for entry in measured:
        targets = [t for t in comparison.targets if t.other == entry.variant.name]
        ratios = [by_name[t.ours].rate / entry.rate for t in targets]
        pairs = list(zip(targets, ratios, strict=True))
        _add_row(
            table,
            entry,
            "\n".join(f"{t.label} {_ratio(ratio, t)}" for t, ratio in pairs),
            "\n".join(f">= {_ratio(t.at_least, t)}" for t in targets),
            "\n".join(_answer(ratio >= t.at_least) for t, ratio in pairs),
        )
    table.add_section()


def add_whole_way(
    table: Table, title: str, measured: Sequence[Measured], base: Sequence[Measured] | None
) -> None:
    """Add the steps of a file's whole way, judged by their largest peak.

    Args:
        table: The table.
        title: What the file is called.
        measured: The steps.
        base: The steps of the smaller file, whose peak bounds this one's.
    """
    peak = max(entry.peak for entry in measured)
    seconds = sum(entry.median for entry in measured)
    rows = measured[0].rows
    limit = _PEAK_AT_MOST
    target = f"<= {_PEAK_AT_MOST // _MB} MB"
    if base is not None:
        smaller = max(entry.peak for entry in base)
        limit = round(_GROWTH_AT_MOST * smaller)
        target = f"<= {_GROWTH_AT_MOST:.2f} x {smaller / _MB:.0f} MB"
    _add_heading(table, title)
    for entry in measured:
        _add_row(table, entry, "", "", "")
    table.add_row(
        "  whole way",
        f"{rows:,}",
        f"{seconds:.2f}",
        f"{rows / seconds:,.0f}",
        f"{peak / _MB:.0f}",
        "",
        target,
        _answer(peak <= limit),
    )
    table.add_section()


def _add_heading(table: Table, title: str) -> None:
    table.add_row(f"[bold]{title}")


def _add_row(table: Table, entry: Measured, ratios: str, targets: str, reached: str) -> None:
    fewer = "*" if entry.variant.most_rows == entry.rows else ""
    table.add_row(
        f"  {entry.variant.title}" + (f": {entry.remark}" if entry.remark else ""),
        f"{entry.rows:,}{fewer}",
        f"{entry.median:.2f}",
        f"{entry.rate:,.0f}",
        f"{entry.peak / _MB:.0f}",
        ratios,
        targets,
        reached,
    )


def _ratio(ratio: float, target: Target) -> str:
    return f"{ratio:.0%}" if target.at_least < 1 else f"{ratio:.1f}x"


def _answer(reached: bool) -> str:
    return "[green]yes" if reached else "[red]no"
