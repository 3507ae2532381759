"""The sources, one module or folder each; a new one is found by being here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from dataflow360.sources.source import Site, Source


def sources() -> Mapping[str, Source]:
    """Every source by the name of its DAG.

    Raises:
        ValueError: Two are declared for the same DAG.
    """
    found: dict[str, Source] = {}
    for source in _declared():
        if found.setdefault(source.dag_id, source) is not source:
            raise ValueError(f"two sources are declared for the DAG {source.dag_id}")
    return found


def sites() -> Mapping[str, Site]:
    """Every service outside that a source reads, by its name."""
    return {site.name: site for source in sources().values() for site in source.sites}


def _declared() -> Iterator[Source]:
    for module in iter_modules(__path__, f"{__name__}."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Source):
                yield value
