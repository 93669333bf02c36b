"""Hands mails to an SMTP server over a few connections that are reused.

A call takes a connection of the pool; one that the server closed in the meantime, after so many
minutes or so many mails, is replaced without a word. How many are opened and when is `smtp_pool`'s,
the conversation `smtp_connection`'s and `smtp_transaction`'s.
"""

from __future__ import annotations

import ssl
from functools import cached_property
from types import TracebackType
from typing import Self

from newsletter.config.transports import SmtpConfig
from newsletter.delivery.transports.base import Features, Result
from newsletter.delivery.transports.smtp_connection import SmtpConnection, open_connection
from newsletter.delivery.transports.smtp_pool import ConnectionPool
from newsletter.delivery.transports.smtp_transaction import DEFAULT_TIMEOUTS, Timeouts, Transaction
from newsletter.errors import AddressRefused, TemporaryTransportError
from newsletter.model import Call

_CALLS_A_CONNECTION = 2
"""One mail waits for its answer while the commands of the next are on their way behind it."""


def make_transport(config: SmtpConfig) -> SmtpTransport:
    return SmtpTransport(config)


class SmtpTransport:
    """A `Transport` to the server of `[transport.smtp]`. Tests bring their own trust and patience."""

    name = "smtp"

    def __init__(
        self,
        config: SmtpConfig,
        *,
        tls_context: ssl.SSLContext | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        self.features = Features(
            calls_at_once=_CALLS_A_CONNECTION * config.connections,
            keeps_bytes=True,
            repeats_are_cheap=True,  # at worst somebody reads the same bytes twice
        )
        self._config = config
        self._given_tls_context = tls_context
        self._timeouts = timeouts
        self._pool = ConnectionPool(self._connect, most=config.connections, probe=timeouts.probe)
        self._goes_behind = True
        """Whether commands may come behind the content of another mail: until the server hears none there."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def submit(self, call: Call) -> tuple[Result, ...]:
        (message,) = call.messages
        while True:
            try:
                mail = Transaction(message)
            except AddressRefused as unwritable:
                return (unwritable,)
            connection = await self._pool.take(mail)
            was_used = connection.is_used
            try:
                return (await self._carry(mail, connection),)
            except TemporaryTransportError:
                if mail.is_unheard:
                    self._goes_behind = False
                # A server ends a connection as it likes between two mails, with or without a 421. Where that
                # was before this mail had begun, another connection shows whether anything is wrong; one that
                # no mail had used before settles it.
                if mail.took_sender or not was_used:
                    raise

    async def _carry(self, mail: Transaction, connection: SmtpConnection) -> Result:
        is_left = False

        def follow() -> Transaction | None:
            nonlocal is_left
            is_left = True
            return self._pool.follow(connection)

        try:
            result = await connection.hand_over(mail, follow if self._goes_behind else None)
        except BaseException:
            self._pool.drop(connection)
            raise
        if not is_left:
            self._pool.put_back(connection)
        return result

    async def check(self) -> str:
        """Reaches the server, with TLS and login as for a mail, and leaves."""
        connection = await self._connect()
        await connection.quit()
        config = self._config
        login = f", logged in as {config.username}" if config.username else ""
        return f"{config.host}:{config.port} takes connections ({config.security}{login})"

    async def _connect(self) -> SmtpConnection:
        tls_context = None if self._config.security == "none" else self._tls_context
        return await open_connection(self._config, tls_context, self._timeouts)

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        """Made once: reading the system's certificates takes longer than sending a mail."""
        return self._given_tls_context or ssl.create_default_context()
