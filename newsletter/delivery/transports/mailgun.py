"""Mailgun: POST /v3/{domain}/messages, one body for up to 1,000 readers, whose links it fills in.

documentation.mailgun.com: user-manual/sending-messages (and its pages batch-sending, test-mode),
quickstart-guide/responses, user-manual/api-key-mgmt/rbac-mgmt. It fills %recipient.NAME% from
recipient-variables in the bodies, the subject and the headers, and has other words of that form
(%unsubscribe_url%): where a paper has one, HTML spells its sign differently, and plain text gets the word
as a variable of its own, which arrives as it was written.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import httpx

from newsletter.config.transports import MailgunConfig
from newsletter.delivery.transports.addresses import encode_address
from newsletter.delivery.transports.api import ApiTransport
from newsletter.delivery.transports.api_answers import CallRefused, quote_answer
from newsletter.delivery.transports.api_mails import (
    join_list,
    make_ascii,
    make_pattern,
    open_headers,
    read_mail,
    require,
    split_mailbox,
    write_strings,
)
from newsletter.delivery.transports.api_shared import write_body
from newsletter.delivery.transports.api_wire import Content, Request
from newsletter.delivery.transports.base import Features, Result
from newsletter.errors import (
    AddressRefused,
    TransportError,
    TransportMisconfigured,
)
from newsletter.model import Call, Letterhead, Message, SharedBody, Submitted

_TAG = re.compile(r"%[A-Za-z_]{3}[!-~\w]*%")
"""What Mailgun might fill, several where they touch; most bytes that are percent-encoded are none."""
_TAG_SIGN = re.compile(rf"%(?={_TAG.pattern[1:]})")

_write_ascii = json.JSONEncoder(separators=(",", ":")).encode

_UNSUBSCRIBE = "List-Unsubscribe"
_KEY_FIX = (
    "check [transport.mailgun] api_key, domain and endpoint; of the EU: https://api.eu.mailgun.net; "
    "a sending key can be checked only where the domain is set"
)
_DOMAIN_FIX = "check [transport.mailgun] domain and endpoint; of the EU: https://api.eu.mailgun.net"
_VERIFY_FIX = "verify the domain at app.mailgun.com, or set [transport.mailgun] domain to one that is"


def make_transport(config: MailgunConfig) -> ApiTransport:
    """Raises ConfigError without an api_key."""
    return ApiTransport(MailgunDialect(config))


class MailgunDialect:
    """The `Dialect` of Mailgun."""

    name = "mailgun"

    def __init__(self, config: MailgunConfig) -> None:
        self.features = Features(
            calls_at_once=config.connections,
            messages_per_call=1_000,
            bytes_per_call=20_000_000,  # of 25 MB; the body that is shared and the fields take some
            shares_bodies=True,
            refuses_alone=False,
        )
        self.endpoint = config.endpoint
        (key,) = require(self.name, api_key=config.api_key)
        login = b64encode(f"api:{key}".encode()).decode()
        self.secrets = (key, login)
        self._domain = config.domain
        self._headers = {"Authorization": f"Basic {login}"}

    def encode(self, message: Message) -> Content:
        recipient, own, values = encode_address(message.recipient), message.own_fields, message.personal
        strings = [recipient, *(values[name] for name in message.body.names)]
        if _UNSUBSCRIBE in own:
            strings.append(make_ascii(own[_UNSUBSCRIBE]))
        pattern = _find_variables(message).pattern
        return ((pattern % tuple(write_strings(strings, in_ascii=True))).encode("ascii"),)

    def make_request(self, call: Call, parts: Sequence[Content]) -> Request:
        first = call.messages[0]
        fields = [
            *_write_shared(first),
            *(("to", _write_recipient(message)) for message in call.messages),
            ("recipient-variables", b"".join(join_list(parts, before=b"{", after=b"}")).decode()),
            ("o:tracking", "no"),
            ("o:tracking-clicks", "no"),
            ("o:tracking-opens", "no"),
        ]
        domain = self._domain or split_mailbox(read_mail(first).sender)[1].rpartition("@")[2]
        return self._post(domain, fields, boundary=f"newsletter-{first.body.mark}")

    def read_results(self, call: Call, answer: httpx.Response) -> Sequence[Result]:
        if "Magnificent API" in answer.text:  # its greeting wherever a path leads nowhere
            raise TransportMisconfigured(f"mailgun answered {quote_answer(answer)}", fix=_DOMAIN_FIX)
        said = answer.json()
        if not str(said["message"]).startswith("Queued"):
            raise ValueError(said["message"])
        return [Submitted(str(said["message"]), provider_id=str(said["id"]))] * len(call.messages)

    def read_failure(self, answer: httpx.Response) -> TransportError | CallRefused | None:
        said = f"mailgun answered {quote_answer(answer)}"
        match answer.status_code:
            case 401 | 403 if "not allowed to send" not in said:
                return TransportMisconfigured(said, fix=_KEY_FIX)
            case 400 | 403 if "not allowed to send" in said or "Sandbox" in said:
                return TransportMisconfigured(said, fix=_VERIFY_FIX)
            case 400 if re.search(r"\bfrom'? parameter", said):
                return TransportMisconfigured(said, fix="check [sender] address")
            case 400 if re.search(r"\bto'? parameter is not a valid address", said):
                # In the form of a server's reply, which is where a bad address is told from other refusals.
                refused = f"mailgun answered 400: 550 5.1.3 {said.partition(' 400 ')[2]}"
                return CallRefused(AddressRefused(refused, code=550, status="5.1.3"))
            case 404:
                return TransportMisconfigured(said, fix=_DOMAIN_FIX)
        return None

    def make_check(self) -> Request:
        """In test mode a message is taken and not sent (and counted); without a domain of ours there is none
        to send from, and the list of domains shows whether the key is one."""
        if not self._domain:
            return Request("GET", "/v4/domains", headers=self._headers)
        ourselves = f"postmaster@{self._domain}"
        fields = [("from", ourselves), ("to", ourselves), ("subject", "check"), ("text", "check")]
        return self._post(self._domain, [*fields, ("o:testmode", "yes")], boundary="newsletter-check")

    def read_check(self, answer: httpx.Response) -> str | None:
        if not answer.is_success:
            return None
        if self._domain:
            self.read_results(Call(()), answer)
            return f"the key is valid and may send from {self._domain}"
        return f"the key is valid; domains: {', '.join(each['name'] for each in answer.json()['items'])}"

    def _post(self, domain: str, fields: Sequence[tuple[str, str]], *, boundary: str) -> Request:
        """The fields as multipart/form-data (RFC 7578), which leaves UTF-8 as it is."""
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields
        ]
        headers = self._headers | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        content = f"{''.join(parts)}--{boundary}--\r\n".encode()
        return Request("POST", f"/v3/{quote(domain, safe='')}/messages", (content,), headers)


def _write_shared(message: Message) -> Iterator[tuple[str, str]]:
    """The fields that all readers have in common, with blanks for what they have not."""
    mail, body, words = read_mail(message), message.body, _find_variables(message).words

    def write_plain(text: str) -> str:
        return _TAG.sub(lambda tag: _write_variable(words[tag[0]]), text)

    def write_blank(name: str) -> str:
        return _write_variable(_name_variable(body, name))

    yield "from", write_plain(mail.sender)
    yield "subject", write_plain(mail.subject)
    yield "text", write_body(body.text, write_blank, write_plain)
    yield "html", write_body(body.html, write_blank, lambda words: _TAG_SIGN.sub("&#37;", words))
    if mail.reply_to:
        yield "h:Reply-To", write_plain(mail.reply_to)
    for name, value in open_headers(message.letterhead, tuple(message.own_fields)).items():
        yield f"h:{name}", write_blank(name) if value is None else write_plain(value)


def _write_recipient(message: Message) -> str:
    """Without a name that Mailgun might fill."""
    to = message.own_fields["To"]
    return encode_address(message.recipient) if _TAG.search(to) else to


def _name_variable(body: SharedBody, name: str) -> str:
    return f"{name.replace('-', '_')}_{body.mark}"


def _write_variable(name: str) -> str:
    return f"%recipient.{name}%"


@dataclass(frozen=True, slots=True)
class _Variables:
    """The variables of a request's readers."""

    words: Mapping[str, str]
    """What Mailgun might fill in all that is no HTML, with the variables that stand for it."""
    pattern: str
    """To be filled with an address, the blanks of the body and List-Unsubscribe."""


def _find_variables(message: Message) -> _Variables:
    own = message.own_fields
    return _open_variables(message.letterhead, tuple(own), own["Subject"], message.body)


@lru_cache(maxsize=8)  # of the calls in flight
def _open_variables(
    letterhead: Letterhead, own: tuple[str, ...], subject: str, body: SharedBody
) -> _Variables:
    headers, fields = open_headers(letterhead, own), dict(letterhead.write(dict.fromkeys(own, "")))
    shown = [fields["From"], subject, fields.get("Reply-To", ""), *filter(None, headers.values())]
    found = dict.fromkeys(tag for text in (*shown, *body.text[::2]) for tag in _TAG.findall(text))
    words = {word: _name_variable(body, f"WORD{place}") for place, word in enumerate(found)}
    variables: dict[str, str | None] = {_name_variable(body, name): None for name in body.names}
    variables |= {name: word for word, name in words.items()}
    variables |= {_name_variable(body, name): None for name, value in headers.items() if value is None}
    return _Variables(words, f'"%s":{make_pattern(variables, _write_ascii)}')
