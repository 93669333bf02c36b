"""The wire to a mail server once it is open: bytes go out, whole replies come in, in their order.

It takes the transport over from aiosmtplib, which refuses to have several commands on their way.
Several may go in one write (RFC 2920 §3.1), those of the next mail too, and their replies may come in one
packet or byte by byte. What is said, and what a reply means, is left to `smtp_connection` and `replies`.
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


class Turn:
    """What one conversation says, and the replies to it. Used by one task; others may have their turns before
    and after it, and a server answers in order. Raises SMTPServerDisconnected, OSError or TimeoutError where
    the wire breaks before a reply came.
    """

    __slots__ = ("_replies", "_waiter", "_wire", "due", "patience")

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.due = 0
        """How many replies are still to come."""
        self.patience = 0.0
        """Seconds that are waited, from when it is this turn's reply that the server owes."""

    def write(self, data: bytes, *, replies: int) -> None:
        """Sends commands to which so many replies are due."""
        self._wire.write(data, (self, replies))

    async def flush(self, end: int, timeout: float) -> bool:
        """Whether everything written up to `end` has left this process; False: a reply was there before."""
        while not (has_left := self._wire.has_left(end)) and not self._replies:
            await self._wait(timeout)
        return has_left

    async def read(self, timeout: float) -> Reply:
        """The next reply; `timeout` in seconds."""
        while not self._replies:
            await self._wait(timeout)
        return self._replies.popleft()

    def take_reply(self) -> Reply | None:
        """The next reply where it is there already."""
        return self._replies.popleft() if self._replies else None

    def take(self, reply: Reply) -> None:
        self.due -= 1
        self._replies.append(reply)
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def time_out(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError())

    async def _wait(self, timeout: float) -> None:
        """Returns when something has happened."""
        self.patience = timeout
        self._waiter = self._wire.open_waiter(self)
        try:
            await self._waiter
        finally:
            self._waiter = None
            self.patience = 0.0


class Wire(asyncio.BufferedProtocol):
    """Carries one turn after another, a turn beginning before the last one is answered."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._buffer = memoryview(bytearray(_READ_AT_ONCE))
        self._reader = ReplyReader()
        self._turns: deque[Turn] = deque()
        """Those that replies are due to, in the order in which they will come."""
        self._written = 0
        self._until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._broken_by: Exception | None = None
        self._is_flushed = True
        # 0, so that `resume_writing` means: the kernel has all of it.
        transport.set_write_buffer_limits(high=0)
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """False once the server has closed it, as far as this is known here."""
        return self._broken_by is None and not self._transport.is_closing()

    @property
    def is_idle(self) -> bool:
        """Whether no reply is due."""
        return not self._turns

    def write(self, data: bytes, *dues: tuple[Turn, int]) -> int:
        """Sends what these turns say, of which so many replies are due to each. Returns where it begins."""
        if not self.is_open:
            raise self._reason_broken()
        for turn, replies in dues:
            if not turn.due:
                self._turns.append(turn)
            turn.due += replies
        begin = self._written
        self._written += len(data)
        self._transport.write(data)
        return begin

    def has_left(self, end: int) -> bool:
        """Whether this process has none of the first `end` bytes any more; never where it broke before."""
        if self._is_flushed:
            return True
        return self.is_open and self._written - self._transport.get_write_buffer_size() >= end

    def abort(self) -> None:
        self._break(aiosmtplib.SMTPServerDisconnected("closed here"))

    # --- What asyncio tells -----------------------------------------------------------------------

    # Replies are short: asyncio's other protocol would set 256 KiB aside for each of them.

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        for reply in self._reader.feed(bytes(self._buffer[:nbytes])):
            if not self._turns:  # a farewell between two mails: nobody's answer, and nothing good
                self._break(aiosmtplib.SMTPServerDisconnected(str(reply)))
                return
            turn = self._turns[0]
            turn.take(reply)
            if not turn.due:
                self._turns.popleft()
                self._watch()

    def eof_received(self) -> bool:
        # Not close(), which would go on sending what is left: what is said to have not gone must not go.
        self._break(aiosmtplib.SMTPServerDisconnected("it closed the connection"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(exc or aiosmtplib.SMTPServerDisconnected("it closed the connection"))

    def pause_writing(self) -> None:
        self._is_flushed = False

    def resume_writing(self) -> None:
        self._is_flushed = True
        for turn in self._turns:
            turn.wake()

    # --- Waiting ----------------------------------------------------------------------------------

    def open_waiter(self, turn: Turn) -> asyncio.Future[None]:
        if not self.is_open:
            raise self._reason_broken()
        if self._turns and self._turns[0] is turn:
            self._watch()
        return self._loop.create_future()

    def _watch(self) -> None:
        """Counts the patience of who waits for the next reply, from now."""
        if not self._turns or not self._turns[0].patience:
            return
        self._until = self._loop.time() + self._turns[0].patience
        # One for many waits, which mostly end long before: it looks whether one is over, and goes on.
        if self._alarm is None or self._alarm.when() > self._until:
            self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._until, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._alarm = None
        if not self._turns or not self._turns[0].patience:
            return
        if self._loop.time() < self._until:
            self._set_alarm()
        else:
            self._turns[0].time_out()

    def _break(self, reason: Exception) -> None:
        self._broken_by = self._broken_by or reason
        if self._alarm is not None:
            self._alarm.cancel()
        self._transport.abort()
        for turn in self._turns:
            turn.wake()

    def _reason_broken(self) -> Exception:
        return self._broken_by or aiosmtplib.SMTPServerDisconnected("it closed the connection")


def _decode(data: bytes) -> str:
    return data.strip().decode("utf-8", "surrogateescape")
