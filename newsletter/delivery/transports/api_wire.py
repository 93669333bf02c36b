"""One HTTP exchange with a provider: connections that are reused, patience apart for each step.

Here and nowhere else httpx's exceptions become ours. What matters is whether the provider may have
taken the call: not before its whole request was written, perhaps after that.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from newsletter import __version__
from newsletter.errors import (
    OutcomeUnknown,
    TemporaryTransportError,
    TransportMisconfigured,
    TransportUnreachable,
)

Content = Sequence[bytes]
"""Bytes in pieces, most of which the requests of many readers share: they are joined on the wire alone."""

_CHUNK = 1 << 20
"""So many bytes are joined and written at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `path` follows the endpoint; the headers hold the key and are never shown."""

    method: str
    path: str
    content: Content = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def body(self) -> bytes:
        """The content in one."""
        return b"".join(self.content)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to reach the provider, for each write, and for the answer to begin or go on."""

    connect: float = 10
    write: float = 60
    read: float = 120


DEFAULT_TIMEOUTS = Timeouts()

# It writes every header field into its debug log, the keys too (hpack.hpack, Encoder.add).
logging.getLogger("hpack").setLevel(logging.INFO)


class ApiWire:
    """The connections to one provider, opened by the first request, at most `most` at once."""

    def __init__(
        self, name: str, endpoint: str, most: int, timeouts: Timeouts, tls_context: ssl.SSLContext | None
    ) -> None:
        self._name = name
        self._endpoint = endpoint.rstrip("/")
        self._most = most
        self._timeouts = timeouts
        self._tls_context = tls_context
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def send(self, request: Request) -> httpx.Response:
        """The answer, read whole.

        Raises TransportUnreachable, TransportMisconfigured or TemporaryTransportError where nothing was
        handed over, OutcomeUnknown where nobody can say.
        """
        self._client = client = self._client or self._open()
        try:
            answer = await client.request(
                request.method,
                self._endpoint + request.path,
                content=_Stream(request.content) if request.content else None,
                headers={**request.headers, **_count(request.content)},
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise TransportMisconfigured(
                f"{self._endpoint} is no address of an API", fix=self._check("endpoint")
            ) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise _explain_silence(self._endpoint, error, fix=self._check("endpoint")) from error
        except (httpx.PoolTimeout, httpx.WriteTimeout) as error:
            # A request that was not written whole is none (RFC 9112 §8).
            raise TemporaryTransportError(f"{self._name} does not read: {_words(error)}") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"the line to {self._name} broke: {_words(error)}") from error
        # It is read; its stream knows it, and it knows the request: megabytes, which no circle may keep.
        answer.stream = httpx.ByteStream(b"")
        return answer

    def _open(self) -> httpx.AsyncClient:
        own = self._timeouts
        return httpx.AsyncClient(
            http2=True,
            verify=self._tls_context or True,
            timeout=httpx.Timeout(own.read, connect=own.connect, write=own.write, pool=None),
            # Expired well before a provider's own idle limit: a request is not sent into a closing line.
            limits=httpx.Limits(
                max_connections=self._most, max_keepalive_connections=self._most, keepalive_expiry=4
            ),
            headers={"User-Agent": f"newsletter/{__version__}"},
            follow_redirects=False,
        )

    def _check(self, key: str) -> str:
        return f"check [transport.{self._name}] {key}, and whether this machine may reach it"


class _Stream:
    """A request's content for httpx, a chunk at a time: it may be megabytes, of which one is in memory."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunk: list[bytes] = []
        size = 0
        for piece in self._content:
            chunk.append(piece)
            size += len(piece)
            if size >= _CHUNK:
                yield b"".join(chunk)
                chunk, size = [], 0
        if chunk:
            yield b"".join(chunk)


def _count(content: Content) -> dict[str, str]:
    """With its length said ahead no server has to take chunks (RFC 9112 §6.2)."""
    return {"Content-Length": str(measure(content))} if content else {}


def measure(content: Content) -> int:
    """Its length in bytes."""
    return sum(map(len, content))


def _explain_silence(endpoint: str, error: httpx.HTTPError, *, fix: str) -> TransportUnreachable:
    return TransportUnreachable(f"{endpoint} cannot be reached: {_words(error)}", fix=fix)


def _words(error: httpx.HTTPError) -> str:
    """What happened, in one line; httpx leaves some without any."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) or str(cause):
            return " ".join(str(cause).split())
        cause = cause.__cause__ or cause.__context__
    return {"ReadTimeout": "no answer in time"}.get(type(error).__name__, type(error).__name__)
