"""An HTTPS server on the loopback that speaks HTTP/2 and nothing else (RFC 9113)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import h2.config
import h2.connection
import h2.events
import trustme

Answer = Callable[[dict[str, str], bytes], bytes]
"""From header fields and body to the body of a 200."""


@dataclass
class Http2Server:
    """What came: connections, and the most streams that waited for an answer at once."""

    answer: Answer
    authority: trustme.CA = field(default_factory=trustme.CA)
    port: int = 0
    connections: int = 0
    most_at_once: int = 0

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


class _Connection(asyncio.Protocol):
    def __init__(self, server: Http2Server) -> None:
        self._server = server
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self._wire = h2.connection.H2Connection(config)
        self._streams: dict[int, tuple[dict[str, str], bytearray]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections += 1
        self._wire.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        for event in self._wire.receive_data(data):
            self._hear(event)
        self._flush()

    def _hear(self, event: Any) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._streams[event.stream_id] = dict(event.headers), bytearray()
            self._server.most_at_once = max(self._server.most_at_once, len(self._streams))
        elif isinstance(event, h2.events.DataReceived):
            self._streams[event.stream_id][1].extend(event.data)
            self._wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            asyncio.get_running_loop().call_later(0.1, self._answer, event.stream_id)

    def _answer(self, stream: int) -> None:
        headers, body = self._streams.pop(stream)
        answer = self._server.answer(headers, bytes(body))
        self._wire.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
        self._wire.send_data(stream, answer, end_stream=True)
        self._flush()

    def _flush(self) -> None:
        self._transport.write(self._wire.data_to_send())


@asynccontextmanager
async def http2_server(answer: Answer) -> AsyncIterator[Http2Server]:
    server = Http2Server(answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    server.authority.issue_cert("localhost").configure_cert(context)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: _Connection(server), "localhost", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
