"""What Brevo alone does: versions of a mail, a key known for half an hour, templates where none are meant.

Codes: `ErrorModel` of Brevo's own libraries (github.com/getbrevo/brevo-node), statuses of
developers.brevo.com/docs/how-it-works; the answer to a known key: github.com/getbrevo/brevo-node/issues/94.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.transports import BrevoConfig
from newsletter.delivery.handover import HandOver
from newsletter.delivery.refusals import Meaning, read_meaning
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallKnown, CallRefused, judge_status
from newsletter.delivery.transports.api_wire import Content, Timeouts
from newsletter.delivery.transports.brevo import BrevoDialect
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Fragment, Message, Submitted

from .api_brevo import Brevo
from .api_peers import KEY, reach, submit_to
from .api_server import ApiServer, api_server, cut_off, status
from .messages import make_message

DIALECT = BrevoDialect(BrevoConfig(api_key=KEY))
PATIENT = Timeouts(read=60)  # requests of 19 MB take their time to be read
PROCESSED = "Email for the idempotency key has already been processed"


def write(*messages: Message) -> Any:
    """The body of the request that hands these over."""
    parts = [DIALECT.encode(message) for message in messages]
    return json.loads(DIALECT.make_request(Call.of(messages), parts).body)


def read_failure(
    status: int, code: str, message: str = "no", **headers: str
) -> TransportError | CallRefused | CallKnown:
    answer = httpx.Response(status, json={"code": code, "message": message}, headers=headers)
    return DIALECT.read_failure(answer) or judge_status("brevo", answer)


def submit(server: ApiServer, *messages: Message, may_be_repeat: bool) -> list[Any]:
    trial = submit_to(server, "brevo", *messages, timeouts=PATIENT, may_be_repeat=may_be_repeat)
    return list(asyncio.run(trial))


# --- The request ----------------------------------------------------------------------------------


def test_a_request_is_a_version_for_each_message() -> None:
    message = make_message(7, text_fragments=(Fragment(b"text"),), html_fragments=(Fragment(b"<p>html"),))
    call = Call.of([message])
    request = DIALECT.make_request(call, [DIALECT.encode(message)])
    assert (request.method, request.path) == ("POST", "/v3/smtp/email")
    assert request.headers == {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "api-key": KEY,
    }
    assert json.loads(request.body) == {
        "sender": {"name": "每日论文", "email": "digest@papers.test"},
        "subject": "每日论文 · 3 篇",
        "htmlContent": "<p>-</p>",
        "textContent": "-",
        "headers": {"idempotencyKey": "6d06af0d-7892-4dc9-8b94-1422b1bf1fcf"},
        "messageVersions": [
            {
                "to": [{"email": "reader7@mail.test"}],
                "subject": "每日论文 · 3 篇",
                "htmlContent": "<p>html",
                "textContent": "text",
                "headers": {
                    "List-Id": "<digest.papers.test>",
                    "List-Unsubscribe": "<https://papers.test/unsubscribe/7?a=1&b=2>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                },
            }
        ],
    }


def test_what_everybody_would_get_is_nobodys_mail() -> None:
    body = write(make_message(1), make_message(2))
    common = json.dumps({name: value for name, value in body.items() if name != "messageVersions"})
    assert "unsubscribe" not in common
    assert "reader" not in common


def test_the_key_is_a_uuid_of_the_members_alone() -> None:
    first, second = make_message(1), make_message(2)
    keys = [write(*members)["headers"]["idempotencyKey"] for members in ((first, second), (second, first))]
    assert keys[0] == keys[1]
    assert keys[0] != write(first)["headers"]["idempotencyKey"]
    assert uuid.UUID(keys[0]).version == 4


def test_a_sender_with_a_comma_keeps_his_name() -> None:
    headers = dict(make_message().headers) | {"From": '"每日论文, (精选)" <digest@papers.test>'}
    body = write(make_message(headers=tuple(headers.items())))
    assert body["sender"] == {"name": "每日论文 精选", "email": "digest@papers.test"}
    headers["From"] = '"Papers, daily" <digest@papers.test>'
    assert write(make_message(headers=tuple(headers.items())))["sender"]["name"] == "Papers, daily"
    headers["From"] = f"{'长' * 80} <digest@papers.test>"
    assert write(make_message(headers=tuple(headers.items())))["sender"]["name"] == "长" * 70


def test_answers_to_a_mail_go_where_the_configuration_says() -> None:
    message = make_message(headers=(*make_message().headers, ("Reply-To", "team@papers.test")))
    assert write(message)["messageVersions"][0]["replyTo"] == {"email": "team@papers.test"}


def test_a_header_beyond_ascii_is_percent_encoded() -> None:
    message = make_message(headers=(*make_message().headers, ("List-Archive", "<https://papers.test/论文>")))
    sent = write(message)["messageVersions"][0]["headers"]
    assert sent["List-Archive"] == "<https://papers.test/%E8%AE%BA%E6%96%87>"


@given(pieces=st.lists(st.text(st.sampled_from("{%#} a"), max_size=15), min_size=1, max_size=4))
def test_no_paper_is_a_template(pieces: list[str]) -> None:
    text, fragments = "".join(pieces), tuple(Fragment(piece.encode()) for piece in pieces)
    message = make_message(
        text_fragments=fragments,
        html_fragments=fragments,
        headers=tuple((dict(make_message().headers) | {"Subject": text}).items()),
    )
    body = write(message)
    (version,) = body["messageVersions"]
    written = (body["subject"], version["subject"], version["textContent"], version["htmlContent"])
    assert not any(start in each for start in ("{{", "{%", "{#") for each in written)
    assert unescape(version["htmlContent"]) == text
    assert version["textContent"].replace(" ", "") == text.replace(" ", "")


# --- What an answer says --------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [{"messageIds": ["<1@brevo>"]}, {"messageId": "<1@brevo>"}])
def test_the_id_of_a_single_message_is_read_either_way(answer: dict[str, Any]) -> None:
    (result,) = DIALECT.read_results(Call.of([make_message()]), httpx.Response(201, json=answer))
    assert result == Submitted("taken", provider_id="<1@brevo>")


def test_fewer_ids_than_messages_leave_all_of_them_unknown() -> None:
    with api_server(Brevo(KEY)) as server:
        server.faults.append(status(201, {"messageIds": ["<1@brevo>"]}))
        with pytest.raises(OutcomeUnknown, match="what its API does not"):
            submit(server, make_message(1), make_message(2), may_be_repeat=False)


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        (400, "invalid_parameter", CallRefused),
        (400, "missing_parameter", CallRefused),
        (400, "duplicate_parameter", CallRefused),  # of something else than the key
        (400, "duplicate_request", OutcomeUnknown),
        (400, "not_enough_credits", TransportMisconfigured),
        (400, "account_under_validation", TransportMisconfigured),
        (401, "unauthorized", TransportMisconfigured),
        (402, "not_enough_credits", TransportMisconfigured),
        (402, "", TransportMisconfigured),
        (403, "permission_denied", TransportMisconfigured),
        (404, "document_not_found", TransportMisconfigured),
        (406, "not_acceptable", TransportMisconfigured),
        (413, "", CallRefused),
        (429, "too_many_requests", TransportBusy),
        (500, "", OutcomeUnknown),
        (502, "", OutcomeUnknown),
        (503, "", TemporaryTransportError),
    ],
)
def test_a_code_says_of_the_call(code: int, name: str, kind: type) -> None:
    failure = read_failure(code, name)
    assert type(failure) is kind
    if isinstance(failure, TransportMisconfigured):
        assert failure.fix


@pytest.mark.parametrize("words", ["email is not valid in to", "to is not valid in messageVersions"])
def test_a_recipient_that_is_refused_is_a_bad_address(words: str) -> None:
    failure = read_failure(400, "invalid_parameter", words)
    assert isinstance(failure, CallRefused)
    assert isinstance(failure.reason, AddressRefused)
    assert read_meaning(failure.reason) is Meaning.BAD_ADDRESS


@pytest.mark.parametrize("words", ["valid sender email required", "email is not valid in sender"])
def test_a_sender_that_is_refused_stops_the_run(words: str) -> None:
    failure = read_failure(400, "invalid_parameter", words)
    assert isinstance(failure, TransportMisconfigured)
    assert "[sender] address" in failure.fix


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-sib-ratelimit-reset": "42"}, timedelta(seconds=42)),
        ({"x-sib-ratelimit-reset": "42", "retry-after": "7"}, timedelta(seconds=7)),
        ({"x-sib-ratelimit-reset": "soon"}, None),
        ({}, None),
    ],
)
def test_a_limit_says_when_it_is_over(headers: dict[str, str], wait: timedelta | None) -> None:
    failure = read_failure(429, "too_many_requests", **headers)
    assert isinstance(failure, TransportBusy)
    assert (failure.retry_after, failure.too_fast) == (wait, True)


# --- A key that is known --------------------------------------------------------------------------


def test_a_known_key_is_told_from_other_duplicates() -> None:
    assert isinstance(read_failure(400, "duplicate_parameter", PROCESSED), CallKnown)


def test_a_repeat_that_was_taken_says_so() -> None:
    with api_server(Brevo(KEY)) as server:
        submit(server, make_message(1), may_be_repeat=False)
        (again,) = submit(server, make_message(1), may_be_repeat=True)
    assert isinstance(again, Submitted)
    assert "taken before" in again.answer
    assert len(server.mails) == 1


def test_a_key_that_is_known_from_nowhere_leaves_the_call_unknown() -> None:
    with api_server(Brevo(KEY)) as server:
        submit(server, make_message(1), may_be_repeat=False)
        with pytest.raises(OutcomeUnknown, match="already been processed"):
            submit(server, make_message(1), may_be_repeat=False)


def test_a_run_that_loses_an_answer_repeats_the_call_and_knows_it_as_taken() -> None:
    async def skip(seconds: float) -> None:
        pass

    async def main(server: ApiServer) -> Any:
        async with reach("brevo", server.endpoint) as transport:
            calls = HandOver(transport, is_stopping=lambda: False, now=itertools.count().__next__, sleep=skip)
            return await calls.submit(Call.of([make_message(1)]))

    with api_server(Brevo(KEY)) as server:
        server.faults.append(cut_off(taken=True))
        (result,) = asyncio.run(main(server))
    assert isinstance(result, Submitted)
    assert len(server.mails) == 1


def test_a_call_of_several_requests_is_repeated_request_by_request() -> None:
    large = Fragment(b"x" * 5_000_000)
    messages = [make_message(number, html_fragments=(large,)) for number in range(7)]
    with api_server(Brevo(KEY)) as server:
        server.faults.append(cut_off(taken=True))
        with pytest.raises(OutcomeUnknown):
            submit(server, *messages, may_be_repeat=False)
        assert len(server.mails) == 3
        results = submit(server, *messages, may_be_repeat=True)
    assert all(isinstance(result, Submitted) for result in results)
    assert [mail.recipient for mail in server.mails] == [message.recipient for message in messages]


def test_no_more_of_a_call_is_in_memory_than_goes_at_once() -> None:
    large = Fragment(b"x" * 5_000_000)
    sent_before: list[int] = []

    class Watched(BrevoDialect):
        def encode(self, message: Message) -> Content:
            sent_before.append(len(server.requests))
            return super().encode(message)

    async def main(server: ApiServer) -> None:
        dialect = Watched(BrevoConfig(api_key=KEY, endpoint=server.endpoint))
        async with ApiTransport(dialect) as transport:
            await transport.submit(
                Call.of(make_message(number, html_fragments=(large,)) for number in range(7))
            )

    with api_server(Brevo(KEY)) as server:
        asyncio.run(main(server))
    assert sent_before == [0, 0, 0, 0, 1, 1, 1]


def test_a_bad_address_among_many_leaves_no_key_that_stands_in_the_way() -> None:
    messages = [make_message(number) for number in range(8)]
    messages[3] = make_message(99, recipient="gone@mail.test")
    with api_server(Brevo(KEY)) as server:
        first = submit(server, *messages, may_be_repeat=False)
        again = submit(server, *messages, may_be_repeat=True)
    for results in (first, again):
        assert [isinstance(result, AddressRefused) for result in results] == [
            message.recipient == "gone@mail.test" for message in messages
        ]
    assert len(server.mails) == 7
