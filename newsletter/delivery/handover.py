"""Submits the calls of a run, and repeats those that can be repeated without a second copy.

That is a call of which nothing was taken, because there were too many (then all calls of the run wait as
long as they were asked to), and a call whose answer was lost where the other side knows it by its key. Every
other failure is for the run to judge.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from newsletter.delivery.transports import Result, Transport
from newsletter.errors import OutcomeUnknown, TransportBusy
from newsletter.model import Call

LONGEST_WAIT = 60.0
"""Seconds that a run waits where it is asked to; longer is left to a later run."""
BUSY_AT_MOST = 8
"""So often a call is sent again that was too much; then the run ends."""
LOST_WAITS = (1.0, 5.0)
"""Seconds before a call whose answer was lost is repeated."""
_FIRST_WAIT = 1.0
_LOOK_AGAIN = 0.2
"""Seconds between looks at whether the run is being stopped."""


class HandOver:
    """Used by all slots of a run: what one is asked to wait, all wait."""

    def __init__(
        self,
        transport: Transport,
        *,
        is_stopping: Callable[[], bool],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._is_stopping = is_stopping
        self._now = now
        self._sleep = sleep
        self._not_before = 0.0

    async def submit(self, call: Call) -> tuple[Result, ...]:
        """One result a message; raises what `Transport.submit` does, once repeating is no use."""
        busy = lost = 0
        while True:
            if self._not_before:
                await self._wait_until(self._not_before)
            try:
                return await self._transport.submit(call)
            except TransportBusy as error:
                wait = error.retry_after.total_seconds() if error.retry_after else _FIRST_WAIT * 2**busy
                busy += 1
                if wait > LONGEST_WAIT or busy > BUSY_AT_MOST or self._is_stopping():
                    raise
                self._not_before = max(self._not_before, self._now() + wait)
            except OutcomeUnknown:
                is_known = self._transport.features.idempotent_for is not None
                if not is_known or lost == len(LOST_WAITS) or self._is_stopping():
                    raise
                await self._wait_until(self._now() + LOST_WAITS[lost])
                lost += 1
                call = replace(call, may_be_repeat=True)

    async def _wait_until(self, moment: float) -> None:
        """Or until the run is being stopped."""
        while (left := moment - self._now()) > 0 and not self._is_stopping():
            await self._sleep(min(left, _LOOK_AGAIN))
