"""SMTP with PIPELINING, mail behind mail: the next one's commands go with a content (RFC 2920 §3.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import AddressRefused, OutcomeUnknown, TemporaryTransportError, TransportMisconfigured
from newsletter.model import Fragment, Submitted

from .messages import make_call, make_message
from .smtp_pipelines import Told, told_server
from .smtp_servers import Certificates, smtp_config
from .smtp_trials import IMPATIENT, PATIENT, submit_all

QUEUED = Submitted("250 queued")
HUGE = (Fragment(b"<p>x</p>" * 1_000_000),)


def envelope(number: int) -> bytes:
    return b"MAIL FROM:<digest@papers.test>\r\nRCPT TO:<reader%d@mail.test>\r\nDATA\r\n" % number


def submit_to(told: Told, count: int, *, connections: int = 1, **settings: Any) -> list[Any]:
    """What became of so many mails that come at once."""
    timeouts = settings.pop("timeouts", PATIENT)

    async def main() -> list[Any]:
        async with (
            told_server(told) as port,
            SmtpTransport(smtp_config(port, connections=connections), timeouts=timeouts) as transport,
        ):
            return await submit_all(transport, count)

    return asyncio.run(main())


@contextmanager
def once(told: Told, **mishaps: Any) -> Iterator[None]:
    """These befall the first connection alone."""
    usual = {name: getattr(told, name) for name in mishaps}

    def begin() -> None:
        for name, value in (usual if told.heard else mishaps).items():
            setattr(told, name, value)

    told.on_open = begin
    yield


def test_the_next_mail_s_commands_come_with_a_content() -> None:
    told = Told()
    assert submit_to(told, 4) == [QUEUED] * 4
    assert told.behind == [envelope(1), envelope(2), envelope(3), b""]
    assert told.mails == [make_message(number).raw for number in range(4)]
    assert len(told.heard) == 1


def test_the_next_mail_waits_for_nothing_but_the_content_before_it() -> None:
    told = Told(ponders_content=0.2)

    async def main() -> None:
        async with told_server(told) as port, SmtpTransport(smtp_config(port, connections=1)) as transport:
            first = asyncio.create_task(transport.submit(make_call(make_message(1))))
            while not told.answered:
                await asyncio.sleep(0.01)
            assert await transport.submit(make_call(make_message(2))) == (QUEUED,)
            assert await first == (QUEUED,)

    asyncio.run(main())
    assert len(told.heard) == 1


def test_without_the_offer_a_mail_begins_when_the_last_is_answered() -> None:
    told = Told(offers=())
    assert submit_to(told, 4) == [QUEUED] * 4
    assert told.behind == [b""] * 4


def test_a_connection_that_owes_nothing_is_taken_before_one_that_does() -> None:
    told = Told(ponders_content=0.1)
    assert submit_to(told, 4, connections=4) == [QUEUED] * 4
    assert len(told.heard) >= 3


def test_over_tls_too() -> None:
    certificates, told = Certificates(), Told()

    async def main() -> list[Any]:
        async with told_server(told, tls=certificates.server) as port:
            config = smtp_config(port, security="tls", connections=1)
            async with SmtpTransport(config, tls_context=certificates.client, timeouts=PATIENT) as transport:
                return await submit_all(transport, 4)

    assert asyncio.run(main()) == [QUEUED] * 4
    assert told.mails == [make_message(number).raw for number in range(4)]


def test_contents_that_do_not_fit_into_one_write_are_taken_whole() -> None:
    messages = [make_message(number, html_fragments=HUGE) for number in range(3)]
    told = Told()

    async def main() -> list[Any]:
        async with told_server(told) as port, SmtpTransport(smtp_config(port, connections=1)) as transport:
            calls = (transport.submit(make_call(message)) for message in messages)
            return [result for (result,) in await asyncio.gather(*calls)]

    assert asyncio.run(main()) == [QUEUED] * 3
    assert told.mails == [message.raw for message in messages]


# --- What befalls one does not befall the other ---------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind"), [("554 5.7.1 spam", AddressRefused), ("451 later", TemporaryTransportError)]
)
def test_a_refused_content_is_of_that_mail_alone(reply: str, kind: type[Exception]) -> None:
    told = Told({".": ["250 queued", reply]})
    first, second, third = submit_to(told, 3)
    assert (first, third) == (QUEUED, QUEUED)
    assert type(second) is kind
    assert len(told.heard) == 1


def test_a_recipient_refused_behind_a_content_is_refused_alone() -> None:
    told = Told({"RCPT": ["250 ok", "550 5.1.1 gone"]})
    first, second, third = submit_to(told, 3)
    assert (first, third) == (QUEUED, QUEUED)
    assert isinstance(second, AddressRefused)
    assert told.mails == [make_message(0).raw, make_message(2).raw]


def test_a_line_lost_after_a_content_leaves_the_next_mail_to_another_connection() -> None:
    told = Told()
    with once(told, hang_up_after="."):
        first, second, third = submit_to(told, 3)
    assert isinstance(first, OutcomeUnknown)
    assert (second, third) == (QUEUED, QUEUED)
    assert told.mails == [make_message(number).raw for number in range(3)]


def test_a_421_after_a_content_leaves_the_next_mail_to_another_connection() -> None:
    told = Told({".": ["421 4.3.0 shutting down"]})
    first, second, third = submit_to(told, 3)
    assert type(first) is TemporaryTransportError
    assert (second, third) == (QUEUED, QUEUED)


def test_a_server_that_closes_after_each_mail_gets_all_of_them() -> None:
    told = Told({".": ["250 queued\r\n421 4.4.2 one is enough"] * 20})
    assert submit_to(told, 8, connections=2) == [QUEUED] * 8
    assert sorted(told.mails) == sorted(make_message(number).raw for number in range(8))


def test_no_mail_is_overtaken_again_and_again_where_a_server_closes_after_each() -> None:
    told = Told({".": ["250 queued\r\n421 4.4.2 one is enough"] * 60})
    assert submit_to(told, 60, connections=2) == [QUEUED] * 60
    places = {mail: place for place, mail in enumerate(told.mails)}
    assert max(abs(places[make_message(number).raw] - number) for number in range(60)) <= 6


def test_a_content_answered_too_early_leaves_the_next_mail_to_another_connection() -> None:
    told = Told()

    async def main() -> Any:
        async with told_server(told) as port:
            config = smtp_config(port, connections=1)
            async with SmtpTransport(config, timeouts=PATIENT) as transport:
                huge = transport.submit(make_call(make_message(0, html_fragments=HUGE)))
                small = transport.submit(make_call(make_message(1)))
                return await asyncio.gather(huge, small, return_exceptions=True)

    with once(told, early="552 5.3.4 too big"):
        huge, small = asyncio.run(main())
    assert isinstance(huge[0], AddressRefused)
    assert small == (QUEUED,)


def test_patience_with_a_mail_begins_when_the_one_before_is_answered() -> None:
    told = Told(ponders_content=0.5)
    patience = replace(IMPATIENT, command=0.3, answer=5)
    assert submit_to(told, 3, timeouts=patience) == [QUEUED] * 3
    assert len(told.heard) == 1


def test_a_call_that_is_cancelled_behind_another_leaves_none_of_its_commands() -> None:
    told = Told(ponders_content=0.1)

    async def main() -> Any:
        async with told_server(told) as port, SmtpTransport(smtp_config(port, connections=1)) as transport:
            calls = [
                asyncio.create_task(transport.submit(make_call(make_message(number)))) for number in range(3)
            ]
            while not told.answered:
                await asyncio.sleep(0.005)
            calls[1].cancel()
            return await asyncio.gather(*calls, return_exceptions=True)

    first, second, third = asyncio.run(main())
    assert isinstance(first, OutcomeUnknown)
    assert isinstance(second, asyncio.CancelledError)
    assert third == (QUEUED,)
    assert make_message(1).raw not in told.mails


# --- Servers that take no mail behind another -----------------------------------------------------


@pytest.mark.parametrize("said", ["503 bad sequence, pipelined after end of DATA", "554 out of sync", ""])
def test_a_server_that_hears_nothing_behind_a_content_gets_one_mail_after_another(said: str) -> None:
    told = Told(to_behind=said)
    patience = replace(IMPATIENT, command=0.3, answer=5)
    assert submit_to(told, 5, timeouts=patience) == [QUEUED] * 5
    assert told.behind == [envelope(1), b"", b"", b"", b""]
    assert sorted(told.mails) == [make_message(number).raw for number in range(5)]


@pytest.mark.parametrize("connections", [1, 3])
def test_it_gets_every_mail_once_over_several_connections_too(connections: int) -> None:
    told = Told(to_behind="503 bad sequence", ponders_content=0.01)
    assert submit_to(told, 30, connections=connections) == [QUEUED] * 30
    assert sorted(told.mails) == sorted(make_message(number).raw for number in range(30))


def test_a_sender_refused_behind_a_content_and_alone_stops_the_run() -> None:
    told = Told({"MAIL": ["250 ok", *["550 5.7.1 not you"] * 9]})
    first, *others = submit_to(told, 3)
    assert first == QUEUED
    assert all(isinstance(other, TransportMisconfigured) and "not you" in str(other) for other in others)


# --- Whatever it says -----------------------------------------------------------------------------

_REPLIES = {
    "MAIL": st.sampled_from(["250 ok"] * 6 + ["451 4.3.0 busy", "421 4.7.0 enough"]),
    "RCPT": st.sampled_from(["250 ok"] * 6 + ["550 5.1.1 gone", "450 4.2.1 later", "421 4.7.0 enough"]),
    "DATA": st.sampled_from(["354 go on"] * 6 + ["451 4.3.1 full", "554 no valid recipients"]),
    ".": st.sampled_from(["250 queued"] * 6 + ["554 5.7.1 spam", "451 4.3.0 later", "421 4.3.0 down"]),
}


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries({verb: st.lists(reply, max_size=16) for verb, reply in _REPLIES.items()}),
    st.integers(1, 3),
    st.sampled_from(["as they come", "together"]),
    st.sampled_from([None, None, "503 bad sequence"]),
)
def test_everybody_hears_what_was_said_to_his_own_mail(
    replies: dict[str, list[str]], connections: int, packets: str, to_behind: str | None
) -> None:
    told = Told(replies, packets=packets, to_behind=to_behind)
    results = submit_to(told, 9, connections=connections)
    taken = [mail for mail, reply in told.answered if reply.startswith("250")]
    for number, result in enumerate(results):
        assert taken.count(make_message(number).raw) == (1 if isinstance(result, Submitted) else 0)
        assert not isinstance(result, OutcomeUnknown)
