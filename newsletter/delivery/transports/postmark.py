"""Postmark: POST /email/batch, a body for each message, an answer for each message.

postmarkapp.com/developer/user-guide/send-email-with-api/batch-emails (500 messages and 50 MB a call; 200
whatever became of each message, the answers in their order); .../developer/api/overview#error-codes;
.../support/article/1180-what-does-errorcode-300-mean. It knows no idempotency: a lost answer stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx

from newsletter.config.transports import PostmarkConfig
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallRefused, quote_answer
from newsletter.delivery.transports.api_mails import encode_json, join_list, read_mail, require
from newsletter.delivery.transports.api_wire import Content, Request
from newsletter.delivery.transports.base import Features, Result
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    PermanentTransportError,
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Message, Submitted

_SIGNATURE = "add the domain of [sender] address at account.postmarkapp.com/signature_domains"
_STREAM = "check [transport.postmark] message_stream: the ID of a stream of type Broadcasts or Transactional"

_FIXES = {
    10: "check [transport.postmark] server_token: that of the server, from its API Tokens",
    400: _SIGNATURE,
    401: f"{_SIGNATURE}, and confirm it",
    405: "buy credits or enlarge the plan at account.postmarkapp.com",
    412: "ask Postmark to approve the account; until then it mails your own domain only",
    413: "ask Postmark's support why the account may not send",
    422: "check [transport.postmark] server_token: its server or account is gone",
    1226: _STREAM,
    1235: _STREAM,
    1236: _STREAM,
    1480: "allow this machine's address in the server's settings",
}
"""By ErrorCode: what is refused to everybody until a person acts. 400, 401 and 405 stood in the list of codes
until 2023 and are answered still."""

_MAINTENANCE, _INTERNAL, _RATE, _INVALID, _INACTIVE = 100, 101, 429, 300, 406

_BAD_RECIPIENT = re.compile(r"(invalid|error parsing) 'to'", re.IGNORECASE)
_BAD_SENDER = re.compile(r"(invalid|error parsing) '(from|reply-?to)'", re.IGNORECASE)

_REFUSED_AT_MOST = 10
"""So many messages of a call refused, and none taken: it is not the messages."""


def make_transport(config: PostmarkConfig) -> ApiTransport:
    """Raises ConfigError without a server_token or a message_stream."""
    return ApiTransport(PostmarkDialect(config))


class PostmarkDialect:
    """The `Dialect` of Postmark."""

    name = "postmark"

    def __init__(self, config: PostmarkConfig) -> None:
        self.features = Features(
            calls_at_once=config.connections,
            messages_per_call=500,
            bytes_per_call=49_000_000,  # of 50 MB
        )
        self.endpoint = config.endpoint
        token, self._stream = require(
            self.name, server_token=config.server_token, message_stream=config.message_stream
        )
        self.secrets = (token,)
        self._headers = {
            "Accept": "application/json",  # without it every request is refused
            "Content-Type": "application/json",
            "X-Postmark-Server-Token": token,
        }

    def encode(self, message: Message) -> Content:
        mail = read_mail(message)
        fields: dict[str, Any] = {
            "From": mail.sender,
            "To": mail.recipient,
            "Subject": mail.subject,
            "MessageStream": self._stream,
            "TrackOpens": False,
            "TrackLinks": "None",
            "Headers": [
                {"Name": name, "Value": value}
                for name, value in (mail.own_headers | _keep_message_id(message)).items()
            ],
        }
        if mail.reply_to:
            fields["ReplyTo"] = mail.reply_to
        return encode_json(fields, HtmlBody=message.html_fragments, TextBody=message.text_fragments)

    def make_request(self, call: Call, parts: Sequence[Content]) -> Request:
        return Request("POST", "/email/batch", join_list(parts), self._headers)

    def read_results(self, call: Call, answer: httpx.Response) -> Sequence[Result]:
        """Raises TransportMisconfigured where nothing was taken and the reason is not in the messages."""
        results = [_read_result(each) for each in answer.json()]
        if not any(isinstance(result, Submitted | OutcomeUnknown) for result in results):
            _raise_common_fault(results)
        return results

    def read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | None:
        try:
            fix = _FIXES.get(answer.json()["ErrorCode"])
        except (ValueError, KeyError, TypeError):
            return None
        return TransportMisconfigured(f"postmark answered {quote_answer(answer)}", fix=fix) if fix else None

    def make_check(self) -> Request:
        return Request("GET", f"/message-streams/{quote(self._stream, safe='')}", headers=self._headers)

    def read_check(self, answer: httpx.Response) -> str | None:
        if not answer.is_success:
            return None
        stream = answer.json()
        handling = (stream.get("SubscriptionManagementConfiguration") or {}).get("UnsubscribeHandlingType")
        found = f"the token is valid; stream {stream['ID']} is of type {stream['MessageStreamType']}"
        if handling == "Postmark":
            return f"{found}; Postmark adds an unsubscribe link of its own, see docs/transports/postmark.md"
        return found


def _keep_message_id(message: Message) -> dict[str, str]:
    """Our Message-ID, and the field that keeps it (.../developer/user-guide/send-email-with-smtp): copies of
    a mail are known as such."""
    ids = (value for name, value in message.headers if name.lower() == "message-id")
    return {"Message-ID": next(ids), "X-PM-KeepID": "true"}


def _read_result(each: dict[str, Any]) -> Result:
    """What became of one message. Raises KeyError, TypeError for what Postmark does not answer."""
    code, words = each.get("ErrorCode", 0), " ".join(str(each["Message"]).split())
    if code == 0:
        return Submitted("taken", provider_id=str(each["MessageID"]))
    if code in (_MAINTENANCE, _RATE):
        return TemporaryTransportError(f"postmark: {code} {words}")  # no word on the recipient's server
    if code == _INTERNAL:
        return OutcomeUnknown(f"postmark: {code} {words}")
    return _read_refusal(code, words)


def _read_refusal(code: int, words: str) -> PermanentTransportError:
    said = f"postmark: {code} {words}"
    if code in _FIXES:
        return TransportMisconfigured(said, fix=_FIXES[code])
    if code == _INVALID and _BAD_RECIPIENT.match(words):
        return AddressRefused(f"postmark: 553 5.1.3 {words}", code=553, status="5.1.3")
    if code == _INVALID and _BAD_SENDER.match(words):
        return TransportMisconfigured(said, fix="check [sender] address and reply_to")
    if code == _INACTIVE:  # bounced, complained or suppressed by hand: which of them it does not say
        return PermanentTransportError(said, fix="reactivate it at Postmark, or remove the reader")
    return PermanentTransportError(said)


def _raise_common_fault(results: Sequence[Result]) -> None:
    """Raises what stops the run, where one result says so or all of many are refusals."""
    for result in results:
        if isinstance(result, TransportMisconfigured):
            raise result
    refused = [result for result in results if isinstance(result, PermanentTransportError)]
    if len(refused) == len(results) >= _REFUSED_AT_MOST:
        raise TransportMisconfigured(refused[0].message, fix=refused[0].fix)
