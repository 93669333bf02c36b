"""An SMTP server on the loopback that answers everything a little later, and counts.

    python benchmarks/delivery_server.py MILLISECONDS

It prints its port, and after each connection's end how many mails it took in all. Every answer leaves
that long after what it answers came, as it would from a server half the time away; commands that come
in one packet are answered in one.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import cast

_ANSWERS = {b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n", b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}
_END = b"\r\n.\r\n"


class DelayingServer(asyncio.Protocol):
    taken = 0

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._commands = b""
        self._tail: bytes | None = None  # the end of what came of the content; None: commands are due

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._say(b"220 bench\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        print(DelayingServer.taken, flush=True)

    def data_received(self, data: bytes) -> None:
        answers = b""
        while data:
            data, said = self._hear(data) if self._tail is None else self._swallow(data, self._tail)
            answers += said
        if answers:
            self._say(answers)

    def _hear(self, data: bytes) -> tuple[bytes, bytes]:
        """What is left behind the commands, and the answers to them."""
        self._commands += data
        answers = b""
        while b"\n" in self._commands:
            line, _, self._commands = self._commands.partition(b"\n")
            verb = line[:4].upper()
            answers += (
                b"250-bench\r\n250 PIPELINING\r\n" if verb == b"EHLO" else _ANSWERS.get(verb, b"250 ok\r\n")
            )
            if verb == b"DATA":
                self._tail = b"\r\n"
                rest, self._commands = self._commands, b""
                return rest, answers
        return b"", answers

    def _swallow(self, data: bytes, tail: bytes) -> tuple[bytes, bytes]:
        """What is left behind the content, and the answer where it ends."""
        content, end, rest = (tail + data).partition(_END)
        if not end:
            self._tail = content[1 - len(_END) :]
            return b"", b""
        self._tail = None
        DelayingServer.taken += 1
        return rest, b"250 queued\r\n"

    def _say(self, answers: bytes) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._transport.write, answers)


async def serve(delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: DelayingServer(delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1]) / 1000))
