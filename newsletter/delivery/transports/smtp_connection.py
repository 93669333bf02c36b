"""One connection to a mail server: opened, secured, logged in, then used for mail after mail.

Speaks through aiosmtplib, a command at a time. It knows nothing of other connections: `smtp` keeps
several of them. What a reply means stands in `replies`, what an error means in `smtp_errors`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass
from typing import cast

import aiosmtplib

from newsletter.config.sections import SmtpConfig
from newsletter.delivery.transports.addresses import encode_address
from newsletter.delivery.transports.base import Result
from newsletter.delivery.transports.replies import Reply, Stage, read_refusal
from newsletter.delivery.transports.smtp_errors import errors_mapped
from newsletter.errors import AddressRefused, TemporaryTransportError, TransportMisconfigured
from newsletter.model import Message, Submitted


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. RFC 5321 §4.5.3.2 asks for 5 minutes a command and 10 after the final dot."""

    connect: float = 30
    command: float = 300
    answer: float = 600
    goodbye: float = 5  # QUIT is a courtesy


DEFAULT_TIMEOUTS = Timeouts()


async def open_connection(
    config: SmtpConfig, tls_context: ssl.SSLContext, timeouts: Timeouts
) -> SmtpConnection:
    """A connection ready for mail.

    Raises Unreachable, TransportMisconfigured or, where the server says so, TemporaryTransportError.
    """
    connection = SmtpConnection(config, tls_context, timeouts)
    try:
        await connection.open()
    except BaseException:
        connection.abort()
        raise
    return connection


class SmtpConnection:
    """Used by one call at a time. Once it has raised, it is good for nothing but `abort`."""

    def __init__(self, config: SmtpConfig, tls_context: ssl.SSLContext, timeouts: Timeouts) -> None:
        self._config = config
        self._server = f"{config.host}:{config.port}"
        self._timeouts = timeouts
        self._client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            timeout=timeouts.command,
            use_tls=config.security == "tls",
            start_tls=False,  # done by `open`, which turns a server without it down
            tls_context=tls_context,
            local_hostname="localhost",  # never said, see _own_name; its default asks the DNS each time
        )
        self._wire: asyncio.WriteTransport | None = None
        self.took_sender = False
        """Whether the server took MAIL FROM in the latest call: before that, nothing has begun."""

    @property
    def is_open(self) -> bool:
        """False once the server has closed it, as far as this is known here."""
        return self._client.is_connected

    async def open(self) -> None:
        with errors_mapped(Stage.GREETING, self._server):
            await self._client.connect(timeout=self._timeouts.connect)
        self._keep_wire()
        await self._say_hello()
        if self._config.security == "starttls":
            await self._start_tls()
            await self._say_hello()
        if self._config.username:
            with errors_mapped(Stage.LOGIN, self._server):
                await self._client.login(self._config.username, self._config.password)

    async def hand_over(self, message: Message) -> Result:
        """One mail transaction. What was put off is raised if the connection went with it, else returned."""
        self.took_sender = False
        try:
            await self._command(Stage.SENDER, f"MAIL FROM:<{encode_address(message.sender)}>")
            self.took_sender = True
            await self._command(Stage.RECIPIENT, f"RCPT TO:<{encode_address(message.recipient)}>")
            await self._command(Stage.DATA, "DATA")
            return Submitted(answer=str(await self._send_content(message.raw)))
        except (AddressRefused, TemporaryTransportError) as refusal:
            if isinstance(refusal, TemporaryTransportError) and not self.is_open:
                raise
            await self._reset()
            return refusal

    async def quit(self) -> None:
        """Takes leave and closes."""
        with contextlib.suppress(aiosmtplib.SMTPException):
            await self._client.execute_command(b"QUIT", timeout=self._timeouts.goodbye)
        self.abort()

    def abort(self) -> None:
        """Closes at once: a TLS farewell that nobody answers would outlive the event loop."""
        self._client.close()
        if self._wire is not None:
            self._wire.abort()

    def _keep_wire(self) -> None:
        """aiosmtplib forgets its transport when it closes; `abort` needs it then, too."""
        self._wire = cast(asyncio.WriteTransport, self._client.transport)

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
        self._keep_wire()

    async def _command(self, stage: Stage, command: str) -> None:
        with errors_mapped(stage, self._server):
            response = await self._client.execute_command(command.encode("ascii"))
        reply = Reply.read(response.code, response.message)
        if reply.code // 100 != (3 if stage is Stage.DATA else 2):
            raise read_refusal(reply, stage)

    async def _send_content(self, raw: bytes) -> Reply:
        # Not by aiosmtplib's data(): a line lost before the message and one lost after it look the
        # same there, and it searches the message for line ends that are right already.
        protocol = self._client.protocol
        with errors_mapped(Stage.DATA, self._server):
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            protocol.write(_stuff_dots(raw) + b".\r\n")
        with errors_mapped(Stage.CONTENT, self._server):
            response = await protocol.read_response(timeout=self._timeouts.answer)
        reply = Reply.read(response.code, response.message)
        if reply.code // 100 != 2:
            raise read_refusal(reply, Stage.CONTENT)
        return reply

    async def _reset(self) -> None:
        """Forgets a refused transaction; a connection that cannot do even that is closed."""
        try:
            await self._client.rset()
        except aiosmtplib.SMTPException:
            self.abort()


def _stuff_dots(raw: bytes) -> bytes:
    """RFC 5321 §4.5.2. Our own mails have no line that begins with a dot; one that had would end there."""
    return (b"." if raw.startswith(b".") else b"") + raw.replace(b"\r\n.", b"\r\n..")
