"""One tree of errors: what a failure means for the task that meets it.

Every message is one sentence that says what failed, with which input, and what to do about it;
none carries a secret.
"""

from __future__ import annotations


class DataFlowError(Exception):
    """Base of every error that the project raises on purpose."""


class FatalError(DataFlowError):
    """Trying again cannot help (bad parameter, contract drift, forbidden): fail now, no retry."""


class RetriableError(DataFlowError):
    """The same call may work later (time-out, server down, fenced by another run): retry.

    Attributes:
        retry_after: Seconds that the other side has asked for, if it has.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """Say what failed and what to do, in one sentence."""
        super().__init__(message)
        self.retry_after = retry_after


class SkippableError(DataFlowError):
    """There is nothing to do, and that is no fault (no data, no history): skip with the reason."""
