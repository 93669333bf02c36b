"""What only Mailgun does: its errors, its domains and the exact form of a request."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from newsletter.config.transports import MailgunConfig, TransportSection
from newsletter.delivery.refusals import Meaning, read_meaning
from newsletter.delivery.transports import Result, open_transport
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    PermanentTransportError,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Message, Submitted

from .api_mailgun import read_form
from .api_peers import KEY, running, submit_to
from .api_server import ApiServer, Fault, status
from .messages import BODIES, make_message


def hand_over(message: Message, *faults: Fault) -> tuple[Result, ApiServer]:
    """The result, whether it was a value or raised, and the other side."""
    with running("mailgun") as server:
        server.faults.extend(faults)
        try:
            (result,) = asyncio.run(submit_to(server, "mailgun", message))
        except TransportError as error:
            return error, server
        return result, server


def talk(server: ApiServer, domain: str, message: Message | None = None, *, path: str = "") -> Any:
    """The first result of a transport with this domain; without a message what its check found."""

    async def main() -> Any:
        config = MailgunConfig(api_key=KEY, domain=domain, endpoint=server.endpoint + path)
        async with open_transport(TransportSection(kind="mailgun", mailgun=config)) as transport:
            if message is None:
                return await transport.check()
            return (await transport.submit(Call.of([message])))[0]

    return asyncio.run(main())


def test_the_request_is_this_one() -> None:
    message = make_message(7)
    _, server = hand_over(message)
    mark, link = message.body.mark, "https://papers.test/unsubscribe/7?a=1"
    text, html = BODIES
    for name in ("HTML_UNSUBSCRIBE", "HTML_ADDRESS", "UNSUBSCRIBE", "ADDRESS"):
        tag = f"%recipient.{name}_{mark}%"
        text, html = (words.replace(f"@@{name}@@", tag) for words in (text, html))
    form = dict(read_form(server.requests[0].headers["content-type"], server.bodies[0]))
    (variables,) = form.pop("recipient-variables")
    assert form == {
        "from": ["每日论文 <digest@papers.test>"],
        "subject": ["每日论文 · 3 篇"],
        "text": [text],
        "html": [html],
        "h:List-Id": ["<digest.papers.test>"],
        "h:List-Unsubscribe": [f"%recipient.List_Unsubscribe_{mark}%"],
        "h:List-Unsubscribe-Post": ["List-Unsubscribe=One-Click"],
        "to": ["读者7 <reader7@mail.test>"],
        "o:tracking": ["no"],
        "o:tracking-clicks": ["no"],
        "o:tracking-opens": ["no"],
    }
    assert json.loads(variables) == {
        "reader7@mail.test": {
            f"ADDRESS_{mark}": "reader7@mail.test",
            f"UNSUBSCRIBE_{mark}": f"{link}&b=2",
            f"HTML_UNSUBSCRIBE_{mark}": f"{link}&amp;b=2",
            f"HTML_ADDRESS_{mark}": "reader7@mail.test",
            f"List_Unsubscribe_{mark}": f"<{link}&b=2>",
        }
    }


def test_answers_go_where_the_sender_wants_them() -> None:
    fields = (*make_message(1).headers, ("Reply-To", "team@papers.test"))
    _, server = hand_over(make_message(1, headers=fields))
    assert server.mails[0].headers["reply-to"] == "team@papers.test"


def test_without_a_domain_it_is_that_of_the_sender() -> None:
    with running("mailgun") as server:
        result = talk(server, "", make_message(1))
    assert isinstance(result, Submitted)
    assert server.requests[0].url.path == "/v3/papers.test/messages"


def test_every_message_of_a_call_has_the_id_of_the_call() -> None:
    with running("mailgun") as server:
        results = asyncio.run(submit_to(server, "mailgun", make_message(1), make_message(2)))
    assert results == (Submitted("Queued. Thank you.", "<1@papers.test>"),) * 2


def test_a_bad_address_is_known_as_one() -> None:
    result, _ = hand_over(make_message(1, recipient="gone@mail.test"))
    assert isinstance(result, AddressRefused)
    assert read_meaning(result) is Meaning.BAD_ADDRESS


@pytest.mark.parametrize(
    ("code", "message", "kind", "fix"),
    [
        (401, "Forbidden", TransportMisconfigured, "api_key"),
        (403, "Domain d.test is not allowed to send: unverified", TransportMisconfigured, "verify"),
        (
            403,
            "Domain d.test is not allowed to send: Sandbox subdomains are for test purposes only.",
            TransportMisconfigured,
            "verify",
        ),
        (400, "'from' parameter is not a valid address.", TransportMisconfigured, "[sender]"),
        (400, "Need at least one of 'text' or 'html' parameters", PermanentTransportError, ""),
        (404, "Domain not found: d.test", TransportMisconfigured, "domain"),
        (413, "Request Entity Too Large", PermanentTransportError, ""),
        (429, "Too many requests", TransportBusy, ""),
        (500, "Internal Server Error", OutcomeUnknown, ""),
        (503, "Service Unavailable", TemporaryTransportError, ""),
    ],
)
def test_a_documented_error_means_this(code: int, message: str, kind: type[TransportError], fix: str) -> None:
    """documentation.mailgun.com/docs/mailgun/quickstart-guide/responses"""
    result, _ = hand_over(make_message(), status(code, {"message": message}))
    assert type(result) is kind
    assert fix in result.fix


def test_the_greeting_of_a_path_that_leads_nowhere_stops_the_run() -> None:
    """An endpoint with a path too many is answered 200, and nothing is taken."""
    with running("mailgun") as server, pytest.raises(TransportMisconfigured) as caught:
        talk(server, "papers.test", make_message(1), path="/v3")
    assert "endpoint" in caught.value.fix
    assert server.mails == []


@pytest.mark.parametrize("answer", [{"message": "Hello"}, {"message": "Queued. Thank you."}])
def test_a_success_without_an_id_is_of_unknown_outcome(answer: dict[str, str]) -> None:
    result, _ = hand_over(make_message(), status(200, answer))
    assert isinstance(result, OutcomeUnknown)


def test_the_check_tries_to_send_in_test_mode() -> None:
    with running("mailgun") as server:
        found = talk(server, "papers.test")
    assert "may send from papers.test" in found
    assert server.mails == []
    assert b'"o:testmode"\r\n\r\nyes' in server.bodies[0]


def test_the_check_finds_a_domain_that_may_not_send() -> None:
    with running("mailgun") as server, pytest.raises(TransportMisconfigured) as caught:
        talk(server, "unverified.papers.test")
    assert "verify the domain" in caught.value.fix


def test_the_check_finds_a_domain_of_elsewhere() -> None:
    with running("mailgun") as server, pytest.raises(TransportMisconfigured) as caught:
        talk(server, "other.test")
    assert "https://api.eu.mailgun.net" in caught.value.fix


def test_the_check_without_a_domain_asks_for_those_of_the_key() -> None:
    with running("mailgun") as server:
        assert talk(server, "") == "the key is valid; domains: papers.test"
    assert server.requests[0].method == "GET"
