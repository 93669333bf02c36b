"""Hands mails to an SMTP server over a few connections that are reused.

A call takes a connection that lies idle, or opens one; a connection that the server closed in the
meantime, after so many minutes or so many mails, is replaced without a word. The conversation
itself is `smtp_connection`'s.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import cached_property
from types import TracebackType
from typing import Self

from newsletter.config.sections import SmtpConfig
from newsletter.delivery.transports.base import Result
from newsletter.delivery.transports.smtp_connection import (
    DEFAULT_TIMEOUTS,
    SmtpConnection,
    Timeouts,
    open_connection,
)
from newsletter.errors import (
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)
from newsletter.model import Call, Message


class SmtpTransport:
    """A `Transport` to the server of `[transport.smtp]`. Tests bring their own trust and patience."""

    name = "smtp"
    messages_per_call = 1
    repeats_are_cheap = True  # at worst somebody reads the same bytes twice

    def __init__(
        self,
        config: SmtpConfig,
        *,
        tls_context: ssl.SSLContext | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        self.calls_at_once = config.connections
        self._config = config
        self._given_tls_context = tls_context
        self._timeouts = timeouts
        self._slots = asyncio.Semaphore(config.connections)
        self._idle: list[SmtpConnection] = []
        self._first_opens_alone = asyncio.Lock()
        self._reached = False
        self._closed_door: TransportError | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.quit() for connection in idle))

    async def submit(self, call: Call) -> tuple[Result, ...]:
        (message,) = call.messages
        async with self._slots:
            return (await self._hand_over(message),)

    async def _hand_over(self, message: Message) -> Result:
        reused = self._take_idle()
        if reused is not None:
            try:
                return await self._use(reused, message)
            except TemporaryTransportError:
                # A server ends an idle connection as it likes, with or without a 421. Where that was
                # before the mail had begun, a fresh connection shows whether anything is wrong.
                if reused.took_sender:
                    raise
        return await self._use(await self._open(), message)

    async def _use(self, connection: SmtpConnection, message: Message) -> Result:
        try:
            result = await connection.hand_over(message)
        except BaseException:
            connection.abort()
            raise
        self._idle.append(connection)
        return result

    def _take_idle(self) -> SmtpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _open(self) -> SmtpConnection:
        if self._reached:
            return await self._connect()
        # Alone, so that a wrong password is tried once and not by every slot (servers lock out), and a
        # server that does not answer is waited for once.
        async with self._first_opens_alone:
            if self._closed_door is not None:
                raise self._closed_door
            try:
                return await self._connect()
            except (TransportMisconfigured, TransportUnreachable) as error:
                if not self._reached:
                    self._closed_door = error
                raise

    async def _connect(self) -> SmtpConnection:
        connection = await open_connection(self._config, self._tls_context, self._timeouts)
        self._reached = True
        return connection

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        """Made once: reading the system's certificates takes longer than sending a mail."""
        return self._given_tls_context or ssl.create_default_context()
