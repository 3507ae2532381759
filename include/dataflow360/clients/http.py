"""Calls to external HTTP APIs: one client, and one place that says what an answer means."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import orjson
from airflow.sdk import BaseHook
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from dataflow360.errors import DataFlowError, FatalError, RetriableError

log = logging.getLogger(__name__)
# httpx logs each address, and an API's key is a part of it.
logging.getLogger("httpx").setLevel(logging.WARNING)

#: Calls that one task makes for one answer; what then still fails, Airflow tries again later.
ATTEMPTS = 3
#: A server that asks for a longer pause than this is left to Airflow's retry.
LONGEST_PAUSE_SECONDS = 20.0
USER_AGENT = "DataFlow360/0.1"

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_MESSAGE_CHARACTERS = 200

Judge = Callable[[int, Any], DataFlowError | None]


@dataclass(frozen=True, slots=True)
class Api:
    """An external API as the project calls it.

    Attributes:
        name: What a person calls it.
        connection_id: Airflow connection: its host is the base address, its password the key.
        key_parameter: Query parameter that takes the key; None for an API without keys.
        key_setting: Variable of ``.env`` that holds the key, for the sentence of an error.
        judge: Tells what an answer means where that differs from what its status says; takes
            the status and the parsed JSON (None when it is not JSON).
        host: Base address, where it is not the connection's host.
        attempts: Calls for one answer at most; 1 where every call counts.
    """

    name: str
    connection_id: str
    key_parameter: str | None = None
    key_setting: str | None = None
    judge: Judge = lambda status, body: None
    host: str | None = None
    attempts: int = ATTEMPTS

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open connections to the API, and close them in the end; safe to share by threads."""
        host, key = self.host, {}
        if host is None or self.key_parameter is not None:
            connection = BaseHook.get_connection(self.connection_id)
            host = host or connection.host or ""
            key = {self.key_parameter: connection.password or ""} if self.key_parameter else {}
        with httpx.Client(
            base_url=host,
            params=key,
            timeout=_TIMEOUT,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        ) as client:
            yield Session(self, client)


class Session:
    """Open connections to one API."""

    def __init__(self, api: Api, client: httpx.Client) -> None:
        """Work with an open client, which stays the caller's."""
        self._api = api
        self._client = client

    def get(
        self,
        path: str,
        parameters: Mapping[str, str | int | float],
        before_call: Callable[[], None] = lambda: None,
    ) -> bytes:
        """Get a JSON answer; an error that may pass is tried again, a few times.

        Args:
            path: Path below the API's base address.
            parameters: Query parameters, without the key.
            before_call: Called before each call: waits for a rate limit, takes from a quota.

        Returns:
            The answer's body; empty where the API says that there is nothing (204).

        Raises:
            FatalError: The API refuses the key or the request, now and later.
            RetriableError: It does not answer, or asks for patience.
            SkippableError: The API's own judge says so.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._api.attempts),
            wait=_pause,
            retry=retry_if_exception(_is_worth_waiting),
            before_sleep=_tell,
            reraise=True,
        )
        return retrying(self._get_once, path, parameters, before_call)

    def _get_once(
        self,
        path: str,
        parameters: Mapping[str, str | int | float],
        before_call: Callable[[], None],
    ) -> bytes:
        before_call()
        try:
            answer = self._client.get(path, params={**self._client.params, **parameters})
        except httpx.TimeoutException as error:
            raise RetriableError(
                f"{self._api.name} did not answer in time ({path}); this task tries again later."
            ) from error
        except httpx.TransportError as error:
            raise RetriableError(
                f"{self._api.name} cannot be reached or broke off its answer ({path}: "
                f"{type(error).__name__}); this task tries again later."
            ) from error
        if fault := meaning(self._api, answer.status_code, answer.headers, answer.content):
            raise fault
        return answer.content


def meaning(
    api: Api, status: int, headers: Mapping[str, str], content: bytes
) -> DataFlowError | None:
    """What an answer means for the task that gets it; None when it is good.

    Args:
        api: The API.
        status: HTTP status.
        headers: Header fields.
        content: The body.
    """
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        body = None
    if fault := api.judge(status, body):
        return fault
    if status == HTTPStatus.NO_CONTENT:
        return None
    if status != HTTPStatus.OK:
        words = _words(status, body)
        return _passing(api, status, headers, words) or _lasting(api, status, words)
    if body is None:
        return RetriableError(
            f"{api.name} answered with something other than JSON "
            f"({headers.get('Content-Type', 'no content type')}); this task tries again later."
        )
    return None


def _passing(
    api: Api, status: int, headers: Mapping[str, str], words: str
) -> RetriableError | None:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        pause = _seconds(headers.get("Retry-After"))
        asked = f" and asks for {pause:g} s" if pause is not None else ""
        return RetriableError(
            f"{api.name} has too many calls of ours ({words}){asked}; this task tries again later.",
            retry_after=pause,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RetriableError(
            f"{api.name} has a fault of its own ({words}); this task tries again later."
        )
    return None


def _lasting(api: Api, status: int, words: str) -> FatalError:
    if status == HTTPStatus.UNAUTHORIZED:
        return FatalError(
            f"{api.name} refuses the key ({words}); set {api.key_setting or 'its key'} in .env "
            "to a valid one and clear this task."
        )
    if status == HTTPStatus.FORBIDDEN:
        return FatalError(
            f"{api.name} forbids this call ({words}); the plan of the key may not include it."
        )
    return FatalError(
        f"{api.name} does not understand the call ({words}); compare it with the API's "
        "documentation."
    )


def _words(status: int, body: Any) -> str:
    """Status and the server's own message, on one line."""
    message = body.get("message", body.get("reason")) if isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        error = body["error"]
        message = error.get("message", error.get("info", error.get("code")))
    text = " ".join(str(message or "").split())[:_MESSAGE_CHARACTERS].rstrip(". ")
    return f"{status}: {text}" if text else str(status)


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, is as good as none."""
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def _is_worth_waiting(error: BaseException) -> bool:
    if not isinstance(error, RetriableError):
        return False
    return error.retry_after is None or error.retry_after <= LONGEST_PAUSE_SECONDS


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, RetriableError) else None
    return asked if asked is not None else 2.0 ** (state.attempt_number - 1)


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.info("Call %s, to be tried again: %s", state.attempt_number, error)
