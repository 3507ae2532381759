"""Command line: write what is generated from the contracts."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

_DOCS = Path(__file__).parents[3] / "docs"


def contracts() -> None:
    """Write the JSON Schemas, the DDL and the data dictionary into docs/."""
    from dataflow360.stores.documents import generated

    for name, text in generated().items():
        path = _DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        Console().print(f"{path.relative_to(_DOCS.parent)} written")
