"""A limit on calls per minute that all workers share, counted in Redis."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)

#: The APIs that allow only so many calls in any 60 seconds.
CALLS_PER_MINUTE: Mapping[str, int] = {"openweather": 60}

#: After a wait, callers come at slightly different times.
_MARGIN_SECONDS = 0.05


class RateLimit:
    """At most so many calls in any 60 seconds, whoever makes them."""

    def __init__(self, client: Any, name: str, per_minute: int) -> None:
        """Count in Redis.

        Args:
            client: An open Redis client.
            name: What is limited; callers that give the same name share the limit.
            per_minute: Calls in any 60 seconds.
        """
        # The address only chooses the kind of storage: the pool knows the server and the password.
        storage = RedisStorage("redis://", connection_pool=client.connection_pool)
        self._limiter = MovingWindowRateLimiter(storage)
        self._item = RateLimitItemPerMinute(per_minute)
        self._name = name

    def wait(self) -> None:
        """Take the right to one call, as soon as there is one."""
        while not self._limiter.hit(self._item, self._name):
            renewed = self._limiter.get_window_stats(self._item, self._name).reset_time
            pause = max(_MARGIN_SECONDS, renewed - time.time() + _MARGIN_SECONDS)
            log.info("%s: the calls of this minute are used up; waiting %.0f s", self._name, pause)
            time.sleep(pause)

    def left(self) -> tuple[int, float]:
        """How many calls are left now, and when the oldest of the others no longer counts.

        The moment is in unix seconds; it says nothing while all of them are left.
        """
        stats = self._limiter.get_window_stats(self._item, self._name)
        return stats.remaining, stats.reset_time
