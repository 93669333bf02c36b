"""Resend: POST /emails/batch, a body for each message, an idempotency key for the call.

resend.com/docs/api-reference/emails/send-batch-emails; .../api-reference/errors;
.../dashboard/emails/idempotency-keys. Its strict validation (the default) refuses a whole batch for one
bad message; nothing of it is sent then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import httpx

from newsletter.config.transports import ResendConfig
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallRefused, quote_answer
from newsletter.delivery.transports.api_mails import encode_json, join_list, read_mail, require
from newsletter.delivery.transports.api_wire import Content, Request
from newsletter.delivery.transports.base import Features, Result
from newsletter.errors import OutcomeUnknown, TransportError, TransportMisconfigured
from newsletter.model import Call, Message, Submitted

_DOMAIN_FIX = "verify the domain of [sender] address at resend.com/domains"


def make_transport(config: ResendConfig) -> ApiTransport:
    """Raises ConfigError without an api_key."""
    return ApiTransport(ResendDialect(config))


class ResendDialect:
    """The `Dialect` of Resend."""

    name = "resend"

    def __init__(self, config: ResendConfig) -> None:
        self.features = Features(
            calls_at_once=config.connections,
            messages_per_call=100,
            bytes_per_call=38_000_000,  # of the 40 MB that its documentation names for a mail
            idempotent_for=timedelta(hours=24),
            refuses_alone=False,
        )
        self.endpoint = config.endpoint
        self.secrets = require(self.name, api_key=config.api_key)
        self._headers = {
            "Authorization": f"Bearer {config.api_key}",
            "Content-Type": "application/json",
        }

    def encode(self, message: Message) -> Content:
        mail = read_mail(message)
        fields: dict[str, object] = {
            "from": mail.sender,
            "to": [mail.recipient],
            "subject": mail.subject,
            "headers": mail.own_headers,
        }
        if mail.reply_to:
            fields["reply_to"] = mail.reply_to
        return encode_json(fields, html=message.html_fragments, text=message.text_fragments)

    def make_request(self, call: Call, parts: Sequence[Content]) -> Request:
        return Request(
            "POST",
            "/emails/batch",
            join_list(parts),
            {**self._headers, "Idempotency-Key": call.key},
        )

    def read_results(self, call: Call, answer: httpx.Response) -> Sequence[Result]:
        return [Submitted("taken", provider_id=str(each["id"])) for each in answer.json()["data"]]

    def read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | None:
        name, said = _read_name(answer), f"resend answered {quote_answer(answer)}"
        if name == "concurrent_idempotent_requests":  # the same call is still being worked on
            return OutcomeUnknown(said)
        if name == "invalid_idempotent_request":  # its first form may have been taken
            return OutcomeUnknown(said)
        if name in ("daily_quota_exceeded", "monthly_quota_exceeded"):
            return TransportMisconfigured(said, fix="wait for the next day or month, or enlarge the plan")
        if answer.status_code == 403 and "domain" in said:
            return TransportMisconfigured(said, fix=_DOMAIN_FIX)
        return None

    def make_check(self) -> Request:
        return Request("GET", "/domains", headers=self._headers)

    def read_check(self, answer: httpx.Response) -> str | None:
        if _read_name(answer) == "restricted_api_key":
            return "the key is valid, and may do nothing but send"
        if not answer.is_success:
            return None
        verified = [each["name"] for each in answer.json()["data"] if each["status"] == "verified"]
        return f"the key is valid; verified domains: {', '.join(verified) or 'none'}"


def _read_name(answer: httpx.Response) -> str:
    """The kind of an error, as its documentation names it."""
    try:
        return str(answer.json()["name"])
    except (ValueError, KeyError, TypeError):
        return ""
