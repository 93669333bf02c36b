"""How fast a transport may be fed: GCRA (ITU-T I.371 Annex A), in one process and in memory.

A message's time is reserved ahead, one interval behind the last; after a pause there is no burst.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class RateLimit:
    """At most `per_second` messages a second; 0: no limit."""

    def __init__(
        self,
        per_second: int,
        *,
        time: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._time = time
        self._sleep = sleep
        self._next = time()

    async def wait(self, messages: int = 1) -> None:
        """Returns when `messages` may go."""
        if not self._interval:
            return
        now = self._time()
        at = max(self._next, now)
        self._next = at + self._interval * messages
        if at > now:
            await self._sleep(at - now)
