"""Whether the next server takes our mail, and whether readers reach what its links name."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from newsletter import __version__
from newsletter.config import Config, is_example_host, is_loopback
from newsletter.daemons import DaemonExecutor
from newsletter.daily.doctor.findings import Finding, quote, warn, well, wrong
from newsletter.delivery.transports import Transport, open_transport
from newsletter.tokens import TEST_SUBJECT, Purpose, make_token

_SECONDS = 12.0
_HTTP_SECONDS = 8.0
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_HEADERS = {"User-Agent": f"newsletter/{__version__}"}
_SERVE = "let newsletter serve answer there (docs/howto/run-daily.md); else one-click unsubscribe fails"


def look_at_transport(config: Config, kind: str = "", *, name: str = "transport") -> Iterator[Finding]:
    """That of the configuration, or the one called `kind`. Raises ConfigError, TransportError."""
    kind = kind or config.transport.kind
    try:
        found = _wait_for(open_transport(config.transport, kind))
    except TimeoutError:
        fix = f"check [transport.{kind}], and whether this machine may reach it"
        yield wrong(name, f"{kind}: no answer within {_SECONDS:g} s", fix)
        return
    if kind == "file":
        fix = "set [transport] kind to smtp or to a provider, unless a server picks them up there"
        yield warn(name, quote(found), fix)
    else:
        yield well(name, f"{kind}: {quote(found)}")


def look_at_fallback(config: Config) -> Iterator[Finding]:
    """Nothing where none is configured. Raises ConfigError, TransportError."""
    if config.transport.fallback:
        yield from look_at_transport(config, config.transport.fallback, name="fallback")


def look_at_base_url(config: Config, key: bytes | None) -> Iterator[Finding]:
    """Asks for /healthz, then for a link that belongs to nobody and is signed with `key`."""
    base = config.newsletter.base_url
    host = urlsplit(base).hostname or ""
    if is_example_host(host):
        yield warn("base_url", "not looked at: it is still an example", "set it in newsletter.toml")
        return
    if is_loopback(host) and config.transport.kind != "file":
        fix = "set [newsletter] base_url to the public https address"
        yield warn("base_url", f"{base} is this machine: readers cannot reach it", fix)
    try:
        with httpx.Client(timeout=_HTTP_SECONDS, headers=_HEADERS) as client:
            yield _judge_health(base, client.get(f"{base}healthz"))
            if key is not None:
                token = make_token(key, Purpose.UNSUBSCRIBE, TEST_SUBJECT)
                yield from _judge_link(base, client.get(f"{base}unsubscribe/{token}"))
    except httpx.HTTPError as error:
        yield warn("base_url", f"{base} does not answer: {_words(error)}", _SERVE)


def _judge_health(base: str, answer: httpx.Response) -> Finding:
    if answer.is_redirect:
        where = quote(answer.headers.get("location", ""))
        fix = "set [newsletter] base_url to where it leads: one-click unsubscribe follows no redirect"
        return warn("base_url", f"{base} leads elsewhere: {where}", fix)
    state = _read_status(answer)
    if state == "ok":
        return well("base_url", f"{base} is answered by newsletter serve")
    if state == "unavailable":
        return warn("base_url", f"{base} answers, but its store does not", "see the log of newsletter serve")
    return warn("base_url", f"another program answers at {base} ({answer.status_code})", _SERVE)


def _judge_link(base: str, answer: httpx.Response) -> Iterator[Finding]:
    """Of a newsletter with another key every personal link of our mails would be refused."""
    if answer.status_code == httpx.codes.NOT_FOUND:
        fix = "let newsletter serve use this store and this [newsletter] secret_key"
        yield warn("base_url", f"{base} refuses the unsubscribe links that are made here", fix)


def _read_status(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["status"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _wait_for(transport: Transport) -> str:
    """What the transport found, or TimeoutError."""

    async def check() -> str:
        async with transport:
            return await transport.check()

    # asyncio.run() would wait for a name server that does not answer, as long as the system does.
    loop = asyncio.new_event_loop()
    loop.set_default_executor(DaemonExecutor())
    try:
        return loop.run_until_complete(asyncio.wait_for(check(), _SECONDS))
    finally:
        loop.close()


def _words(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"nothing within {_HTTP_SECONDS:g} s"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return quote(cause.verify_message)
        cause = cause.__cause__ or cause.__context__
    return quote(_ERRNO.sub("", str(error))) or type(error).__name__
