"""How fast mail may go: all of a transport by its rate, and one destination by what it asked for.

Both reserve a message's time ahead, one interval behind the last (GCRA, ITU-T I.371 Annex A): after a
pause there is no burst. One process, in memory; a run begins with nobody slowed down. What a reply
means is left to the transports, what becomes of who must wait to `send`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from newsletter.errors import TemporaryTransportError, TransportError
from newsletter.model import Submitted


class RateLimit:
    """At most `per_second` messages a second; 0: no limit."""

    def __init__(
        self,
        per_second: float,
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


# --- Destinations that asked to slow down ---------------------------------------------------------

# Providers tell that it was too much, seldom how much would do (QQ: "a minute, an hour or a day"). So:
# a minute of silence, then a message a second; half as fast after each further complaint, twice as
# fast after so many messages taken in a row, free again when the limit no longer holds anything up.
PAUSE = 60.0
FIRST_INTERVAL = 1.0
LONGEST_INTERVAL = 60.0
SHORTEST_INTERVAL = 0.05
TAKEN_IN_A_ROW = 50


@dataclass
class _Slowed:
    """A domain that asked for less. Times in seconds, as the caller's clock counts."""

    interval: float
    next_send: float
    next_turn: float
    """When the next of those goes who had to be put off: each gets a moment of his own."""
    deaf_until: float
    """Until then complaints are answers to what was under way before."""
    taken: int = 0


class DestinationLimits:
    """Slows the domains that asked for it, and no other. Pure: the time comes in, nobody sleeps here.

    Ask `delay` before each message; tell `note` each result.
    """

    def __init__(self) -> None:
        self._slowed: dict[str, _Slowed] = {}

    def delay(self, address: str, now: float) -> float:
        """Seconds to put a message to this address off; 0: it goes now, and its time is taken.

        Who is put off gets a turn of his own: ask again then.
        """
        slowed = self._slowed.get(_domain(address)) if self._slowed else None
        if slowed is None:
            return 0.0
        if slowed.next_send <= now:
            slowed.next_send = now + slowed.interval
            slowed.next_turn = max(slowed.next_turn, slowed.next_send)
            return 0.0
        turn = max(slowed.next_turn, slowed.next_send)
        slowed.next_turn = turn + slowed.interval
        return turn - now

    def note(self, address: str, result: Submitted | TransportError, now: float) -> None:
        """Slows the address's domain down where it asked for that, and lets it go where it takes mail."""
        if isinstance(result, TemporaryTransportError) and result.too_fast:
            pause = result.retry_after.total_seconds() if result.retry_after else PAUSE
            self._slow_down(_domain(address), pause, now)
        elif self._slowed and isinstance(result, Submitted):
            self._speed_up(_domain(address))

    def is_slowed(self, address: str) -> bool:
        return _domain(address) in self._slowed

    def _slow_down(self, domain: str, pause: float, now: float) -> None:
        slowed = self._slowed.get(domain)
        if slowed is not None and now < slowed.deaf_until:
            return
        interval = FIRST_INTERVAL if slowed is None else min(LONGEST_INTERVAL, 2 * slowed.interval)
        resumes = now + pause
        self._slowed[domain] = _Slowed(interval, next_send=resumes, next_turn=resumes, deaf_until=resumes)

    def _speed_up(self, domain: str) -> None:
        slowed = self._slowed.get(domain)
        if slowed is None:
            return
        slowed.taken += 1
        if slowed.taken < TAKEN_IN_A_ROW:
            return
        slowed.taken, slowed.interval = 0, slowed.interval / 2
        if slowed.interval < SHORTEST_INTERVAL:
            del self._slowed[domain]


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
