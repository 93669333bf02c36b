"""What only SendGrid does: its errors, its limits and the exact form of a request."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from newsletter.delivery.refusals import Meaning, read_meaning
from newsletter.delivery.transports import Result
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    PermanentTransportError,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Message, Submitted

from .api_peers import KEY, reach, running, submit_to
from .api_sendgrid import Sendgrid
from .api_server import Fault, status
from .messages import BODIES, make_message


def hand_over(message: Message, *faults: Fault) -> tuple[Result, list[bytes]]:
    """The result, whether it was a value or raised, and the requests."""
    with running("sendgrid") as server:
        server.faults.extend(faults)
        try:
            (result,) = asyncio.run(submit_to(server, "sendgrid", message))
        except TransportError as error:
            return error, server.bodies
        return result, server.bodies


def refuse(code: int, message: str, field: str | None = None, **headers: str) -> Fault:
    return status(code, {"errors": [{"message": message, "field": field, "help": None}]}, **headers)


def test_the_request_is_this_one() -> None:
    message = make_message(7)
    _, (body,) = hand_over(message)
    tag, link = f"-{message.body.mark}.{{}}-".format, "https://papers.test/unsubscribe/7?a=1"
    text, html = BODIES
    for name in ("HTML_UNSUBSCRIBE", "HTML_ADDRESS", "UNSUBSCRIBE", "ADDRESS"):
        text, html = (words.replace(f"@@{name}@@", tag(name)) for words in (text, html))
    assert json.loads(body) == {
        "personalizations": [
            {
                "to": [{"email": "reader7@mail.test", "name": "读者7"}],
                "headers": {
                    "List-Id": "<digest.papers.test>",
                    "List-Unsubscribe": f"<{link}&b=2>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                },
                "substitutions": {
                    tag("ADDRESS"): "reader7@mail.test",
                    tag("UNSUBSCRIBE"): f"{link}&b=2",
                    tag("HTML_UNSUBSCRIBE"): f"{link}&amp;b=2",
                    tag("HTML_ADDRESS"): "reader7@mail.test",
                },
            }
        ],
        "from": {"email": "digest@papers.test", "name": "每日论文"},
        "subject": "每日论文 · 3 篇",
        "content": [{"type": "text/plain", "value": text}, {"type": "text/html", "value": html}],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
        "mail_settings": {"footer": {"enable": False}},
    }


def test_answers_go_where_the_sender_wants_them() -> None:
    message = make_message(1)
    fields = (*message.headers, ("Reply-To", "team@papers.test"))
    _, (body,) = hand_over(make_message(1, headers=fields))
    assert json.loads(body)["reply_to"] == {"email": "team@papers.test"}


def test_a_name_has_no_comma_and_no_semicolon() -> None:
    """.../mail-send/limitations"""
    headers = tuple(
        (name, '"Wang, L.; \\"W\\"" <reader1@mail.test>' if name == "To" else value)
        for name, value in make_message(1).headers
    )
    result, (body,) = hand_over(make_message(1, headers=headers))
    assert isinstance(result, Submitted)
    assert json.loads(body)["personalizations"][0]["to"][0]["name"] == 'Wang L. "W"'


def test_every_message_of_a_call_has_the_id_of_the_call() -> None:
    with running("sendgrid") as server:
        results = asyncio.run(submit_to(server, "sendgrid", make_message(1), make_message(2)))
    assert results == (Submitted("taken", "call-1"), Submitted("taken", "call-1"))


@pytest.mark.parametrize("answer", [status(200, {}), status(202, {})])
def test_a_success_without_an_id_is_of_unknown_outcome(answer: Fault) -> None:
    """200 is that of the sandbox: valid, and queued for nobody; .../mail-send/errors."""
    result, _ = hand_over(make_message(), answer)
    assert isinstance(result, OutcomeUnknown)


@pytest.mark.parametrize(
    ("answer", "kind", "fix"),
    [
        (refuse(401, "authorization required"), TransportMisconfigured, "key"),
        (refuse(401, "Maximum credits exceeded"), TransportMisconfigured, "plan"),
        (
            refuse(403, "The from address does not match a verified Sender Identity.", "from"),
            TransportMisconfigured,
            "authenticate the domain",
        ),
        (refuse(403, "access forbidden"), TransportMisconfigured, "key"),
        (
            refuse(400, "The from email does not contain a valid address.", "from.email"),
            TransportMisconfigured,
            "[sender] address",
        ),
        (refuse(400, "The subject is required.", "subject"), PermanentTransportError, ""),
        (refuse(400, "invalid request", "null"), PermanentTransportError, ""),
        (refuse(413, "content too large"), PermanentTransportError, ""),
        (refuse(404, "not found"), TransportMisconfigured, "endpoint"),
        (refuse(500, "internal server error"), OutcomeUnknown, ""),
        (refuse(503, "service not available"), TemporaryTransportError, ""),
    ],
)
def test_a_documented_error_means_this(answer: Fault, kind: type[TransportError], fix: str) -> None:
    """twilio.com/docs/sendgrid/api-reference/mail-send/errors, and the responses in its OpenAPI file."""
    result, _ = hand_over(make_message(), answer)
    assert type(result) is kind
    assert fix in result.fix


def test_a_bad_address_is_known_as_one() -> None:
    result, _ = hand_over(make_message(1, recipient="gone@mail.test"))
    assert isinstance(result, AddressRefused)
    assert read_meaning(result) is Meaning.BAD_ADDRESS


@pytest.mark.parametrize(("ahead", "least", "most"), [(30, 25, 30), (-30, 0, 0)])
def test_too_many_requests_wait_until_the_limit_is_reset(ahead: int, least: int, most: int) -> None:
    """.../how-to-use-the-sendgrid-v3-api/rate-limits"""
    answer = refuse(429, "too many requests", x_ratelimit_reset=str(int(time.time()) + ahead))
    result, _ = hand_over(make_message(), answer)
    assert isinstance(result, TransportBusy)
    assert result.retry_after is not None
    assert least <= result.retry_after.total_seconds() <= most


@pytest.mark.parametrize("reset", ["soon", "", "-1", "9" * 400])
def test_a_reset_that_is_no_time_is_no_wait(reset: str) -> None:
    result, _ = hand_over(make_message(), refuse(429, "too many requests", x_ratelimit_reset=reset))
    assert isinstance(result, TransportBusy)
    assert result.retry_after is None


def test_a_wait_is_read_though_the_answer_quotes_the_key() -> None:
    reset = str(int(time.time()) + 60)
    result, _ = hand_over(make_message(), refuse(429, f"key {KEY}", x_ratelimit_reset=reset))
    assert isinstance(result, TransportBusy)
    assert result.retry_after is not None


def test_links_beyond_the_limit_fail_alone() -> None:
    long = make_message(2, blanks={"UNSUBSCRIBE": "https://papers.test/" + "x" * 6_000, "ADDRESS": "a"})
    with running("sendgrid") as server:
        taken, refused = asyncio.run(submit_to(server, "sendgrid", make_message(1), long))
    assert isinstance(taken, Submitted)
    assert isinstance(refused, PermanentTransportError)


def test_a_key_that_may_not_send_is_found_by_the_check() -> None:
    async def check(endpoint: str) -> str:
        async with reach("sendgrid", endpoint) as transport:
            return await transport.check()

    with running("sendgrid") as server:
        provider: Any = server.provider
        assert isinstance(provider, Sendgrid)
        provider.scopes = ["stats.read"]
        with pytest.raises(TransportMisconfigured, match="may not send") as caught:
            asyncio.run(check(server.endpoint))
    assert "Mail Send" in caught.value.fix
