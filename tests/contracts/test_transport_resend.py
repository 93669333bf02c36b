"""What only Resend does: resend.com/docs/api-reference/errors, .../dashboard/emails/idempotency-keys."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from newsletter.errors import (
    OutcomeUnknown,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call

from .api_peers import KEY, reach, running, submit_to
from .api_resend import Resend
from .api_server import api_server, status
from .messages import make_message


@pytest.mark.parametrize(
    ("code", "name", "meaning"),
    [
        (401, "missing_api_key", TransportMisconfigured),
        (403, "invalid_api_key", TransportMisconfigured),
        (409, "concurrent_idempotent_requests", OutcomeUnknown),
        (409, "invalid_idempotent_request", OutcomeUnknown),
        (429, "rate_limit_exceeded", TransportBusy),
        (429, "daily_quota_exceeded", TransportMisconfigured),
        (429, "monthly_quota_exceeded", TransportMisconfigured),
        (500, "application_error", OutcomeUnknown),
        (503, "application_error", TemporaryTransportError),
        (504, "", OutcomeUnknown),
    ],
)
def test_an_error_means_what_its_documentation_says(
    code: int, name: str, meaning: type[TransportError]
) -> None:
    with running("resend") as server:
        server.faults.append(status(code, {"statusCode": code, "name": name, "message": "told to"}))
        with pytest.raises(TransportError) as caught:
            asyncio.run(submit_to(server, "resend", make_message()))
    assert type(caught.value) is meaning


def test_an_unverified_domain_names_the_page_that_mends_it() -> None:
    said = "The papers.test domain is not verified. Please, add and verify your domain"
    with running("resend") as server:
        server.faults.append(status(403, {"name": "validation_error", "message": said}))
        with pytest.raises(TransportMisconfigured, match="not verified") as caught:
            asyncio.run(submit_to(server, "resend", make_message()))
    assert "resend.com/domains" in caught.value.fix


def test_a_call_is_a_list_of_mails_under_the_key_of_its_members() -> None:
    messages = [make_message(number) for number in range(2)]
    with running("resend") as server:
        asyncio.run(submit_to(server, "resend", *messages))
    (request,), (body,) = server.requests, server.bodies
    assert request.headers["idempotency-key"] == Call.of(messages).key
    first = json.loads(body)[0]
    assert first == {
        "from": "每日论文 <digest@papers.test>",
        "to": ["reader0@mail.test"],
        "subject": "每日论文 · 3 篇",
        "html": messages[0].html,
        "text": messages[0].text,
        "headers": {
            "List-Id": "<digest.papers.test>",
            "List-Unsubscribe": "<https://papers.test/unsubscribe/0?a=1&b=2>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    }


def test_a_key_that_may_only_send_is_valid() -> None:
    provider = Resend(KEY)
    provider.may_only_send = True

    async def main(endpoint: str) -> str:
        async with reach("resend", endpoint) as transport:
            return await transport.check()

    with api_server(provider) as server:
        assert "valid" in asyncio.run(main(server.endpoint))


def test_a_day_is_what_resend_remembers_a_call_for() -> None:
    assert reach("resend", "http://127.0.0.1:1").features.idempotent_for == timedelta(days=1)
