"""SendGrid: POST /v3/mail/send, one body for up to 1,000 readers, whose links it fills in.

twilio.com/docs/sendgrid/api-reference/mail-send and its pages `errors` and `limitations`;
.../for-developers/sending-email/substitution-tags; .../how-to-use-the-sendgrid-v3-api/rate-limits.
It replaces the keys of `substitutions` wherever they stand, whatever their form: ours hold the body's own
mark, so that no word of a paper is one. Its other tags belong to settings that each request turns off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import httpx

from newsletter.config.transports import SendgridConfig
from newsletter.delivery.transports.addresses import encode_address
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallRefused, quote_answer, read_wait
from newsletter.delivery.transports.api_mails import (
    join_list,
    make_ascii,
    make_pattern,
    open_headers,
    read_mail,
    require,
    split_mailbox,
    write_json,
    write_strings,
)
from newsletter.delivery.transports.api_shared import write_body
from newsletter.delivery.transports.api_wire import Content, Request
from newsletter.delivery.transports.base import Features, Result
from newsletter.errors import (
    AddressRefused,
    PermanentTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Letterhead, Message, SharedBody, Submitted

_SUBSTITUTIONS = 10_000
"""Bytes of one reader's, by the OpenAPI file; another page says 50,000."""

_OFF = {"enable": False}
_SETTINGS = {
    "tracking_settings": {
        "click_tracking": _OFF | {"enable_text": False},
        "open_tracking": _OFF,
        "subscription_tracking": _OFF,
        "ganalytics": _OFF,
    },
    "mail_settings": {"footer": _OFF},
}
"""An account may have them on: they would rewrite links and add to the bodies."""

_CREDITS_FIX = "wait for the next day or month, or enlarge the plan at app.sendgrid.com"
_SENDER_FIX = (
    "authenticate the domain of [sender] address at app.sendgrid.com, Settings, Sender Authentication"
)
_SCOPE_FIX = "give the key of [transport.sendgrid] the access Mail Send"


def make_transport(config: SendgridConfig) -> ApiTransport:
    """Raises ConfigError without an api_key."""
    return ApiTransport(SendgridDialect(config))


class SendgridDialect:
    """The `Dialect` of SendGrid."""

    name = "sendgrid"

    def __init__(self, config: SendgridConfig) -> None:
        self.features = Features(
            calls_at_once=config.connections,
            messages_per_call=1_000,
            bytes_per_call=28_000_000,  # of 30 MB; the body that is shared takes some
            shares_bodies=True,
            refuses_alone=False,
        )
        self.endpoint = config.endpoint
        self.secrets = require(self.name, api_key=config.api_key)
        self._headers = {
            "Authorization": f"Bearer {config.api_key}",
            "Content-Type": "application/json",
        }

    def encode(self, message: Message) -> Content:
        encode_address(message.recipient)
        own, values = message.own_fields, message.personal
        part = _open_part(message.letterhead, tuple(own), message.body)
        to = write_json(_write_mailbox(own["To"]))
        strings = [make_ascii(own[name]) for name in part.headers]
        strings += [values[name] for name in message.body.names]
        encoded = (part.pattern % (to, *write_strings(strings))).encode()
        if len(encoded) > _SUBSTITUTIONS:
            _check_substitutions(message)
        return (encoded,)

    def make_request(self, call: Call, parts: Sequence[Content]) -> Request:
        mail, body = read_mail(call.messages[0]), call.messages[0].body
        text, html = (
            write_body(pieces, lambda name: _write_tag(body, name)) for pieces in (body.text, body.html)
        )
        shared = {
            "from": _write_mailbox(mail.sender),
            "subject": mail.subject,
            "content": [{"type": "text/plain", "value": text}, {"type": "text/html", "value": html}],
            **_SETTINGS,
        }
        if mail.reply_to:
            shared["reply_to"] = _write_mailbox(mail.reply_to)
        after = b"]," + write_json(shared).encode()[1:]
        content = join_list(parts, before=b'{"personalizations":[', after=after)
        return Request("POST", "/v3/mail/send", content, self._headers)

    def read_results(self, call: Call, answer: httpx.Response) -> Sequence[Result]:
        if answer.status_code != 202:  # 200: valid, and sent to nobody
            raise ValueError(answer.status_code)
        return [Submitted("taken", provider_id=answer.headers["x-message-id"])] * len(call.messages)

    def read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | None:
        said = f"sendgrid answered {quote_answer(answer)}"
        match answer.status_code:
            case 401 if "credits" in said:
                return TransportMisconfigured(said, fix=_CREDITS_FIX)
            case 403 if "Sender Identity" in said:
                return TransportMisconfigured(said, fix=_SENDER_FIX)
            case 429:
                return TransportBusy(said, retry_after=_read_reset(answer))
            case 400:
                return _read_refusal(answer, said)
        return None

    def make_check(self) -> Request:
        return Request("GET", "/v3/scopes", headers=self._headers)

    def read_check(self, answer: httpx.Response) -> str | None:
        if not answer.is_success:
            return None
        if "mail.send" not in answer.json()["scopes"]:
            raise TransportMisconfigured("sendgrid: the key is valid and may not send", fix=_SCOPE_FIX)
        return "the key is valid and may send"


