"""One mail over an open wire: MAIL, RCPT, DATA, the content, and what of it was taken (RFC 5321 §3.3).

Where the server offers PIPELINING (RFC 2920) the three commands go in one write and cost one round
trip. A line that breaks before the content has left is temporary, whatever had been said until then:
without the final dot there is no mail. After it nobody can say. Opening and closing connections is
left to `smtp_connection`, what a reply means to `replies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import aiosmtplib

from newsletter.delivery.transports.addresses import encode_address
from newsletter.delivery.transports.base import Result
from newsletter.delivery.transports.replies import Stage, read_refusal
from newsletter.delivery.transports.smtp_errors import read_trouble
from newsletter.delivery.transports.smtp_wire import Wire
from newsletter.errors import AddressRefused, TemporaryTransportError, TransportError
from newsletter.model import Message, Submitted

_ENVELOPE = ((Stage.SENDER, 2), (Stage.RECIPIENT, 2), (Stage.DATA, 3))
"""The steps before the content, and with what the code of the hoped-for reply begins."""
_BROKEN = (aiosmtplib.SMTPException, OSError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. RFC 5321 §4.5.3.2 asks for 5 minutes a command and 10 after the final dot."""

    connect: float = 30
    command: float = 300
    answer: float = 600
    goodbye: float = 5  # QUIT is a courtesy
    probe: float = 60  # after the server would not open one more connection


DEFAULT_TIMEOUTS = Timeouts()


class Transaction:
    """Used once. What it raises leaves a wire that is good for nothing but `abort`."""

    def __init__(self, wire: Wire, server: str, timeouts: Timeouts, *, pipelining: bool) -> None:
        self._wire = wire
        self._server = server
        self._timeouts = timeouts
        self._pipelining = pipelining
        self._stage = Stage.SENDER
        self.took_sender = False
        """Whether the server took MAIL FROM: before that, nothing has begun."""

    async def run(self, message: Message) -> Result:
        """What was put off is raised if the connection went with it, else returned."""
        try:
            commands = _write_envelope(message)
        except AddressRefused as unwritable:
            return unwritable
        try:
            refusal = await self._send_envelope(commands)
            return await self._send_content(message) if refusal is None else self._judge(refusal)
        except _BROKEN as error:
            raise read_trouble(error, self._stage, self._server) from error

    async def _send_envelope(self, commands: tuple[bytes, ...]) -> TransportError | None:
        """None: the server waits for the content. Else why not, with the wire ready for the next mail."""
        wire, pipelining, patience = self._wire, self._pipelining, self._timeouts.command
        if pipelining:
            wire.write(b"".join(commands), replies=len(commands))
        refusal: TransportError | None = None
        taken: list[Stage] = []
        try:
            for (stage, hoped_for), command in zip(_ENVELOPE, commands, strict=True):
                self._stage = stage
                if not pipelining:
                    wire.write(command, replies=1)
                reply = wire.take_reply() or await wire.read(patience)
                if reply.code // 100 == hoped_for:
                    taken.append(stage)
                    continue
                refusal = refusal or read_refusal(reply, stage)
                if reply.ends_connection:
                    wire.abort()
                    return refusal
                if not pipelining:
                    break
            if refusal is not None:
                await self._forget(taken)
        except _BROKEN:
            # What was refused in leaving is still refused.
            if refusal is None:
                raise
            wire.abort()
        finally:
            self.took_sender = Stage.SENDER in taken
        return refusal

    async def _forget(self, taken: list[Stage]) -> None:
        """Ends a refused transaction. RFC 2920 §3.1: DATA may be waiting although nobody is to get it."""
        if Stage.RECIPIENT in taken and Stage.DATA in taken:
            self._wire.abort()  # without a sender, and yet an empty mail would go out
            return
        if Stage.DATA in taken:
            self._wire.write(b".\r\n", replies=1)
            await self._wire.read(self._timeouts.answer)
        self._wire.write(b"RSET\r\n", replies=1)
        reply = await self._wire.read(self._timeouts.command)
        if reply.code // 100 != 2:
            self._wire.abort()

    def _judge(self, refusal: TransportError) -> AddressRefused | TemporaryTransportError:
        """Refusals of this mail alone are results; others concern the call, and are raised."""
        if isinstance(refusal, AddressRefused):
            return refusal
        if isinstance(refusal, TemporaryTransportError) and self._wire.is_open:
            return refusal
        raise refusal

    async def _send_content(self, message: Message) -> Result:
        wire = self._wire
        wire.write(_write_content(message), replies=1)
        if not wire.is_flushed:
            await wire.flush(self._timeouts.command)
        is_whole = wire.is_flushed
        if is_whole:
            self._stage = Stage.CONTENT
        reply = await wire.read(self._timeouts.answer)
        if not is_whole or reply.ends_connection:
            wire.abort()  # what is left of the content must not be read as commands
        if reply.code // 100 != 2:
            return self._judge(read_refusal(reply, self._stage))
        if not is_whole:
            raise TemporaryTransportError(
                f"the mail server at {self._server} answered before it had the whole message: {reply}"
            )
        return Submitted(answer=str(reply))


def _write_envelope(message: Message) -> tuple[bytes, ...]:
    """Raises AddressRefused; an address that passes holds nothing that could end the command."""
    return (
        _write_sender(message.sender),
        f"RCPT TO:<{encode_address(message.recipient)}>\r\n".encode("ascii"),
        b"DATA\r\n",
    )


@lru_cache(maxsize=16)  # the same for all mails of a newsletter
def _write_sender(address: str) -> bytes:
    return f"MAIL FROM:<{encode_address(address)}>\r\n".encode("ascii")


def _write_content(message: Message) -> bytes:
    """The message with its dots stuffed (RFC 5321 §4.5.2) and the one that ends it."""
    head = message.head
    if head.startswith(b".") or b"\n." in head:
        head = (b"." if head.startswith(b".") else b"") + head.replace(b"\r\n.", b"\r\n..")
    return b"".join((head, *message.encoded_body, b".\r\n"))
