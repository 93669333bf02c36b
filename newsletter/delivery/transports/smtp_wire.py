"""The wire to a mail server once it is open: bytes go out, whole replies come in, in their order.

It takes the transport over from aiosmtplib, which refuses to have several commands on their way.
Several may go in one write (RFC 2920 §3.1), and their replies may come in one packet or byte by byte.
What is said, and what a reply means, is left to `smtp_connection` and `replies`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import lru_cache

import aiosmtplib

from newsletter.delivery.transports.replies import Reply

_LONGEST_REPLY = 32_768  # RFC 5321 §4.5.3.1.5 asks for 512 octets a line; nobody tells more than this
_READ_AT_ONCE = 4_096


class ReplyReader:
    """Bytes as they come → the replies that are complete."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[Reply, ...]:
        """The replies that end in `data`. What is no reply, or has no end, is one with code -1."""
        replies, self._rest = _read_replies(self._rest + data if self._rest else data)
        if len(self._rest) > _LONGEST_REPLY:
            replies += (Reply.read(-1, _decode(self._rest)),)
            self._rest = b""
        return replies


@lru_cache(maxsize=64)  # servers say the same few things for every mail
def _read_replies(data: bytes) -> tuple[tuple[Reply, ...], bytes]:
    """The replies at the beginning, and what is left of one that has no end yet."""
    replies: list[Reply] = []
    lines: list[bytes] = []
    *ended, rest = data.split(b"\n")
    for line in ended:
        lines.append(line)
        if not (line[:3].isdigit() and line[3:4] == b"-"):  # RFC 5321 §4.2.1: a hyphen says more follows
            replies.append(_read_lines(lines))
            lines = []
    return tuple(replies), b"\n".join((*lines, rest))


def _read_lines(lines: list[bytes]) -> Reply:
    if not lines[-1][:3].isdigit():
        return Reply.read(-1, _decode(b" ".join(lines)))
    return Reply.read(int(lines[-1][:3]), _decode(b" ".join([line[4:] for line in lines])))


class Wire(asyncio.BufferedProtocol):
    """Used by one conversation. Raises SMTPServerDisconnected, OSError or TimeoutError where it breaks."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._buffer = memoryview(bytearray(_READ_AT_ONCE))
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._awaited = 0
        self._waiter: asyncio.Future[None] | None = None
        self._until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._broken_by: Exception | None = None
        self.is_flushed = True
        """Whether everything written has left this process."""
        # 0, so that `resume_writing` means: the kernel has all of it.
        transport.set_write_buffer_limits(high=0)
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """False once the server has closed it, as far as this is known here."""
        return self._broken_by is None and not self._transport.is_closing()

    def write(self, data: bytes, *, replies: int) -> None:
        """Sends commands or content to which so many replies are due."""
        if not self.is_open:
            raise self._reason_broken()
        self._awaited += replies
        self._transport.write(data)

    async def flush(self, timeout: float) -> None:
        """Returns when everything written has left this process, or when a reply is there before that."""
        until = self._loop.time() + timeout
        while not self.is_flushed and not self._replies:
            await self._wait(until)

    async def read(self, timeout: float) -> Reply:
        """The next reply; `timeout` in seconds."""
        if not self._replies:
            until = self._loop.time() + timeout
            while not self._replies:
                await self._wait(until)
        return self._replies.popleft()

    def take_reply(self) -> Reply | None:
        """The next reply where it is there already."""
        return self._replies.popleft() if self._replies else None

    def abort(self) -> None:
        self._break(aiosmtplib.SMTPServerDisconnected("closed here"))

    # --- What asyncio tells -----------------------------------------------------------------------

    # Replies are short: asyncio's other protocol would set 256 KiB aside for each of them.

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        for reply in self._reader.feed(bytes(self._buffer[:nbytes])):
            if not self._awaited:  # a farewell between two mails: nobody's answer, and nothing good
                self._break(aiosmtplib.SMTPServerDisconnected(str(reply)))
                return
            self._awaited -= 1
            self._replies.append(reply)
        self._wake()

    def eof_received(self) -> bool:
        # Not close(), which would go on sending what is left: what is said to have not gone must not go.
        self._break(aiosmtplib.SMTPServerDisconnected("it closed the connection"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(exc or aiosmtplib.SMTPServerDisconnected("it closed the connection"))

    def pause_writing(self) -> None:
        self.is_flushed = False

    def resume_writing(self) -> None:
        self.is_flushed = True
        self._wake()

    # --- Waiting ----------------------------------------------------------------------------------

    async def _wait(self, until: float) -> None:
        """Returns when something has happened; `until` as the loop counts."""
        if not self.is_open:
            raise self._reason_broken()
        self._until = until
        if self._alarm is None or self._alarm.when() > until:
            self._set_alarm()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _set_alarm(self) -> None:
        """One for many waits, which mostly end long before: it looks whether one is over, and goes on."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._until, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._until:
            self._set_alarm()
        else:
            self._waiter.set_exception(TimeoutError())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _break(self, reason: Exception) -> None:
        self._broken_by = self._broken_by or reason
        if self._alarm is not None:
            self._alarm.cancel()
        self._transport.abort()
        self._wake()

    def _reason_broken(self) -> Exception:
        return self._broken_by or aiosmtplib.SMTPServerDisconnected("it closed the connection")


def _decode(data: bytes) -> str:
    return data.strip().decode("utf-8", "surrogateescape")
