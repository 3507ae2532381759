"""Raw answers of external APIs, kept in Redis for a while: a retry calls only what is missing."""

from __future__ import annotations

from typing import Any

#: Longer than a run and all its retries take, shorter than anyone would take it for storage.
KEPT_SECONDS = 24 * 3_600


class RawAnswers:
    """The answers that one source gave for one data interval.

    Keys are ``raw:<source>:<scope>:<part>``.
    """

    def __init__(self, client: Any, source: str, scope: str) -> None:
        """Work with an open Redis client, which stays the caller's.

        Args:
            client: The client.
            source: Name of the source.
            scope: What the answers are for: a data interval, and the run when it fetches again.
        """
        self._client = client
        self._prefix = f"raw:{source}:{scope}"

    def get(self, part: str) -> bytes | None:
        """The answer for a part of the source, if it is there."""
        answer: bytes | None = self._client.get(f"{self._prefix}:{part}")
        return answer

    def put(self, part: str, answer: bytes) -> None:
        """Keep an answer."""
        self._client.set(f"{self._prefix}:{part}", answer, ex=KEPT_SECONDS)
