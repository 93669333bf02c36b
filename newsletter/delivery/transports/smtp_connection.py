"""One connection to a mail server: opened, secured, logged in, then used for mail after mail.

aiosmtplib opens it, a command at a time; from then on a `Wire` of ours carries one `Transaction`
after another. It knows nothing of other connections: `smtp_pool` keeps several of them. What an
error means stands in `smtp_errors`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import cast

import aiosmtplib

from newsletter.config.transports import SmtpConfig
from newsletter.delivery.transports.base import Result
from newsletter.delivery.transports.replies import Stage
from newsletter.delivery.transports.smtp_errors import errors_mapped
from newsletter.delivery.transports.smtp_transaction import Follow, Line, Timeouts, Transaction
from newsletter.delivery.transports.smtp_wire import Turn, Wire
from newsletter.errors import TransportMisconfigured


async def open_connection(
    config: SmtpConfig, tls_context: ssl.SSLContext | None, timeouts: Timeouts
) -> SmtpConnection:
    """A connection ready for mail; `tls_context` may be None where security is "none".

    Raises Unreachable, TransportMisconfigured or, where the server says so, TemporaryTransportError.
    """
    opening = _Opening(config, tls_context, timeouts)
    try:
        await opening.run()
        return opening.finish()
    except BaseException:
        opening.abort()
        raise


class SmtpConnection:
    """Carries one mail after another, with PIPELINING the next one's commands behind a content that has no
    answer yet. Once a mail has raised, it is good for nothing but `abort`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.is_used = False
        """Whether a mail was tried on it."""

    @property
    def is_open(self) -> bool:
        """False once the server has closed it, as far as this is known here."""
        return self._line.wire.is_open

    @property
    def is_idle(self) -> bool:
        """Whether the server owes it no answer."""
        return self._line.wire.is_idle

    async def hand_over(self, transaction: Transaction, follow: Follow | None = None) -> Result:
        """One mail; what this returns and raises, and what `follow` is, stands with `Transaction`."""
        self.is_used = True
        return await transaction.run(self._line, follow)

    async def quit(self) -> None:
        """Takes leave and closes."""
        turn = Turn(self._line.wire)
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            turn.write(b"QUIT\r\n", replies=1)
            await turn.read(self._line.timeouts.goodbye)
        self.abort()

    def abort(self) -> None:
        """Closes at once: a TLS farewell that nobody answers would outlive the event loop."""
        self._line.wire.abort()


class _Opening:
    """The conversation until mail can be handed over. aiosmtplib closes what fails, and `abort` the rest."""

    def __init__(self, config: SmtpConfig, tls_context: ssl.SSLContext | None, timeouts: Timeouts) -> None:
        self._config = config
        self._server = f"{config.host}:{config.port}"
        self._timeouts = timeouts
        self._client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            timeout=timeouts.command,
            use_tls=config.security == "tls",
            start_tls=False,  # done by `run`, which turns a server without it down
            tls_context=tls_context,
            local_hostname="localhost",  # never said, see _own_name; its default asks the DNS each time
        )
        self._transport: asyncio.Transport | None = None

    async def run(self) -> None:
        with errors_mapped(Stage.GREETING, self._server):
            await self._client.connect(timeout=self._timeouts.connect)
        self._keep_transport()
        await self._say_hello()
        if self._config.security == "starttls":
            await self._start_tls()
            await self._say_hello()
        if self._config.username:
            await self._log_in()

    def finish(self) -> SmtpConnection:
        """Takes the transport from aiosmtplib, which would allow one command at a time."""
        with errors_mapped(Stage.HELLO, self._server):
            if self._transport is None or not self._client.is_connected:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        pipelining = self._client.supports_extension("pipelining")
        return SmtpConnection(Line(Wire(self._transport), self._server, self._timeouts, pipelining))

    def abort(self) -> None:
        self._client.close()
        if self._transport is not None:
            self._transport.abort()

    def _keep_transport(self) -> None:
        """aiosmtplib forgets its transport when it closes; `abort` needs it then, too."""
        self._transport = cast(asyncio.Transport, self._client.transport)

    async def _say_hello(self) -> None:
        with errors_mapped(Stage.HELLO, self._server):
            await self._client.ehlo(hostname=self._own_name())

    def _own_name(self) -> str:
        """RFC 5321 §4.1.4: the full name of this host, else its address as a literal (§4.1.3)."""
        name = socket.gethostname()
        if "." in name and name.isascii():
            return name
        address = self._client.get_transport_info("sockname")[0].partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    async def _start_tls(self) -> None:
        if not self._client.supports_extension("starttls"):
            raise TransportMisconfigured(
                f"the mail server at {self._server} does not offer STARTTLS",
                fix='set [transport.smtp] security to "tls" (port 465), or to "none" on a trusted network',
            )
        with errors_mapped(Stage.TLS, self._server):
            await self._client.starttls(timeout=self._timeouts.connect)
        self._keep_transport()

    async def _log_in(self) -> None:
        log_in = self._client.auth_xoauth2 if self._config.login == "xoauth2" else self._client.login
        with errors_mapped(Stage.LOGIN, self._server):
            await log_in(self._config.username, self._config.password)
