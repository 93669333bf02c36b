"""Ways to try the SMTP transport: one message, many at once, or a talk of several calls."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.delivery.transports.smtp_transaction import Timeouts
from newsletter.errors import TransportError
from newsletter.model import Message, Submitted

from .messages import make_call, make_message
from .smtp_servers import Mailbox, smtp_config, smtp_server

PATIENT = Timeouts(connect=10, command=10, answer=10, goodbye=1)
IMPATIENT = Timeouts(connect=0.3, command=0.3, answer=0.3, goodbye=0.3, probe=0.1)


def submit_one(
    server: AbstractAsyncContextManager[int],
    *,
    message: Message | None = None,
    tls_context: ssl.SSLContext | None = None,
    timeouts: Timeouts = PATIENT,
    **settings: Any,
) -> Submitted | TransportError:
    """What one message became, raised or returned."""

    async def main() -> Submitted | TransportError:
        async with (
            server as port,
            SmtpTransport(
                smtp_config(port, **settings), tls_context=tls_context, timeouts=timeouts
            ) as transport,
        ):
            (result,) = await transport.submit(make_call(message or make_message()))
            return result

    return asyncio.run(main())


async def submit_all(transport: SmtpTransport, count: int) -> list[Any]:
    """What became of `count` messages at once, raised or returned."""
    calls = (transport.submit(make_call(make_message(number))) for number in range(count))
    results = await asyncio.gather(*calls, return_exceptions=True)
    return [result[0] if isinstance(result, tuple) else result for result in results]


def talk_with(mailbox: Mailbox, talk: Callable[[SmtpTransport], Awaitable[None]], **settings: Any) -> None:
    """Runs `talk` with a transport to a server of this mailbox."""

    async def main() -> None:
        async with (
            smtp_server(mailbox) as port,
            SmtpTransport(smtp_config(port, **settings), timeouts=PATIENT) as transport,
        ):
            await talk(transport)

    asyncio.run(main())
