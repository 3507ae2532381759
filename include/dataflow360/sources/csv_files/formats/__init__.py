"""The formats of CSV files, one module each; a new one is found by being here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from dataflow360.sources.csv_files.format import Format


def formats() -> Mapping[str, Format]:
    """Every format by its name."""
    modules = (import_module(each.name) for each in iter_modules(__path__, f"{__name__}."))
    found = (value for module in modules for value in vars(module).values())
    return {each.name: each for each in found if isinstance(each, Format)}
