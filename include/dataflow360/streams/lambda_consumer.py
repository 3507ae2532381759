"""The Lambda function's own reading of a record, for those who judge one outside of Lambda."""

from __future__ import annotations

import base64
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from dataflow360.names import FUNCTION_FOLDER

_MODULE = "lambda_consumer"


def read(data: bytes) -> dict[str, Any] | str:
    """The observation in a record of the stream, or the reason why the function refuses it.

    Args:
        data: The record; the observation's numbers are ``int`` or ``Decimal``.
    """
    consumer = _consumer()
    try:
        observation: dict[str, Any] = consumer.read(base64.b64encode(data).decode())
    except consumer.RefusedError as refusal:
        return str(refusal)
    return observation


def item_of(observation: dict[str, Any]) -> dict[str, Any]:
    """The item that the function makes of an observation."""
    item: dict[str, Any] = _consumer().item_of(observation)
    return item


@cache
def _consumer() -> ModuleType:
    """The function's module; its folder is not one of the library's."""
    spec = spec_from_file_location(_MODULE, FUNCTION_FOLDER / f"{_MODULE}.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{FUNCTION_FOLDER / _MODULE}.py cannot be imported.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
