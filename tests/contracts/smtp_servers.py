"""Real SMTP servers on the loopback, in the event loop of the test, that misbehave as they are told.

`smtp_server` runs aiosmtpd with a handler; a `Mailbox` keeps what it took, and its subclasses are
the misbehaviours. `scripted_server` says lines to whoever connects, for what aiosmtpd would not do.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from newsletter.config.transports import SmtpConfig

HOST = "localhost"


class Mailbox:
    """Takes every mail; `refused` maps a recipient to the reply he gets instead."""

    def __init__(self, refused: Mapping[str, str] | None = None) -> None:
        self.refused = dict(refused or {})
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.hellos: list[str] = []
        self.sessions: list[SMTP] = []

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.hellos.append(hostname)
        self.sessions.append(server)
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.recipients += envelope.rcpt_tos
        self.mails.append(bytes(envelope.original_content or b""))
        return f"250 2.0.0 Ok: queued as {len(self.mails)}"


class ClosesAfter(Mailbox):
    """Ends each connection after so many mails: with a 421 to the next MAIL, or without a word."""

    def __init__(self, mails: int, *, politely: bool) -> None:
        super().__init__()
        self._limit = mails
        self._politely = politely
        self._taken: dict[int, int] = {}

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._taken.get(id(server), 0) >= self._limit:
            if not self._politely:
                hang_up(server)
            asyncio.get_running_loop().call_soon(hang_up, server)
            return "421 4.7.0 too many mails in this connection"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._taken[id(server)] = self._taken.get(id(server), 0) + 1
        return await super().handle_DATA(server, session, envelope)


class HangsUpAfterTheDot(Mailbox):
    """Takes each mail and closes before it says so; `times` only at first."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self._left:
            self._left -= 1
            hang_up(server)
        return answer


def hang_up(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.close()


class KnowsOnePassword:
    """An aiosmtpd authenticator that counts how often it was asked."""

    def __init__(self, username: str, password: str) -> None:
        self._right = (username.encode(), password.encode())
        self.asked = 0

    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any
    ) -> AuthResult:
        self.asked += 1
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        return AuthResult(success=(given.login, given.password) == self._right, handled=False)


@asynccontextmanager
async def smtp_server(
    handler: Mailbox, *, tls_port: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """The port of an aiosmtpd that runs until the end; `tls_port` makes it speak TLS from the start."""
    loop = asyncio.get_running_loop()
    running: list[SMTP] = []

    def answer() -> SMTP:
        running.append(SMTP(handler, hostname="mx.papers.test", loop=loop, **options))
        return running[-1]

    server = await loop.create_server(answer, "127.0.0.1", 0, ssl=tls_port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in running:
            hang_up(each)
        await server.wait_closed()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def scripted_server(*replies: str) -> AsyncIterator[int]:
    """The port of a server that greets, says one more line for each it hears, and leaves after the last."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting, *answers = replies
        writer.write(greeting.encode() + b"\r\n")
        for answer in answers:
            if not await reader.readline():
                break
            writer.write(answer.encode() + b"\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """The port of a server that takes connections and never says a word."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)


def smtp_config(port: int, **changes: Any) -> SmtpConfig:
    facts: dict[str, Any] = {"host": HOST, "port": port, "security": "none", "connections": 3}
    return SmtpConfig(**facts | changes)


class Certificates:
    """An authority of our own: a server context with its certificate, and a client context that trusts it."""

    def __init__(self, name: str = HOST) -> None:
        authority = trustme.CA()
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(self.server)
        self.client = ssl.create_default_context()
        authority.configure_trust(self.client)
