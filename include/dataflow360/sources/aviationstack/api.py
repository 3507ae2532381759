"""AviationStack's flights API: how it is called, and what its answers and errors mean.

Contract: https://aviationstack.com/documentation, ``/v1/flights``.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from dataflow360.clients.http import Api
from dataflow360.errors import DataFlowError, FatalError, RetriableError, SkippableError
from dataflow360.sources.aviationstack import SITE

#: Flights in one answer at most, on the free plan.
PAGE_SIZE = 100
PATH = "/v1/flights"

_USAGE_LIMIT, _RATE_LIMIT = "usage_limit_reached", "rate_limit_reached"
_ACCESS_STATUSES = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_KEY_CODES = {"invalid_access_key", "missing_access_key", "inactive_user"}
_PLAN_CODES = {
    "function_access_restricted": (
        "does not include flights by airport of departure; use a key whose plan does"
    ),
    "https_access_restricted": (
        "does not include HTTPS; set the host of connection dataflow360_aviationstack to http://, "
        "or use a key whose plan does"
    ),
}


class GeneralFaultError(FatalError):
    """A fault that a call for any other airport would meet as well."""


class UsageLimitError(SkippableError):
    """AviationStack says that the month's calls are used up."""


class RateLimitError(RetriableError):
    """AviationStack wants a pause before the next call, whatever it is for."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer.

    Attributes:
        total: How many flights all pages have together.
        flights: The flights of this page, each as the JSON that came.
    """

    total: int
    flights: tuple[bytes, ...]


class _Pagination(msgspec.Struct):
    total: int


class _Answer(msgspec.Struct):
    pagination: _Pagination
    data: list[msgspec.Raw]


def read_page(body: bytes) -> Page:
    """Take an answer apart.

    Raises:
        GeneralFaultError: It has not the documented form.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise GeneralFaultError(
            f"AviationStack's answer has not the documented form ({error}); compare it with the "
            "API's documentation and mend dataflow360.sources.aviationstack."
        ) from error
    return Page(answer.pagination.total, tuple(bytes(flight) for flight in answer.data))


def judge(status: int, body: Any) -> DataFlowError | None:
    """What an error of AviationStack means, whatever its status; None when it says nothing special.

    Its sister APIs send errors with the status 200, and the code as ``type``.
    """
    code = _error_code(body)
    said = f"{status} {code}" if code else str(status)
    if code == _USAGE_LIMIT:
        return UsageLimitError(f"it answers {said}")
    if code == _RATE_LIMIT:
        return RateLimitError(
            f"AviationStack wants a pause between calls ({said}); this task tries again later."
        )
    if code in _PLAN_CODES:
        return GeneralFaultError(
            f"The plan of the AviationStack key {_PLAN_CODES[code]} ({said}): this is a limit of "
            "the plan and no outage."
        )
    if code in _KEY_CODES or status in _ACCESS_STATUSES:
        return GeneralFaultError(
            f"AviationStack refuses the key ({said}); set {SITE.key_setting} in .env to a valid "
            "one and clear this task."
        )
    if code and status == HTTPStatus.OK:
        return FatalError(
            f"AviationStack does not understand the call ({said}); compare it with the API's "
            "documentation."
        )
    return None


#: Every call counts, so an error is left to Airflow's retry, which comes later.
API = Api(
    name="AviationStack",
    connection_id=SITE.connection_id,
    key_parameter="access_key",
    key_setting=SITE.key_setting,
    judge=judge,
    attempts=1,
)


def _error_code(body: Any) -> str | None:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    code = error.get("type", error.get("code"))
    return code if isinstance(code, str) and code.replace("_", "").isalnum() else "unknown error"
