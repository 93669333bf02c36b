"""The connections to one mail server: reused, opened as the server bears it, never more than allowed.

Slow start: the first is opened alone (a wrong password is tried once and not by every slot, for
servers lock out; a server that does not answer is waited for once), then as many again as stand.
Where the server will not open one more, what stands is enough for a minute; then one more is tried.
What is said on a connection is left to `smtp_connection`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from newsletter.delivery.transports.smtp_connection import SmtpConnection
from newsletter.errors import (
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)


class ConnectionPool:
    """At most `most` connections, which `connect` opens; `probe` is the minute, in seconds."""

    def __init__(self, connect: Callable[[], Awaitable[SmtpConnection]], *, most: int, probe: float) -> None:
        self._connect = connect
        self._most = most
        self._probe = probe
        self._window = 1
        self._held_until: float | None = None
        self._standing = 0
        self._opening = 0
        self._idle: list[SmtpConnection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._was_reached = False
        self._closed_door: TransportError | None = None

    async def take(self) -> SmtpConnection:
        """An open connection that nobody else uses; `put_back` or `drop` it.

        Raises what opening it raised where none stands that could be waited for.
        """
        while True:
            connection = self._take_idle()
            if connection is None and self._has_room():
                connection = await self._open()
            if connection is not None:
                return connection
            if self._closed_door is not None:
                raise self._closed_door
            if not self._has_room():
                await self._wait()

    def put_back(self, connection: SmtpConnection) -> None:
        """For the next call; one that is closed is dropped."""
        if not connection.is_open:
            self.drop(connection)
            return
        self._idle.append(connection)
        self._wake(1)

    def drop(self, connection: SmtpConnection) -> None:
        """Closes a connection that is good for nothing any more."""
        connection.abort()
        self._standing -= 1
        self._wake(1)

    async def close(self) -> None:
        """Takes leave on what lies idle."""
        idle, self._idle = self._idle, []
        self._standing -= len(idle)
        await asyncio.gather(*(connection.quit() for connection in idle))

    def _take_idle(self) -> SmtpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            self.drop(connection)
        return None

    def _has_room(self) -> bool:
        if self._closed_door is not None:
            return False
        if self._held_until is not None and asyncio.get_running_loop().time() >= self._held_until:
            self._held_until = None
            self._window = min(self._most, self._window + 1)
        return self._standing + self._opening < self._window

    async def _open(self) -> SmtpConnection | None:
        """None: the server will not have one more, but others stand."""
        self._opening += 1
        try:
            connection = await self._connect()
        except TemporaryTransportError as error:
            if self._standing:
                self._hold()
                return None
            self._note_first_failure(error)
            raise
        except TransportMisconfigured as error:
            self._note_first_failure(error)
            raise
        finally:
            self._opening -= 1
            self._wake(1)
        self._was_reached = True
        self._standing += 1
        if self._held_until is None:
            self._window = max(self._window, min(self._most, 2 * self._standing))
        self._wake(self._window - self._standing - self._opening)
        return connection

    def _hold(self) -> None:
        self._window = self._standing
        self._held_until = asyncio.get_running_loop().time() + self._probe

    def _note_first_failure(self, error: TransportError) -> None:
        """A server that was never reached, or that lets nobody in, is not tried by every slot."""
        if not self._was_reached and isinstance(error, TransportMisconfigured | TransportUnreachable):
            self._closed_door = error
            self._wake(len(self._waiting))

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake(1)
            raise

    def _wake(self, count: int) -> None:
        while count > 0 and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                count -= 1
