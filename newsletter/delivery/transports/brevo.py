"""Brevo: POST /v3/smtp/email with a version for each message, an idempotency key for the call.

developers.brevo.com/docs/batch-send-transactional-emails (1,000 versions a call);
.../reference/send-transac-email; .../docs/heterogenous-versions-batch-emails (idempotency);
.../docs/limit-headers; .../docs/how-it-works (statuses). A call is taken or refused as a whole: no answer is
documented that speaks of one version. That a version may have headers is not documented; django-anymail
(`anymail/backends/brevo.py`, tried against the live API) sends List-Unsubscribe so.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import repeat
from typing import Any

import httpx

from newsletter.config.transports import BrevoConfig
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallKnown, CallRefused, quote_answer, read_wait
from newsletter.delivery.transports.api_mails import (
    encode_json,
    join_list,
    make_ascii,
    read_mail,
    require,
    split_mailbox,
    write_json,
)
from newsletter.delivery.transports.api_wire import Content, Request
from newsletter.delivery.transports.base import Features, Result
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Fragment, Fragments, Message, Submitted

_NO_CREDITS = "buy credits or enlarge the plan at app.brevo.com"
_NO_KEY = (
    "check [transport.brevo] api_key (an API key, not an SMTP key), and that this machine's address is"
    " among those of app.brevo.com/security/authorised_ips"
)
_NO_ACCOUNT = "ask Brevo's support to activate transactional mail for the account of [transport.brevo]"

_FIXES = {
    "not_enough_credits": _NO_CREDITS,
    "unauthorized": _NO_KEY,
    "permission_denied": _NO_ACCOUNT,
    "account_under_validation": _NO_ACCOUNT,
}
"""By the `code` of an answer (ErrorModel of Brevo's libraries): what is refused until a person acts."""

_FIXES_BY_STATUS = {401: _NO_KEY, 402: _NO_CREDITS, 403: _NO_ACCOUNT}

_BAD_RECIPIENT = re.compile(r"(email is not valid in to|to is not valid)\b", re.IGNORECASE)

_NAME = 70  # characters of a display name

_TEMPLATE_START = re.compile(r"\{(?=[{%#])")
"""Brevo fills {{ params }} in subject and bodies, and drops a mail silently where that fails
(developers.brevo.com/changelog/remove-template-validation-errors-from-send-transactionalemail-api)."""


def make_transport(config: BrevoConfig) -> ApiTransport:
    """Raises ConfigError without an api_key."""
    return ApiTransport(BrevoDialect(config))


class BrevoDialect:
    """The `Dialect` of Brevo."""

    name = "brevo"

    def __init__(self, config: BrevoConfig) -> None:
        self.features = Features(
            calls_at_once=config.connections,
            messages_per_call=1000,
            bytes_per_call=19_000_000,  # 20 MB is the limit of a mail; none is documented for a call
            idempotent_for=timedelta(minutes=30),
            refuses_alone=False,
        )
        self.endpoint = config.endpoint
        self.secrets = require(self.name, api_key=config.api_key)
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "api-key": config.api_key,
        }

    def encode(self, message: Message) -> Content:
        mail = read_mail(message)
        version: dict[str, Any] = {
            "to": [{"email": mail.recipient}],
            "subject": _TEMPLATE_START.sub("{ ", mail.subject),
            "headers": {name: make_ascii(value) for name, value in mail.own_headers.items()},
        }
        if mail.reply_to:
            version["replyTo"] = _name_address(mail.reply_to)
        return encode_json(
            version,
            htmlContent=_without_templates(message.html_fragments, "&#123;"),
            textContent=_without_templates(message.text_fragments, "{ "),
        )

    def make_request(self, call: Call, parts: Sequence[Content]) -> Request:
        mail = read_mail(call.messages[0])
        # A version has bodies of its own only where the call has some; nobody gets these.
        common = {
            "sender": _name_address(mail.sender),
            "subject": _TEMPLATE_START.sub("{ ", mail.subject),
            "htmlContent": "<p>-</p>",
            "textContent": "-",
            "headers": {"idempotencyKey": _make_uuid(call.key)},
        }
        before = write_json(common).encode()[:-1] + b',"messageVersions":['
        content = join_list(parts, before=before, after=b"]}")
        return Request("POST", "/v3/smtp/email", content, self._headers)

    def read_results(self, call: Call, answer: httpx.Response) -> Sequence[Result]:
        said = answer.json()
        ids = said["messageIds"] if "messageIds" in said else [said["messageId"]]
        return [Submitted("taken", provider_id=str(each)) for each in ids]

    def read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | CallKnown | None:
        code, words = _read_error(answer)
        said = f"brevo answered {quote_answer(answer)}"
        if code == "duplicate_parameter" and "idempotency" in words:
            return CallKnown(said)
        if code == "duplicate_request":  # whatever it was, a request like this one came before
            return OutcomeUnknown(said)
        if answer.status_code == 429:
            return TransportBusy(said, retry_after=_read_reset(answer))
        if fix := _FIXES.get(code) or _FIXES_BY_STATUS.get(answer.status_code):
            return TransportMisconfigured(said, fix=fix)
        return _judge_words(words, said) if answer.status_code == 400 else None

    def make_check(self) -> Request:
        return Request("GET", "/v3/account", headers=self._headers)

    def read_check(self, answer: httpx.Response) -> str | None:
        if not answer.is_success:
            return None
        account = answer.json()
        plans = ", ".join(f"{plan['type']} ({plan['credits']:g} credits)" for plan in account["plan"])
        return f"the key is valid; account {account['email']}, plans: {plans or 'none'}"


