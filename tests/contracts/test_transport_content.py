"""The content of a request on its way: what readers share is written for each, and held once."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest

from newsletter.delivery.transports.api_wire import DEFAULT_TIMEOUTS, ApiWire, Content, Request
from newsletter.errors import OutcomeUnknown
from newsletter.model import Call, Fragment

from .api_peers import reach
from .messages import make_message

_Reader, _Writer = asyncio.StreamReader, asyncio.StreamWriter


@pytest.mark.parametrize(
    "content",
    [[b"{}"], [b"one", b"", b" two"], [b"x" * 300_000] * 7, [b"x" * (1 << 20)] * 2],
    ids=["one", "some of it empty", "large", "whole chunks"],
)
def test_a_request_says_its_length_and_arrives_whole(content: Content) -> None:
    taken: list[bytes] = []

    async def take(reader: _Reader, writer: _Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        taken.extend((head.lower(), await reader.readexactly(_read_length(head))))
        await _answer(writer)

    _exchange(take, Request("POST", "/mails", content))
    head, body = taken
    assert body == b"".join(content)
    assert b"transfer-encoding" not in head


def test_a_request_without_content_says_none() -> None:
    heads: list[bytes] = []

    async def take(reader: _Reader, writer: _Writer) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
        await _answer(writer)

    _exchange(take, Request("GET", "/account"))
    assert b"content-length" not in heads[0]
    assert b"transfer-encoding" not in heads[0]


def test_a_request_that_breaks_off_after_its_first_pieces_may_have_been_taken() -> None:
    async def take(reader: _Reader, writer: _Writer) -> None:
        await reader.readexactly(1000)
        writer.transport.abort()

    with pytest.raises(OutcomeUnknown):
        _exchange(take, Request("POST", "/mails", [b"x" * 1_000_000] * 30))


@pytest.mark.parametrize("name", ["resend", "postmark", "brevo"])
def test_bodies_are_in_memory_once_however_many_readers_a_call_has(name: str) -> None:
    shared = Fragment(b"x" * 250_000)
    sizes: list[int] = []

    async def take(reader: _Reader, writer: _Writer) -> None:
        sizes.append(left := _read_length(await reader.readuntil(b"\r\n\r\n")))
        while left:
            left -= len(await reader.read(min(left, 1 << 16)))
        await _answer(writer, status=401)

    async def main() -> int:
        async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with reach(name, f"http://127.0.0.1:{port}") as transport:
                call = Call.of(make_message(number, html_fragments=(shared,)) for number in range(70))
                tracemalloc.start()
                with pytest.raises(Exception, match="401"):
                    await transport.submit(call)
                return tracemalloc.get_traced_memory()[1]

    try:
        most = asyncio.run(main())
    finally:
        tracemalloc.stop()
    assert sizes[0] > 17_000_000
    assert most < sizes[0] / 3


def _exchange(take: Callable[[_Reader, _Writer], Awaitable[None]], request: Request) -> None:
    async def main() -> None:
        async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            wire = ApiWire("postmark", f"http://127.0.0.1:{port}", 1, DEFAULT_TIMEOUTS, None)
            try:
                await wire.send(request)
            finally:
                await wire.close()

    asyncio.run(main())


def _read_length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


async def _answer(writer: _Writer, status: int = 200) -> None:
    writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: 2\r\n\r\n{}" % status)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
