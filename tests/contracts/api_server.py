"""A provider's API on the loopback: speaks the dialect and keeps the limits of the provider it is given,
and misbehaves as it is told.

What a provider's API takes and refuses stands in one file each (`api_resend` …), written from the
provider's documentation and knowing nothing of our dialects.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Headers = dict[str, str]
Fault = Callable[["ApiServer", Request], Awaitable[Response | None]]
"""What happens in place of an answer; None: the provider answers after all."""


@dataclass(frozen=True)
class Accepted:
    """A mail as its reader would see it; header fields by name in small letters."""

    sender: str
    to: str
    subject: str
    text: str
    html: str
    headers: Headers

    @property
    def recipient(self) -> str:
        return self.to.rpartition("<")[2].rstrip(">")


class Provider(Protocol):
    """The other side's half of a dialect. `answer` takes the mails of a request, all, some or none."""

    key: str

    async def answer(self, request: Request) -> tuple[Response, list[Accepted]]: ...


@dataclass
class ApiServer:
    """What a provider took, and what it shall do wrong next."""

    provider: Provider
    mails: list[Accepted] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    """Each is used up by one request, the first first."""
    port: int = 0
    delay: float = 0
    """Seconds between taking a request and answering it."""
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        request = Request(scope, receive)
        self.note(request, await request.body())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            answer = await self.faults.popleft()(self, request) if self.faults else None
            if answer is None:
                answer = await self.take(request)
            await asyncio.sleep(self.delay)
            await answer(scope, receive, send)
        finally:
            self.in_flight -= 1

    async def take(self, request: Request) -> Response:
        """The provider's own answer; what it accepts is kept."""
        answer, accepted = await self.provider.answer(request)
        self.keep(accepted)
        return answer

    def note(self, request: Request, body: bytes) -> None:
        """A request came."""
        self.requests.append(request)
        self.bodies.append(body)

    def keep(self, accepted: list[Accepted]) -> None:
        """Its mails were taken."""
        self.mails += accepted


def status(code: int, body: Any = None, **headers: str) -> Fault:
    """An answer of this status; nothing is taken."""

    async def fault(server: ApiServer, request: Request) -> Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return JSONResponse({"message": f"told to answer {code}"} if body is None else body, code, fields)

    return fault


def nonsense(*, taken: bool) -> Fault:
    """A 200 that is no JSON."""

    async def fault(server: ApiServer, request: Request) -> Response:
        if taken:
            await server.take(request)
        return Response("<html>welcome to the hotel's network</html>", 200)

    return fault


def slow(seconds: float, *, taken: bool) -> Fault:
    """The answer comes late."""

    async def fault(server: ApiServer, request: Request) -> Response | None:
        answer = await server.take(request) if taken else await status(500)(server, request)
        await asyncio.sleep(seconds)
        return answer

    return fault


def cut_off(*, taken: bool) -> Fault:
    """The line breaks in the middle of the answer."""

    class Broken(Response):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b'{"da', "more_body": True})
            # Returning here, with more to come, makes the server close the connection.

    async def fault(server: ApiServer, request: Request) -> Response:
        if taken:
            await server.take(request)
        return Broken()

    return fault


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_begun = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.has_begun.set()

    async def main_loop(self) -> None:
        """Looks often whether the test is over, and leaves at once then: uvicorn's own takes a third of a
        second, and hundreds of tests begin a server."""
        await self.on_tick(0)
        while not self.should_exit:
            await asyncio.sleep(0.005)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for task in list(self.server_state.tasks):
            task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0)


@contextmanager
def api_server(provider: Provider) -> Iterator[ApiServer]:
    """The provider's API, which keeps what it takes."""
    with listening(ApiServer(provider)) as server:
        yield server


@contextmanager
def listening(server: ApiServer) -> Iterator[ApiServer]:
    """The provider's API in a thread of its own, until the block is left."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:  # asyncio sets TCP_NODELAY on such alone
        listening.bind(("127.0.0.1", 0))
        server.port = listening.getsockname()[1]
        config = uvicorn.Config(server, log_config=None, lifespan="off", http="h11")
        runner = _Server(config)
        thread = threading.Thread(target=runner.run, args=([listening],))
        thread.start()
        runner.has_begun.wait(10)
        try:
            yield server
        finally:
            runner.should_exit = True
            thread.join()