@dataclass(frozen=True, slots=True)
class _Part:
    """What all personalizations of a request have in common."""

    pattern: str
    """To be filled with the mailbox, the headers and the substitutions."""
    headers: tuple[str, ...]
    """Those that each reader has for himself."""


@lru_cache(maxsize=8)  # of the calls in flight
def _open_part(letterhead: Letterhead, own: tuple[str, ...], body: SharedBody) -> _Part:
    headers = open_headers(letterhead, own)
    tags = dict.fromkeys([_write_tag(body, name) for name in body.names])
    pattern = '{"to":[%s],"headers":' + make_pattern(headers) + ',"substitutions":' + make_pattern(tags) + "}"
    return _Part(pattern, tuple(name for name, value in headers.items() if value is None))


def _check_substitutions(message: Message) -> None:
    """Raises PermanentTransportError where they are too long."""
    values = message.personal
    parts = [part for name in message.body.names for part in (_write_tag(message.body, name), values[name])]
    size = len("".join(parts).encode())
    if size > _SUBSTITUTIONS:
        raise PermanentTransportError(f"the personal links are {size} bytes; sendgrid takes 10,000")


def _write_tag(body: SharedBody, name: str) -> str:
    """No tag is a part of another: between the mark and the last hyphen stands the whole name."""
    return f"-{body.mark}.{name}-"


def _write_mailbox(mailbox: str) -> dict[str, str]:
    """`limitations`: a recipient's name has neither comma nor semicolon."""
    name, address = split_mailbox(mailbox)
    name = " ".join(re.sub("[,;]", " ", name).split())
    return {"email": address, "name": name} if name else {"email": address}


def _read_reset(answer: httpx.Response) -> timedelta | None:
    """`rate-limits`: X-RateLimit-Reset is the second (Unix time) from which calls are taken again."""
    reset = answer.headers.get("x-ratelimit-reset", "")
    if not re.fullmatch("[0-9]{1,11}", reset):
        return read_wait(answer)
    return timedelta(seconds=max(0.0, int(reset) - datetime.now(UTC).timestamp()))


def _read_refusal(answer: httpx.Response, said: str) -> TransportError | CallRefused:
    """`errors`: each names the field that it is about."""
    fields, words = _read_errors(answer)
    if any(field.startswith("from") for field in fields):
        return TransportMisconfigured(said, fix="check [sender] address")
    if any(".to" in field for field in fields) and "valid address" in words:
        # In the form of a server's reply, which is where a bad address is told from other refusals.
        refused = f"sendgrid answered 400: 550 5.1.3 {words}"
        return CallRefused(AddressRefused(refused, code=550, status="5.1.3"))
    return CallRefused(PermanentTransportError(said))


def _read_errors(answer: httpx.Response) -> tuple[list[str], str]:
    """The fields that the errors are about, and the words of the first."""
    try:
        errors = [(str(each.get("field")), str(each["message"])) for each in answer.json()["errors"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [], ""
    return [field for field, _ in errors], " ".join(errors[0][1].split()) if errors else ""
