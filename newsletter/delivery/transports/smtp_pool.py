"""The connections to one mail server: reused, opened as the server bears it, never more than allowed.

Slow start: the first is opened alone (a wrong password is tried once and not by every slot, for
servers lock out; a server that does not answer is waited for once), then as many again as stand.
Where the server will not open one more, what stands is enough for a minute; then one more is tried.
A connection whose mail waits for nothing but its answer is free for the next mail, once no other is.
What is said on a connection is left to `smtp_connection`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from newsletter.delivery.transports.smtp_connection import SmtpConnection
from newsletter.delivery.transports.smtp_transaction import Transaction
from newsletter.errors import (
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """For a connection, or for another look whether there is one."""

    mail: Transaction
    called: asyncio.Future[SmtpConnection | None]


class ConnectionPool:
    """At most `most` connections, which `connect` opens; `probe` is the minute, in seconds."""

    def __init__(self, connect: Callable[[], Awaitable[SmtpConnection]], *, most: int, probe: float) -> None:
        self._connect = connect
        self._most = most
        self._probe = probe
        self._window = 1
        self._held_until: float | None = None
        self._standing: set[SmtpConnection] = set()
        self._opening = 0
        self._free: deque[SmtpConnection] = deque()
        """Whoever comes may use them; some have still to answer the mail before."""
        self._waiting: deque[_Waiting] = deque()
        self._was_reached = False
        self._closed_door: TransportError | None = None

    async def take(self, mail: Transaction) -> SmtpConnection:
        """An open connection that nobody else writes to; `put_back`, `follow` or `drop` it.

        Raises what opening it raised where none stands that could be waited for.
        """
        was_woken = False
        while True:
            connection = self._take_free(idle=True)
            if connection is None and self._has_room():
                connection = await self._open()
            connection = connection or self._take_free(idle=False)
            if connection is None and self._closed_door is not None:
                raise self._closed_door
            if connection is None and not self._has_room():
                connection = await self._wait(mail, first=was_woken)
                was_woken = True
            if connection is not None:
                return connection

    def follow(self, connection: SmtpConnection) -> Transaction | None:
        """Leaves a connection, whose mail is only to be answered yet, to the mail that waits longest.

        None where nobody waits: then it is free.
        """
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.called.done():
                waiting.called.set_result(connection)
                return waiting.mail
        self._free.append(connection)
        return None

    def put_back(self, connection: SmtpConnection) -> None:
        """For the next call; one that is closed is dropped."""
        if not connection.is_open:
            self.drop(connection)
            return
        self._free.append(connection)
        self._wake(1)

    def drop(self, connection: SmtpConnection) -> None:
        """Closes a connection that is good for nothing any more, whoever uses it."""
        connection.abort()
        if connection in self._free:
            self._free.remove(connection)
        if connection in self._standing:
            self._standing.remove(connection)
            self._wake(1)

    async def close(self) -> None:
        """Takes leave on what lies idle."""
        free, self._free = self._free, deque()
        self._standing.difference_update(free)
        await asyncio.gather(*(connection.quit() for connection in free))

    def _take_free(self, *, idle: bool) -> SmtpConnection | None:
        """One that owes no answer, or the one that may be the first to give it."""
        for connection in tuple(self._free):
            if not connection.is_open:
                self.drop(connection)
            elif connection.is_idle or not idle:
                self._free.remove(connection)
                return connection
        return None

    def _has_room(self) -> bool:
        if self._closed_door is not None:
            return False
        if self._held_until is not None and asyncio.get_running_loop().time() >= self._held_until:
            self._held_until = None
            self._window = min(self._most, self._window + 1)
        return len(self._standing) + self._opening < self._window

    async def _open(self) -> SmtpConnection | None:
        """None: the server will not have one more, but others stand."""
        self._opening += 1
        try:
            connection = await self._connect()
        except BaseException as error:
            self._opening -= 1
            self._wake(1)
            if isinstance(error, TemporaryTransportError) and self._standing:
                self._hold()
                return None
            self._note_failure(error)
            raise
        self._opening -= 1
        self._was_reached = True
        self._standing.add(connection)
        if self._held_until is None:
            self._window = max(self._window, min(self._most, 2 * len(self._standing)))
        self._wake(self._window - len(self._standing) - self._opening)
        return connection

    def _hold(self) -> None:
        self._window = len(self._standing)
        self._held_until = asyncio.get_running_loop().time() + self._probe

    def _note_failure(self, error: BaseException) -> None:
        """A server that was never reached, or that lets nobody in, is not tried by every slot."""
        if not self._was_reached and isinstance(error, TransportMisconfigured | TransportUnreachable):
            self._closed_door = error
            self._wake(len(self._waiting))

    async def _wait(self, mail: Transaction, *, first: bool) -> SmtpConnection | None:
        """`first`: who was called in vain keeps his place."""
        called: asyncio.Future[SmtpConnection | None] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(_Waiting(mail, called))
        try:
            return await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                connection = called.result()
                if connection is None:
                    self._wake(1)
                else:
                    self.drop(connection)  # it carries the commands of a mail that is not to go
            raise

    def _wake(self, count: int) -> None:
        while count > 0 and self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.called.done():
                waiting.called.set_result(None)
                count -= 1
