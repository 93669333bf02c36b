"""SMTP against real servers: what arrives, and what a refusal means."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from newsletter.delivery.headers import OpenHead
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import AddressRefused, TemporaryTransportError, TransportError, TransportMisconfigured
from newsletter.model import Fragment, Submitted

from .messages import make_call, make_message
from .smtp_servers import Mailbox, scripted_server, smtp_config, smtp_server
from .smtp_trials import submit_one

# --- What arrives ---------------------------------------------------------------------------------


class DottedHead(OpenHead):
    """Fields as none of ours are."""

    def __init__(self) -> None:
        super().__init__(())

    def encode(self, own: Mapping[str, str], boundary: str) -> bytes:
        return b".a: b\r\n..c: d\r\n.\r\n\r\n"


def test_a_line_that_begins_with_a_dot_arrives_whole() -> None:
    mailbox = Mailbox()
    message = make_message(letterhead=DottedHead())
    submit_one(smtp_server(mailbox), message=message)
    assert mailbox.mails == [message.raw]


def test_a_message_larger_than_every_buffer_arrives_whole() -> None:
    mailbox = Mailbox()
    message = make_message(html_fragments=(Fragment("论文".encode() * 500_000),))
    submit_one(smtp_server(mailbox), message=message)
    assert mailbox.mails == [message.raw]


def test_an_international_domain_goes_in_a_labels() -> None:
    mailbox = Mailbox()
    submit_one(smtp_server(mailbox), message=make_message(recipient="wang@xn--fsqu00a.xn--0zwm56d"))
    submit_one(smtp_server(mailbox), message=make_message(recipient="wang@例子.测试"))
    assert mailbox.recipients == ["wang@xn--fsqu00a.xn--0zwm56d"] * 2


def test_an_address_beyond_ascii_is_refused_alone_as_a_server_would() -> None:
    result = submit_one(smtp_server(Mailbox()), message=make_message(recipient="王@mail.test"))
    assert isinstance(result, AddressRefused)
    assert (result.code, result.status) == (553, "5.6.7")


def test_the_host_introduces_itself_by_a_full_name_or_an_address() -> None:
    mailbox = Mailbox()
    submit_one(smtp_server(mailbox))
    assert mailbox.hellos[0] != "localhost"
    assert "." in mailbox.hellos[0] or mailbox.hellos[0].startswith("[")


# --- Refusals -------------------------------------------------------------------------------------


def test_a_refused_recipient_fails_alone_and_the_connection_is_used_again() -> None:
    mailbox = Mailbox(
        {"gone@mail.test": "550 5.1.1 no such mailbox", "grey@mail.test": "451 4.7.1 greylisted"}
    )

    async def main() -> None:
        async with smtp_server(mailbox) as port, SmtpTransport(smtp_config(port)) as transport:
            (refused,) = await transport.submit(make_call(make_message(recipient="gone@mail.test")))
            (put_off,) = await transport.submit(make_call(make_message(recipient="grey@mail.test")))
            (taken,) = await transport.submit(make_call(make_message()))
            assert isinstance(refused, AddressRefused)
            assert (refused.code, refused.status) == (550, "5.1.1")
            assert isinstance(put_off, TemporaryTransportError)
            assert "451 4.7.1 greylisted" in put_off.message
            assert taken == Submitted(answer="250 2.0.0 Ok: queued as 1")

    asyncio.run(main())
    assert len(mailbox.sessions) == 1


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        (["554 no service here"], TransportMisconfigured),
        (["421 too busy"], TemporaryTransportError),
        (["HTTP/1.1 400 Bad Request"], TransportMisconfigured),
        (["220 hi", "554 not you"], TransportMisconfigured),
        (["220 hi", "250 mx", "553 5.7.1 not your sender"], TransportMisconfigured),
        (["220 hi", "250 mx", "550 Sender frequency limited"], TemporaryTransportError),
        (["220 hi", "250 mx", "250 ok", "554 5.7.1 Relay access denied"], TransportMisconfigured),
        (["220 hi", "250 mx", "250 ok", "421 4.7.0 later", "221 bye"], TemporaryTransportError),
        (["220 hi", "250 mx", "250 ok", "250 ok", "451 disk full", "250 ok", "221"], TemporaryTransportError),
        (["220 hi", "250 mx", "250 ok", "250 ok"], TemporaryTransportError),
    ],
)
def test_a_refusal_means_what_its_place_in_the_conversation_makes_of_it(
    replies: list[str], kind: type[TransportError]
) -> None:
    try:
        result = submit_one(scripted_server(*replies))
    except TransportError as error:
        result = error
    assert type(result) is kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("552 5.3.4 too big", AddressRefused),
        ("554 5.7.1 looks like spam", AddressRefused),
        ("452 4.3.1 no room", TemporaryTransportError),
        ("451 DT:SPM try again", TemporaryTransportError),
    ],
)
def test_refused_content_fails_alone(answer: str, kind: type[TransportError]) -> None:
    class Refuses(Mailbox):
        async def handle_DATA(self, *_: Any) -> str:  # noqa: N802
            return answer

    mailbox = Refuses()
    assert isinstance(submit_one(smtp_server(mailbox)), kind)


def test_a_refusal_said_in_leaving_is_still_a_refusal() -> None:
    refuses_and_goes = scripted_server("220 hi", "250 mx", "250 ok", "550 5.1.1 gone, and so am I")
    assert isinstance(submit_one(refuses_and_goes), AddressRefused)
