"""What Postmark alone does: an answer for each message, codes of its own, a stream.

The codes are those of postmarkapp.com/developer/api/overview#error-codes; 400, 401, 405 of older editions.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from newsletter.config.transports import PostmarkConfig
from newsletter.delivery.refusals import Meaning, read_meaning
from newsletter.delivery.transports import Result
from newsletter.delivery.transports.api_answers import CallRefused, judge_status
from newsletter.delivery.transports.api_wire import Timeouts
from newsletter.delivery.transports.postmark import PostmarkDialect
from newsletter.errors import (
    AddressRefused,
    ConfigError,
    OutcomeUnknown,
    PermanentTransportError,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Fragment, Message, Submitted

from .api_peers import KEY, reach, submit_to
from .api_postmark import INACTIVE, Postmark
from .api_server import ApiServer, api_server
from .messages import make_message

DIALECT = PostmarkDialect(PostmarkConfig(server_token=KEY))
PATIENT = Timeouts(read=60)  # a call of 50 MB takes its time to be read
TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": "reader0@mail.test"}


def refused(code: int, words: str = "no") -> dict[str, Any]:
    return {"ErrorCode": code, "Message": words}


def read(*answers: dict[str, Any]) -> list[Result]:
    """The results of a call that is answered 200 with these."""
    call = Call.of(make_message(number) for number in range(len(answers)))
    return list(DIALECT.read_results(call, httpx.Response(200, json=list(answers))))


def read_failure(status: int, **answer: Any) -> TransportError | CallRefused:
    response = httpx.Response(status, json=answer)
    failure = DIALECT.read_failure(response) or judge_status("postmark", response)
    assert isinstance(failure, (TransportError, CallRefused))
    return failure


def submit(server: ApiServer, *messages: Message) -> list[Result]:
    return list(asyncio.run(submit_to(server, "postmark", *messages, timeouts=PATIENT)))


# --- The request ----------------------------------------------------------------------------------


def test_a_request_is_an_array_of_messages() -> None:
    message = make_message(7, text_fragments=(Fragment(b"text"),), html_fragments=(Fragment(b"<p>html"),))
    request = DIALECT.make_request(Call.of([message]), [DIALECT.encode(message)])
    assert (request.method, request.path) == ("POST", "/email/batch")
    assert request.headers == {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "X-Postmark-Server-Token": KEY,
    }
    assert json.loads(request.body) == [
        {
            "From": "每日论文 <digest@papers.test>",
            "To": "reader7@mail.test",
            "Subject": "每日论文 · 3 篇",
            "HtmlBody": "<p>html",
            "TextBody": "text",
            "MessageStream": "broadcast",
            "TrackOpens": False,
            "TrackLinks": "None",
            "Headers": [
                {"Name": "List-Id", "Value": "<digest.papers.test>"},
                {"Name": "List-Unsubscribe", "Value": "<https://papers.test/unsubscribe/7?a=1&b=2>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                {"Name": "Message-ID", "Value": "<2025-09-24.7@papers.test>"},
                {"Name": "X-PM-KeepID", "Value": "true"},
            ],
        }
    ]


def test_answers_to_a_mail_go_where_the_configuration_says() -> None:
    message = make_message()
    message = make_message(headers=(*message.headers, ("Reply-To", "team@papers.test")))
    assert json.loads(b"".join(DIALECT.encode(message)))["ReplyTo"] == "team@papers.test"


def test_the_message_id_of_a_mail_is_ours() -> None:
    with api_server(Postmark(KEY)) as server:
        submit(server, make_message(5))
    (mail,) = server.mails
    assert mail.headers["message-id"] == "<2025-09-24.5@papers.test>"
    assert mail.headers["x-pm-keepid"] == "true"


def test_more_bytes_than_a_call_may_have_go_as_two_requests() -> None:
    large = Fragment(b"x" * 4_900_000)
    messages = [make_message(number, html_fragments=(large,)) for number in range(12)]
    with api_server(Postmark(KEY)) as server:
        results = submit(server, *messages)
    assert all(isinstance(result, Submitted) for result in results)
    assert len(server.requests) == 2
    assert [mail.recipient for mail in server.mails] == [message.recipient for message in messages]


def test_a_section_without_a_stream_is_refused_before_anything_runs() -> None:
    with pytest.raises(ConfigError, match="message_stream"):
        PostmarkDialect(PostmarkConfig(server_token=KEY, message_stream=""))


# --- What an answer says of a message -------------------------------------------------------------


def test_a_message_that_is_taken_late_is_taken() -> None:
    late = {"Message": "Message accepted, but delivery may be delayed.", "MessageID": "b7bc2f4a"}
    assert read(late) == [Submitted("taken", provider_id="b7bc2f4a")]


CODES = {
    10: TransportMisconfigured,  # not a valid token
    100: TemporaryTransportError,  # maintenance
    101: OutcomeUnknown,  # an error that should not have occurred
    300: PermanentTransportError,  # validation of this message
    400: TransportMisconfigured,  # no sender signature
    401: TransportMisconfigured,  # sender signature not confirmed
    402: PermanentTransportError,  # invalid JSON
    403: PermanentTransportError,  # invalid request fields
    405: TransportMisconfigured,  # out of credits
    406: PermanentTransportError,  # inactive recipient
    411: PermanentTransportError,  # forbidden attachment
    412: TransportMisconfigured,  # account pending
    413: TransportMisconfigured,  # account may not send
    422: TransportMisconfigured,  # invalid server or account
    429: TemporaryTransportError,  # rate limit
    1235: TransportMisconfigured,  # no such stream
    1236: TransportMisconfigured,  # a stream that does not send
    1480: TransportMisconfigured,  # not from this machine's address
    9999: PermanentTransportError,  # whatever comes later
}


@pytest.mark.parametrize(("code", "kind"), CODES.items())
def test_a_code_beside_taken_messages_is_of_its_message_alone(code: int, kind: type[TransportError]) -> None:
    taken, other = read(TAKEN, refused(code, "said so"))
    assert isinstance(taken, Submitted)
    assert type(other) is kind
    assert f"postmark: {code} said so" in other.message
    assert bool(other.fix) == (kind is TransportMisconfigured or code == 406)


def test_what_postmark_puts_off_says_nothing_of_the_recipients_server() -> None:
    _, rate, maintenance = read(TAKEN, refused(429), refused(100))
    for result in (rate, maintenance):
        assert isinstance(result, TemporaryTransportError)
        assert not result.too_fast


@pytest.mark.parametrize(
    "words",
    [
        "Invalid 'To' address: 'reader@mail'.",
        "Error parsing 'To': Illegal email domain 'mail' in address 'reader@mail'.",
    ],
)
def test_an_address_that_is_none_is_a_bad_address(words: str) -> None:
    _, result = read(TAKEN, refused(300, words))
    assert isinstance(result, AddressRefused)
    assert read_meaning(result) is Meaning.BAD_ADDRESS


def test_an_inactive_recipient_fails_and_is_not_held_for_a_bad_address() -> None:
    with api_server(Postmark(KEY)) as server:
        (result,) = submit(server, make_message(recipient="gone@mail.test"))
    assert type(result) is PermanentTransportError
    assert INACTIVE.format("gone@mail.test").strip() in result.message
    assert "reactivate" in result.fix


# --- What stops the run ---------------------------------------------------------------------------


@pytest.mark.parametrize("code", [400, 401, 405, 412, 413, 1235])
def test_what_is_refused_to_everybody_is_said_of_the_call(code: int) -> None:
    with pytest.raises(TransportMisconfigured) as caught:
        read(refused(406), refused(code), refused(code))
    assert str(code) in caught.value.message
    assert caught.value.fix


def test_a_sender_that_cannot_be_read_is_no_fault_of_a_reader() -> None:
    with pytest.raises(TransportMisconfigured, match="'From'"):
        read(refused(300, "Invalid 'From' address: 'digest'."))


def test_credits_that_run_out_in_a_call_leave_the_rest_of_it_for_later() -> None:
    left = 3

    def verdict(message: dict[str, Any]) -> tuple[int, str] | None:
        nonlocal left
        left -= 1
        return None if left >= 0 else (405, "out of credits")

    with api_server(Postmark(KEY, verdict=verdict)) as server:
        results = submit(server, *(make_message(number) for number in range(5)))
    assert [type(result) for result in results] == [Submitted] * 3 + [TransportMisconfigured] * 2


def test_ten_refused_and_none_taken_is_not_the_messages() -> None:
    with pytest.raises(TransportMisconfigured, match="too long"):
        read(*[refused(300, "Subject is too long")] * 10)
    assert len(read(*[refused(300, "Subject is too long")] * 9)) == 9
    assert len(read(TAKEN, *[refused(300, "Subject is too long")] * 10)) == 11


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 10, TransportMisconfigured),
        (415, 409, TransportMisconfigured),
        (422, 402, CallRefused),
        (422, 405, TransportMisconfigured),
        (422, 412, TransportMisconfigured),
        (422, 1235, TransportMisconfigured),
        (429, 429, TransportBusy),
        (500, 101, OutcomeUnknown),
        (503, 100, TemporaryTransportError),
    ],
)
def test_a_code_of_the_whole_call(status: int, code: int, kind: type) -> None:
    assert type(read_failure(status, ErrorCode=code, Message="no")) is kind


# --- The check ------------------------------------------------------------------------------------


def check(provider: Postmark) -> str:
    async def main(server: ApiServer) -> str:
        async with reach("postmark", server.endpoint) as transport:
            return await transport.check()

    with api_server(provider) as server:
        return asyncio.run(main(server))


def test_the_check_names_the_stream_and_whose_unsubscribe_link_it_has() -> None:
    provider = Postmark(KEY)
    assert check(provider) == "the token is valid; stream broadcast is of type Broadcasts"
    provider.unsubscribes = "Postmark"
    assert "an unsubscribe link of its own" in check(provider)


def test_the_check_finds_that_the_stream_is_none() -> None:
    async def main(server: ApiServer) -> None:
        transport = reach("postmark", server.endpoint)
        transport.dialect = PostmarkDialect(
            PostmarkConfig(server_token=KEY, message_stream="news/letter", endpoint=server.endpoint)
        )
        async with transport:
            with pytest.raises(TransportMisconfigured) as caught:
                await transport.check()
        assert "message_stream" in caught.value.fix

    with api_server(Postmark(KEY)) as server:
        asyncio.run(main(server))
    assert server.requests[0].scope["raw_path"] == b"/message-streams/news%2Fletter"
