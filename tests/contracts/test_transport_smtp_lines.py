"""SMTP against real servers: connections reused, ended, broken at every point, or never opened."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import OutcomeUnknown, TemporaryTransportError, TransportUnreachable
from newsletter.model import Submitted

from .messages import make_call, make_message
from .smtp_servers import (
    ClosesAfter,
    HangsUpAfterTheDot,
    Mailbox,
    hang_up,
    silent_server,
    smtp_config,
    smtp_server,
)
from .smtp_trials import IMPATIENT, submit_all, submit_one, talk_with

# --- Connections ----------------------------------------------------------------------------------


def test_at_most_the_configured_connections_are_opened_and_they_are_reused() -> None:
    mailbox = Mailbox()

    async def talk(transport: SmtpTransport) -> None:
        results = await submit_all(transport, 40)
        assert all(isinstance(result, Submitted) for result in results)

    talk_with(mailbox, talk, connections=4)
    assert len(mailbox.sessions) <= 4
    assert len(mailbox.mails) == 40


@pytest.mark.parametrize("politely", [True, False])
def test_a_server_that_ends_connections_after_some_mails_loses_none(politely: bool) -> None:
    mailbox = ClosesAfter(3, politely=politely)

    async def talk(transport: SmtpTransport) -> None:
        for _ in range(2):
            results = await submit_all(transport, 10)
            assert [type(result) for result in results] == [Submitted] * 10

    talk_with(mailbox, talk, connections=2)
    assert len(mailbox.mails) == 20
    assert len(mailbox.sessions) >= 7


def test_a_connection_closed_while_idle_is_replaced() -> None:
    mailbox = Mailbox()

    async def talk(transport: SmtpTransport) -> None:
        await transport.submit(make_call(make_message(1)))
        hang_up(mailbox.sessions[0])
        await asyncio.sleep(0.05)
        await transport.submit(make_call(make_message(2)))

    talk_with(mailbox, talk)
    assert len(mailbox.sessions) == 2
    assert mailbox.mails == [make_message(1).raw, make_message(2).raw]


def test_a_line_lost_after_the_final_dot_is_of_unknown_outcome_and_is_not_repeated() -> None:
    mailbox = HangsUpAfterTheDot(times=1)

    async def talk(transport: SmtpTransport) -> None:
        with pytest.raises(OutcomeUnknown, match="closed the connection"):
            await transport.submit(make_call(make_message()))
        assert len(mailbox.mails) == 1
        (taken,) = await transport.submit(make_call(make_message()))
        assert isinstance(taken, Submitted)

    talk_with(mailbox, talk)
    assert len(mailbox.mails) == 2


def test_no_answer_after_the_final_dot_is_of_unknown_outcome() -> None:
    class Ponders(Mailbox):
        async def handle_DATA(self, *arguments: Any) -> str:  # noqa: N802
            await super().handle_DATA(*arguments)
            await asyncio.sleep(5)
            return "250 too late"

    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        submit_one(smtp_server(Ponders()), timeouts=IMPATIENT)


def test_a_server_that_goes_silent_before_the_message_is_temporary() -> None:
    class Ponders(Mailbox):
        async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802
            await asyncio.sleep(5)
            return "250 too late"

    with pytest.raises(TemporaryTransportError, match="no answer in time"):
        submit_one(smtp_server(Ponders()), timeouts=IMPATIENT)


def test_a_cancelled_call_gives_its_slot_back_and_leaves_no_half_conversation() -> None:
    class PondersOnce(Mailbox):
        async def handle_DATA(self, *arguments: Any) -> str:  # noqa: N802
            if not self.mails:
                self.mails.append(b"cut off")
                await asyncio.sleep(5)
            return await super().handle_DATA(*arguments)

    mailbox = PondersOnce()

    async def talk(transport: SmtpTransport) -> None:
        call = asyncio.create_task(transport.submit(make_call(make_message(1))))
        while not mailbox.mails:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        (taken,) = await transport.submit(make_call(make_message(2)))
        assert isinstance(taken, Submitted)

    talk_with(mailbox, talk, connections=1)
    assert mailbox.mails == [b"cut off", make_message(2).raw]


# --- Out of reach ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("127.0.0.1", "127.0.0.1:1: connection refused"),
        ("no-such-host.invalid", "its name is not known"),
        ("a..b", "this is not a host name"),
    ],
)
def test_a_server_never_reached_stops_the_run(host: str, reason: str) -> None:
    async def main() -> None:
        async with SmtpTransport(smtp_config(1, host=host)) as transport:
            await transport.submit(make_call(make_message()))

    with pytest.raises(TransportUnreachable, match=reason) as caught:
        asyncio.run(main())
    assert "host" in caught.value.fix


def test_a_server_that_goes_away_during_the_run_is_temporary() -> None:
    async def main() -> None:
        async with smtp_server(Mailbox()) as port:
            transport = SmtpTransport(smtp_config(port))
            await transport.submit(make_call(make_message()))
        async with transport:
            with pytest.raises(TemporaryTransportError, match="connection refused"):
                await transport.submit(make_call(make_message()))

    asyncio.run(main())


def test_a_server_that_does_not_greet_stops_the_run() -> None:
    with pytest.raises(TransportUnreachable, match="no answer in time"):
        submit_one(silent_server(), timeouts=IMPATIENT)
