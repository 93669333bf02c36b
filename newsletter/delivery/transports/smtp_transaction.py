"""One mail over an open wire: MAIL, RCPT, DATA, the content, and what of it was taken (RFC 5321 §3.3).

Where the server offers PIPELINING (RFC 2920) the three commands go in one write, behind the content of the
mail before where there is one (§3.1 lets content begin a group): a mail costs one round trip. Some servers
refuse what comes there, lest it be smuggled in, or lose it: such a mail says so, and can go alone.

A line that breaks before the content has left is temporary, whatever had been said until then: without the
final dot there is no mail. After it nobody can say. Opening and closing connections is left to
`smtp_connection`, what a reply means to `replies`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import aiosmtplib

from newsletter.delivery.transports.addresses import encode_address
from newsletter.delivery.transports.base import Result
from newsletter.delivery.transports.replies import Stage, read_refusal
from newsletter.delivery.transports.smtp_errors import read_trouble
from newsletter.delivery.transports.smtp_wire import Turn, Wire
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

Follow = Callable[[], "Transaction | None"]


@dataclass(frozen=True, slots=True)
class Line:
    """An open wire, who is at its other end, and how he is talked to."""

    wire: Wire
    server: str
    timeouts: Timeouts
    pipelining: bool


class Transaction:
    """One mail, used once. What it raises leaves a wire that is good for nothing but `abort`."""

    def __init__(self, message: Message) -> None:
        """Raises AddressRefused where an address cannot be written."""
        self._message = message
        self._commands = _write_envelope(message)
        self._stage = Stage.SENDER
        self._turn: Turn | None = None
        self.took_sender = False
        """Whether the server took MAIL FROM: before that, nothing has begun."""
        self.is_unheard = False
        """Whether it was not, or may not have been, because it came behind the content of another mail."""

    async def run(self, line: Line, follow: Follow | None = None) -> Result:
        """What was put off is raised if the connection went with it, else returned.

        `follow` is called when the content goes, where the server takes more commands behind it: it leaves
        the line to the next mail, and returns that if it is there already.
        """
        is_behind = self._turn is not None or not line.wire.is_idle
        turn = self._turn or Turn(line.wire)
        try:
            refusal = await self._send_envelope(line, turn)
            if refusal is None:
                return await self._send_content(line, turn, follow)
        except _BROKEN as error:
            self.is_unheard = is_behind and not self.took_sender and isinstance(error, TimeoutError)
            raise read_trouble(error, self._stage, line.server) from error
        if is_behind and not self.took_sender and not isinstance(refusal, TemporaryTransportError):
            self.is_unheard = True
            raise TemporaryTransportError(
                f"the mail server at {line.server} takes no mail behind another: {refusal.message}"
            )
        return _judge(refusal, line)

    def announce(self, wire: Wire) -> tuple[bytes, Turn]:
        """The commands, for the mail before to write behind its content, and the turn of their replies."""
        self._turn = Turn(wire)
        return b"".join(self._commands), self._turn

    async def _send_envelope(self, line: Line, turn: Turn) -> TransportError | None:
        """None: the server waits for the content. Else why not, with the wire ready for the next mail."""
        patience = line.timeouts.command
        if line.pipelining and self._turn is None:
            turn.write(b"".join(self._commands), replies=len(self._commands))
        refusal: TransportError | None = None
        taken: list[Stage] = []
        try:
            for (stage, hoped_for), command in zip(_ENVELOPE, self._commands, strict=True):
                self._stage = stage
                if not line.pipelining:
                    turn.write(command, replies=1)
                reply = turn.take_reply() or await turn.read(patience)
                if reply.code // 100 == hoped_for:
                    taken.append(stage)
                    continue
                refusal = refusal or read_refusal(reply, stage)
                if reply.ends_connection:
                    line.wire.abort()
                    return refusal
                if not line.pipelining:
                    break
            if refusal is not None:
                await _forget(taken, line, turn)
        except _BROKEN:
            # What was refused in leaving is still refused.
            if refusal is None:
                raise
            line.wire.abort()
        finally:
            self.took_sender = Stage.SENDER in taken
        return refusal

    async def _send_content(self, line: Line, turn: Turn, follow: Follow | None) -> Result:
        end = self._write_content(line, turn, follow)
        is_whole = line.wire.has_left(end) or await turn.flush(end, line.timeouts.command)
        if is_whole:
            self._stage = Stage.CONTENT
        reply = await turn.read(line.timeouts.answer)
        if not is_whole or reply.ends_connection:
            line.wire.abort()  # what is left of the content must not be read as commands
        if reply.code // 100 != 2:
            return _judge(read_refusal(reply, self._stage), line)
        if not is_whole:
            raise TemporaryTransportError(
                f"the mail server at {line.server} answered before it had the whole message: {reply}"
            )
        return Submitted(answer=str(reply))

    def _write_content(self, line: Line, turn: Turn, follow: Follow | None) -> int:
        """Returns where on the wire it ends."""
        following = follow() if follow is not None and line.pipelining else None
        if following is None:
            content = _write_content(self._message)
            return line.wire.write(content, (turn, 1)) + len(content)
        commands, next_turn = following.announce(line.wire)
        data = _write_content(self._message, commands)
        begin = line.wire.write(data, (turn, 1), (next_turn, len(_ENVELOPE)))
        return begin + len(data) - len(commands)


async def _forget(taken: list[Stage], line: Line, turn: Turn) -> None:
    """Ends a refused transaction. RFC 2920 §3.1: DATA may be waiting although nobody is to get it."""
    if Stage.RECIPIENT in taken and Stage.DATA in taken:
        line.wire.abort()  # without a sender, and yet an empty mail would go out
        return
    if Stage.DATA in taken:
        turn.write(b".\r\n", replies=1)
        await turn.read(line.timeouts.answer)
    turn.write(b"RSET\r\n", replies=1)
    reply = await turn.read(line.timeouts.command)
    if reply.code // 100 != 2:
        line.wire.abort()


def _judge(refusal: TransportError, line: Line) -> AddressRefused | TemporaryTransportError:
    """Refusals of this mail alone are results; others concern the call, and are raised."""
    if isinstance(refusal, AddressRefused):
        return refusal
    if isinstance(refusal, TemporaryTransportError) and line.wire.is_open:
        return refusal
    raise refusal


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


def _write_content(message: Message, then: bytes = b"") -> bytes:
    """The message with its dots stuffed (RFC 5321 §4.5.2) and the one that ends it."""
    head = message.head
    if head.startswith(b".") or b"\n." in head:
        head = (b"." if head.startswith(b".") else b"") + head.replace(b"\r\n.", b"\r\n..")
    return b"".join((head, *message.encoded_body, b".\r\n", then))
