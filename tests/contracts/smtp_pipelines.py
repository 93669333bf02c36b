"""A real SMTP server with PIPELINING (RFC 2920) on the loopback, that does exactly what a test tells it.

`Told` says how it answers and where it breaks off; what it heard is kept line by line.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

GOOD = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 queued", "RSET": "250 ok"}


@dataclass
class Told:
    """`replies` by verb ("." after the content; "" says nothing); a list is used up reply by reply."""

    replies: Mapping[str, str | list[str]] = field(default_factory=dict)
    hang_up_after: str = ""
    """Closes the line once it answered this verb; "half" in the middle of
    the content, "." in place of its answer; "stall" only stops reading there."""
    early: str = ""
    """Said in the middle of the content, of which nothing more is read."""
    to_behind: str | None = None
    """Said to each command that came behind a content, in place of doing it ("" says nothing)."""
    on_open: Callable[[], None] = lambda: None
    greetings: list[str] = field(default_factory=list)
    """Said to the first connections in place of 220; a 4xx or 5xx is followed by a close."""
    ponders: float = 0
    """Seconds before each reply."""
    ponders_content: float = 0
    """Seconds more before the answer to a content."""
    packets: str = "as they come"
    """How replies go out: "together" (those of a group in one packet) or "bytes" (one at a time)."""
    offers: tuple[str, ...] = ("PIPELINING", "SIZE 10485760")
    heard: list[list[str]] = field(default_factory=list)
    """The verbs of each connection; content is "." (empty: "empty")."""
    mails: list[bytes] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    """Every command as it was given."""
    chunks: list[bytes] = field(default_factory=list)
    """What came in one read while commands were expected."""
    answered: list[tuple[bytes, str]] = field(default_factory=list)
    """Each mail, and what was said to it."""
    behind: list[bytes] = field(default_factory=list)
    """What had come behind each content before it was answered."""
    open_now: int = 0
    open_most: int = 0

    def answer(self, verb: str) -> str:
        told = self.replies.get(verb, GOOD.get(verb, "221 bye" if verb == "QUIT" else "502 what"))
        if isinstance(told, list):
            return told.pop(0) if told else GOOD[verb]
        return told


class _Talk:
    def __init__(self, told: Told, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.told = told
        self.reader = reader
        self.writer = writer
        self.rest = b""
        self.held = b""
        self.heard: list[str] = []
        told.heard.append(self.heard)

    async def run(self) -> None:
        greeting = self.told.greetings.pop(0) if self.told.greetings else "220 hi"
        await self.say(greeting, now=True)
        if not greeting.startswith("220"):
            return
        while line := await self.line():
            self.told.lines.append(line.strip())
            verb = line.split(b" ")[0].strip().decode().upper()
            self.heard.append(verb)
            if verb == "EHLO":
                await self.say(
                    "\r\n".join(["250-mx", *(f"250-{offer}" for offer in self.told.offers), "250 HELP"])
                )
                continue
            reply = self.told.answer(verb)
            await self.say(reply, now=verb not in {"MAIL", "RCPT"})
            if verb in {"QUIT", self.told.hang_up_after}:
                return
            if verb == "DATA" and reply.startswith("354") and not await self.content():
                return

    async def content(self) -> bool:
        """Reads to the final dot; False: the line is closed."""
        if self.told.hang_up_after == "half":
            await self.reader.read(1000)
            return False
        if self.told.hang_up_after == "stall" or self.told.early:
            await self.reader.readexactly(1000)
            await self.say(self.told.early)
            await asyncio.sleep(5)
            return False
        while not (self.rest.startswith(b".\r\n") or b"\r\n.\r\n" in self.rest):
            more = await self.reader.read(65_536)
            if not more:
                return False
            self.rest += more
        if self.rest.startswith(b".\r\n"):
            mail, self.rest = b"", self.rest[3:]
        else:
            mail, _, self.rest = self.rest.partition(b"\r\n.\r\n")
        self.heard.append("." if mail else "empty")
        self.told.behind.append(self.rest)
        if mail:
            self.told.mails.append(mail.replace(b"\r\n..", b"\r\n.") + b"\r\n")
        if self.told.hang_up_after == ".":
            return False
        reply = self.told.answer(".") if mail else "554 no valid recipients"
        if mail:
            self.told.answered.append((self.told.mails[-1], reply))
        await asyncio.sleep(self.told.ponders_content)
        if self.told.to_behind is not None:
            reply = "\r\n".join([reply, *[self.told.to_behind] * self.rest.count(b"\n")]).strip()
            self.rest = b""
        await self.say(reply, now=True)
        return not reply.startswith("421")

    async def line(self) -> bytes:
        while b"\n" not in self.rest:
            more = await self.reader.read(65_536)
            if not more:
                return b""
            self.told.chunks.append(more)
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    async def say(self, reply: str, *, now: bool = True) -> None:
        await asyncio.sleep(self.told.ponders)
        self.held += reply.encode("utf-8") + b"\r\n" if reply else b""
        if self.told.packets == "together" and not now:
            return
        held, self.held = self.held, b""
        if self.told.packets != "bytes":
            self.writer.write(held)
            return
        for number in range(len(held)):
            self.writer.write(held[number : number + 1])
            await self.writer.drain()
            await asyncio.sleep(0.0005)


@asynccontextmanager
async def told_server(told: Told, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that runs until the end."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        told.on_open()
        told.open_now += 1
        told.open_most = max(told.open_most, told.open_now)
        try:
            await _Talk(told, reader, writer).run()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            told.open_now -= 1
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.sleep(0.01)
        await server.wait_closed()
