"""Looking before acting, and again when somebody else acts at the same time."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Literal

import tenacity
from botocore.exceptions import ClientError

from dataflow360.clients.aws import error_code

#: What a step has done.
type Outcome = Literal["created", "updated", "unchanged"]

#: How AWS's waiters look: each second, for three minutes.
WAITING = {"Delay": 1, "MaxAttempts": 180}

#: Another run is at work on the same resource, or AWS itself still is.
_BUSY = {
    "EntityAlreadyExists", "EntityAlreadyExistsException", "OperationAbortedException",
    "QueueAlreadyExists", "QueueNameExists", "ResourceAlreadyExistsException",
    "ResourceConflictException", "ResourceInUseException", "ConcurrentModification",
}  # fmt: skip
_LOOK_AGAIN_SECONDS = 120


def _is_busy(error: BaseException) -> bool:
    if not isinstance(error, ClientError):
        return False
    code, message = error_code(error), error.response["Error"].get("Message", "")
    # A new role takes some seconds until other services know it.
    return code in _BUSY or (code == "InvalidParameterValueException" and "role" in message)


def looking_again[**P](step: Callable[P, Outcome]) -> Callable[P, Outcome]:
    """Let a step that meets another run look again at what that one has made."""

    @wraps(step)
    def looking(*args: P.args, **kwargs: P.kwargs) -> Outcome:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_busy),
            wait=tenacity.wait_random_exponential(0.2, max=5),
            stop=tenacity.stop_after_delay(_LOOK_AGAIN_SECONDS),
            reraise=True,
        )
        return retrying(step, *args, **kwargs)

    return looking
