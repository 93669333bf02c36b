"""Where a provider offers HTTP/2, calls share a connection; the key stays out of every log."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from newsletter.delivery.transports.api import ApiTransport
from newsletter.errors import TransportUnreachable
from newsletter.model import Call, Submitted

from .api_peers import KEY, reach
from .http2_server import http2_server
from .messages import make_message


def take(headers: dict[str, str], body: bytes) -> bytes:
    """As Resend answers."""
    assert headers["authorization"] == f"Bearer {KEY}"
    return json.dumps(
        {"data": [{"id": f"id-{number}"} for number, _ in enumerate(json.loads(body))]}
    ).encode()


def test_two_calls_at_once_go_over_one_connection_and_no_log_has_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async def main() -> None:
        async with http2_server(take) as server:
            dialect = reach("resend", server.endpoint).dialect
            async with ApiTransport(dialect, tls_context=server.trust) as transport:
                await transport.submit(Call.of([make_message(0)]))
                calls = [Call.of(make_message(10 * call + number) for number in range(3)) for call in (1, 2)]
                answers = await asyncio.gather(*map(transport.submit, calls))
        assert all(isinstance(result, Submitted) for results in answers for result in results)
        assert (server.connections, server.most_at_once) == (1, 2)

    asyncio.run(main())
    assert caplog.text
    assert KEY not in caplog.text


def test_a_certificate_that_nobody_trusts_is_not_spoken_to() -> None:
    async def main() -> None:
        async with http2_server(take) as server, reach("resend", server.endpoint) as transport:
            with pytest.raises(TransportUnreachable, match="certificate verify failed"):
                await transport.submit(Call.of([make_message(0)]))

    asyncio.run(main())
