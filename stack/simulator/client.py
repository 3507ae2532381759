"""Turning the simulator's switches from the command line."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from stack.environment import simulator_url
from stack.errors import StackError
from stack.settings import Settings

_TIMEOUT_SECONDS = 10


def turn_on(settings: Settings, choice: str, **options: float | str | None) -> None:
    """Turn on the fault that ``choice`` names as SOURCE:FAULT, with the options of a switch.

    Raises:
        StackError: The simulator is down, or knows no such source, fault or option.
    """
    source, colon, fault = choice.partition(":")
    if not colon:
        raise StackError(
            f"'{choice}' names no fault: write it as SOURCE:FAULT, or 'none' to turn all off"
        )
    _call(settings, "PUT", f"/faults/{urllib.parse.quote(source)}", {"fault": fault, **options})


def turn_off(settings: Settings) -> None:
    """Turn every fault off."""
    _call(settings, "DELETE", "/faults")


def faults(settings: Settings) -> dict[str, Any]:
    """The faults that are ``on`` by source, and those that each of the ``sources`` has."""
    answer: dict[str, Any] = _call(settings, "GET", "/faults")
    return answer


def _call(settings: Settings, method: str, path: str, body: object = None) -> Any:
    url = simulator_url(settings) + path
    request = urllib.request.Request(  # noqa: S310  # our own address
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            text = response.read()
    except urllib.error.HTTPError as error:
        raise StackError(_complaint(json.load(error)["detail"])) from error
    except OSError as error:
        raise StackError(
            f"the simulator does not answer at {url} ({error}): "
            f"start the stack with '{settings.profile.target} up'"
        ) from error
    return json.loads(text) if text else None


def _complaint(detail: str | list[dict[str, Any]]) -> str:
    """The sentence of an error: the simulator's own, or those on fields that are not valid."""
    if isinstance(detail, str):
        return detail
    return "; ".join(f"{'.'.join(map(str, item['loc'][1:]))}: {item['msg']}" for item in detail)