def _judge_words(words: str, said: str) -> TransportError | CallRefused | None:
    """Whom a 400 is about: the sender, a recipient, or nobody known."""
    if re.search(r"\bsender\b", words, re.IGNORECASE):
        return TransportMisconfigured(said, fix="verify [sender] address or its domain at app.brevo.com")
    if _BAD_RECIPIENT.match(words):
        return CallRefused(AddressRefused(f"brevo: 553 5.1.3 {words}", code=553, status="5.1.3"))
    return None


def _make_uuid(key: str) -> str:
    """The call's key in the form that Brevo asks for: a UUID of version 4."""
    return str(uuid.UUID(bytes=hashlib.sha256(key.encode()).digest()[:16], version=4))


def _without_templates(fragments: Fragments, brace: str) -> Fragments:
    pieces = [fragment.data for fragment in fragments]
    if any(map(bytes.endswith, pieces, repeat(b"{"))):  # the rest of it may be in the next
        pieces = [b"".join(pieces)]
    return tuple(map(_without_template, pieces, repeat(brace)))


@lru_cache(maxsize=2048)  # most stand in all mails of an edition
def _without_template(piece: bytes, brace: str) -> Fragment:
    return Fragment(_TEMPLATE_START.sub(brace, piece.decode()).encode())


def _name_address(mailbox: str) -> dict[str, str]:
    """Brevo leaves out a name with letters beyond ASCII and a comma, or the like (django-anymail): a space
    stands for those."""
    name, address = split_mailbox(mailbox)
    if not name.isascii():
        name = " ".join(re.sub(r'[()<>\[\]:;@\\,."]', " ", name).split())
    return {"name": name[:_NAME], "email": address} if name else {"email": address}


def _read_error(answer: httpx.Response) -> tuple[str, str]:
    """Code and message of an answer."""
    try:
        said = answer.json()
        return str(said.get("code", "")).lower(), str(said.get("message", ""))
    except (ValueError, AttributeError):
        return "", ""


def _read_reset(answer: httpx.Response) -> timedelta | None:
    """How long to wait: Retry-After, else Brevo's own field, in seconds."""
    reset = answer.headers.get("x-sib-ratelimit-reset", "")
    known = read_wait(answer)
    return timedelta(seconds=int(reset)) if known is None and reset.isdecimal() else known
