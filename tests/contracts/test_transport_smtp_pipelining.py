"""SMTP with PIPELINING against a real server: one write an envelope, refusals and breaks at every point."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.delivery.transports.smtp_wire import ReplyReader
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Fragment, Submitted

from .messages import make_call, make_message
from .smtp_pipelines import Told, told_server
from .smtp_servers import Certificates, smtp_config
from .smtp_trials import IMPATIENT, PATIENT, submit_all

OPENING = ["EHLO"]
MAIL = ["MAIL", "RCPT", "DATA", "."]
HUGE = make_message(html_fragments=(Fragment(b"<p>x</p>" * 1_000_000),))


async def submit(transport: SmtpTransport, number: int = 0, **changes: Any) -> Any:
    """What one message became, raised or returned."""
    try:
        (result,) = await transport.submit(make_call(make_message(number, **changes)))
    except TransportError as error:
        return error
    return result


def talk_to(told: Told, talk: Callable[[SmtpTransport], Awaitable[Any]], **settings: Any) -> Any:
    """What `talk` returns of a transport to a server that was told so."""
    timeouts = settings.pop("timeouts", PATIENT)

    async def main() -> Any:
        async with (
            told_server(told) as port,
            SmtpTransport(smtp_config(port, **settings), timeouts=timeouts) as transport,
        ):
            return await talk(transport)

    return asyncio.run(main())


async def submit_two(transport: SmtpTransport) -> list[Any]:
    return [await submit(transport, 1), await submit(transport, 2)]


# --- One write, whatever the packets --------------------------------------------------------------


def test_an_envelope_goes_in_one_write() -> None:
    told = Told()
    results = talk_to(told, submit_two)
    assert results == [Submitted("250 queued")] * 2
    envelope = b"MAIL FROM:<digest@papers.test>\r\nRCPT TO:<reader%d@mail.test>\r\nDATA\r\n"
    assert told.chunks[1:3] == [envelope % 1, envelope % 2]
    assert told.mails == [make_message(1).raw, make_message(2).raw]


def test_without_the_offer_commands_go_one_by_one() -> None:
    told = Told(offers=("SIZE 1000",))
    assert talk_to(told, submit_two) == [Submitted("250 queued")] * 2
    assert told.chunks[1:4] == [
        b"MAIL FROM:<digest@papers.test>\r\n",
        b"RCPT TO:<reader1@mail.test>\r\n",
        b"DATA\r\n",
    ]


@pytest.mark.parametrize("packets", ["together", "bytes"])
def test_replies_are_told_apart_however_they_are_cut(packets: str) -> None:
    told = Told(
        {"RCPT": ["250-many\r\n250-lines\r\n250 ok", "550-no\r\n550 5.1.1 gone", "250"]}, packets=packets
    )

    async def talk(transport: SmtpTransport) -> list[Any]:
        return [await submit(transport, number) for number in range(3)]

    first, second, third = talk_to(told, talk)
    assert first == third == Submitted("250 queued")
    assert isinstance(second, AddressRefused)
    assert second.message.endswith("550 no 5.1.1 gone")
    assert len(told.heard) == 1


def test_a_reply_is_read_the_same_at_every_cut() -> None:
    said = "250-a\r\n250 b\r\n354 go\r\n250 2.0.0 完\r\nnonsense\r\n421\r\n".encode()
    whole = ReplyReader().feed(said)
    assert [reply.code for reply in whole] == [250, 354, 250, -1, 421]
    for cut in range(len(said)):
        reader = ReplyReader()
        assert reader.feed(said[:cut]) + reader.feed(said[cut:]) == whole


def test_a_reply_without_end_is_none() -> None:
    reader = ReplyReader()
    assert reader.feed(b"250-" + b"x" * 20_000) == ()
    (reply,) = reader.feed(b"x" * 20_000)
    assert (reply.code, reply.ends_connection) == (-1, True)


def test_pipelining_over_tls() -> None:
    certificates = Certificates()

    async def main() -> list[Any]:
        told = Told()
        async with told_server(told, tls=certificates.server) as port:
            config = smtp_config(port, security="tls")
            async with SmtpTransport(config, tls_context=certificates.client) as transport:
                taken = await submit_two(transport)
                (huge,) = await transport.submit(make_call(HUGE))
        assert told.mails == [make_message(1).raw, make_message(2).raw, HUGE.raw]
        return [*taken, huge]

    assert asyncio.run(main()) == [Submitted("250 queued")] * 3


# --- Refusals -------------------------------------------------------------------------------------


def test_a_refused_recipient_whose_content_is_waited_for_gets_an_empty_one_and_a_reset() -> None:
    told = Told({"RCPT": ["550 5.1.1 gone"]})
    refused, taken = talk_to(told, submit_two)
    assert isinstance(refused, AddressRefused)
    assert taken == Submitted("250 queued")
    assert told.heard == [[*OPENING, "MAIL", "RCPT", "DATA", "empty", "RSET", *MAIL, "QUIT"]]
    assert told.mails == [make_message(2).raw]


def test_a_refused_recipient_whose_data_is_refused_too_costs_a_reset() -> None:
    told = Told({"RCPT": ["450 4.2.0 greylisted"], "DATA": ["554 no valid recipients"]})
    put_off, taken = talk_to(told, submit_two)
    assert type(put_off) is TemporaryTransportError
    assert "450 4.2.0 greylisted" in put_off.message
    assert taken == Submitted("250 queued")
    assert told.heard == [[*OPENING, "MAIL", "RCPT", "DATA", "RSET", *MAIL, "QUIT"]]


def test_a_refused_sender_is_what_counts_of_three_refusals() -> None:
    told = Told({"MAIL": "550 5.7.1 not you", "RCPT": "503 MAIL first", "DATA": "503 RCPT first"})
    result = talk_to(told, submit)
    assert isinstance(result, TransportMisconfigured)
    assert "550 5.7.1 not you" in result.message


def test_a_sender_put_off_is_tried_on_the_same_connection() -> None:
    told = Told({"MAIL": ["450 4.3.0 busy"], "RCPT": ["503 MAIL first"], "DATA": ["503 RCPT first"]})
    put_off, taken = talk_to(told, submit_two)
    assert type(put_off) is TemporaryTransportError
    assert taken == Submitted("250 queued")
    assert len(told.heard) == 1


def test_nobody_gets_an_empty_mail_where_a_refused_sender_is_overlooked() -> None:
    told = Told({"MAIL": ["451 4.3.0 busy"]})
    put_off, taken = talk_to(told, submit_two)
    assert type(put_off) is TemporaryTransportError
    assert taken == Submitted("250 queued")
    assert told.heard[0] == [*OPENING, "MAIL", "RCPT", "DATA"]
    assert told.mails == [make_message(2).raw]


def test_data_refused_is_of_that_message_alone() -> None:
    told = Told({"DATA": ["451 4.3.1 disk full"]})
    put_off, taken = talk_to(told, submit_two)
    assert type(put_off) is TemporaryTransportError
    assert taken == Submitted("250 queued")
    assert told.heard == [[*OPENING, "MAIL", "RCPT", "DATA", "RSET", *MAIL, "QUIT"]]


@pytest.mark.parametrize(
    ("reply", "kind"), [("554 5.7.1 spam", AddressRefused), ("451 later", TemporaryTransportError)]
)
def test_refused_content_leaves_the_connection_ready(reply: str, kind: type[TransportError]) -> None:
    told = Told({".": [reply]})
    refused, taken = talk_to(told, submit_two)
    assert type(refused) is kind
    assert taken == Submitted("250 queued")
    assert told.heard == [[*OPENING, *MAIL, *MAIL, "QUIT"]]


# --- 421, and lines that break --------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_a_421_in_the_middle_is_temporary_and_ends_the_connection(verb: str) -> None:
    told = Told({verb: ["421 4.7.0 later"]}, hang_up_after=verb)

    async def talk(transport: SmtpTransport) -> Any:
        result = await submit(transport, 1)
        told.hang_up_after = ""
        return result, await submit(transport, 2)

    put_off, taken = talk_to(told, talk)
    assert isinstance(put_off, TemporaryTransportError)
    assert "421 4.7.0 later" in put_off.message
    assert taken == Submitted("250 queued")
    assert len(told.heard) == 2


def test_a_421_after_so_many_mails_is_answered_by_a_fresh_connection() -> None:
    told = Told({"MAIL": ["250 ok", "421 4.7.0 enough", "250 ok"]})
    assert talk_to(told, submit_two) == [Submitted("250 queued")] * 2
    assert len(told.heard) == 2


def test_a_421_in_place_of_taking_the_content_is_no_unknown_outcome() -> None:
    result = talk_to(Told({".": ["421 4.3.0 shutting down"]}), submit)
    assert type(result) is TemporaryTransportError


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "half"])
@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
def test_a_line_lost_before_the_final_dot_had_left_is_temporary(verb: str, offers: tuple[str, ...]) -> None:
    told = Told({"DATA": ""} if verb == "DATA" else {}, hang_up_after=verb, offers=offers)

    async def talk(transport: SmtpTransport) -> Any:
        try:
            return await transport.submit(make_call(HUGE))
        except TransportError as error:
            return error

    result = talk_to(told, talk)
    assert type(result) is TemporaryTransportError
    assert told.mails == []


def test_a_line_lost_after_the_final_dot_is_of_unknown_outcome() -> None:
    told = Told(hang_up_after=".")
    result = talk_to(told, submit)
    assert isinstance(result, OutcomeUnknown)
    assert told.mails == [make_message().raw]


def test_patience_is_for_each_reply_and_not_for_all_of_them() -> None:
    told = Told(ponders=0.2)
    assert talk_to(told, submit_two, timeouts=IMPATIENT) == [Submitted("250 queued")] * 2


def test_a_server_that_stops_reading_in_the_middle_of_the_content_is_temporary() -> None:
    told = Told(hang_up_after="stall")

    async def talk(transport: SmtpTransport) -> Any:
        with pytest.raises(TemporaryTransportError, match="broke before the message: no answer in time"):
            await transport.submit(make_call(HUGE))

    talk_to(told, talk, timeouts=IMPATIENT)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("552 5.3.4 too big", AddressRefused),
        ("451 no", TemporaryTransportError),
        ("250 ok", TemporaryTransportError),
    ],
)
def test_an_answer_before_the_content_is_whole_ends_the_connection(
    reply: str, kind: type[TransportError]
) -> None:
    told = Told(early=reply)

    async def talk(transport: SmtpTransport) -> Any:
        try:
            (result,) = await transport.submit(make_call(HUGE))
        except TransportError as error:
            return error
        return result

    assert type(talk_to(told, talk)) is kind
    assert told.mails == []


def test_a_farewell_between_two_mails_is_nobodys_answer() -> None:
    told = Told({".": ["250 queued\r\n421 4.4.2 idle too long"]})
    assert talk_to(told, submit_two) == [Submitted("250 queued")] * 2
    assert len(told.heard) == 2


# --- How many connections -------------------------------------------------------------------------


def test_connections_are_opened_as_the_server_bears_them() -> None:
    told = Told(greetings=["220 hi", "220 hi", "220 hi", *["421 4.7.0 too many connections"] * 50])

    async def talk(transport: SmtpTransport) -> list[Any]:
        return await submit_all(transport, 40)

    results = talk_to(told, talk, connections=10)
    assert results == [Submitted("250 queued")] * 40
    assert len(told.heard) <= 6  # three that stand, and as many at most that were refused meanwhile
    assert len(told.mails) == 40


def test_the_first_connection_is_opened_alone_and_then_they_double() -> None:
    told, opened = Told(), []

    async def talk(transport: SmtpTransport) -> list[Any]:
        told.on_open = lambda: opened.append(len([each for each in told.heard if each]))
        return await submit_all(transport, 30)

    talk_to(told, talk, connections=8)
    assert told.open_most == 8
    # How many had said EHLO when the second, third, fifth connection was opened.
    assert opened[0] == 0
    assert opened[1] >= 1
    assert opened[2] >= 2
    assert opened[4] >= 3


def test_one_more_connection_is_tried_after_a_while() -> None:
    told = Told(greetings=["220 hi", "421 4.7.0 not now"])

    async def talk(transport: SmtpTransport) -> None:
        await submit_all(transport, 10)
        assert len(told.heard) == 2
        await asyncio.sleep(0.1)
        results = await submit_all(transport, 10)
        assert results == [Submitted("250 queued")] * 10
        assert len(told.heard) > 2

    talk_to(told, talk, connections=3, timeouts=IMPATIENT)


def test_a_server_that_lets_nobody_in_is_temporary_for_all() -> None:
    told = Told(greetings=["421 4.7.0 not now"] * 50)

    async def talk(transport: SmtpTransport) -> list[Any]:
        return await submit_all(transport, 5)

    assert {type(result) for result in talk_to(told, talk)} == {TemporaryTransportError}
