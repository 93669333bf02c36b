"""A message as JSON APIs want it: address fields apart, the header fields that are ours to set.

What an API writes itself (Date, Message-ID, MIME) is left to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from urllib.parse import quote

from newsletter.delivery.transports.addresses import encode_address
from newsletter.delivery.transports.api_wire import Content
from newsletter.errors import ConfigError
from newsletter.model import Fragment, Letterhead, Message

_NOT_OURS = frozenset({"from", "to", "subject", "reply-to", "date", "message-id"})


@dataclass(frozen=True, slots=True)
class Mail:
    """The fields of a message, decoded. `sender` and `to` are mailboxes; `recipient` is an address alone."""

    sender: str
    to: str
    recipient: str
    subject: str
    reply_to: str
    own_headers: dict[str, str]
    """Every other field: List-Unsubscribe and what goes with it."""


def read_mail(message: Message) -> Mail:
    """Raises AddressRefused where the recipient's address cannot be written in ASCII."""
    fields = {name.lower(): value for name, value in message.headers}
    return Mail(
        sender=fields["from"],
        to=fields["to"],
        recipient=encode_address(message.recipient),
        subject=fields["subject"],
        reply_to=fields.get("reply-to", ""),
        own_headers={name: value for name, value in message.headers if name.lower() not in _NOT_OURS},
    )


@lru_cache(maxsize=8)  # of the calls in flight
def open_headers(letterhead: Letterhead, own: tuple[str, ...]) -> Mapping[str, str | None]:
    """The fields that are ours to set, in ASCII; None where a message has its own (`Message.own_fields`)."""
    fields = letterhead.write(dict.fromkeys(own, ""))
    return {
        name: None if name in own else make_ascii(value)
        for name, value in fields
        if name.lower() not in _NOT_OURS
    }


write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def make_pattern(fields: Mapping[str, str | None], write: Callable[[object], str] = write_json) -> str:
    """A JSON object whose open strings, None here, are filled by `%` with what `write_strings` makes."""
    members = [
        write(name).replace("%", "%%") + ":" + ('"%s"' if value is None else write(value).replace("%", "%%"))
        for name, value in fields.items()
    ]
    return "{" + ",".join(members) + "}"


def write_strings(strings: Sequence[str], *, in_ascii: bool = False) -> list[str]:
    """What stands for each between the quotation marks of JSON, several times as fast as one by one."""
    # No string of JSON has a line end in it (RFC 8259 §7): it can only be the one between two of them.
    return _WRITE_LINES[in_ascii](strings)[2:-2].split('"\n"') if strings else []


_WRITE_LINES = [
    json.JSONEncoder(ensure_ascii=in_ascii, separators=("\n", ":")).encode for in_ascii in (False, True)
]


def encode_json(fields: Mapping[str, object], **bodies: Sequence[Fragment]) -> Content:
    """A JSON object of the fields and, under their names, the bodies: what many mails share of those is
    written once, and in memory once."""
    pieces = [write_json(fields).encode()[:-1]]
    for name, fragments in bodies.items():
        pieces += [f',"{name}":"'.encode(), *map(_AS_JSON, fragments), b'"']
    pieces.append(b"}")
    return pieces


def join_list(members: Sequence[Content], *, before: bytes = b"[", after: bytes = b"]") -> Content:
    """A JSON array of members that are JSON already, one at least, or what begins and ends with one."""
    pieces = [before]
    for member in members:
        pieces += member
        pieces.append(b",")
    pieces[-1] = after
    return pieces


_AS_JSON = attrgetter("as_json")


def make_ascii(value: str) -> str:
    """A header of URIs or tokens (RFC 3987 §3.1), for providers that would send other letters as they are."""
    return value if value.isascii() else quote(value, safe=_ASCII)


_ASCII = "".join(map(chr, range(0x80)))


def split_mailbox(mailbox: str) -> tuple[str, str]:
    """`"Wang, L." <wang@mail.test>` → (`Wang, L.`, `wang@mail.test`); the name may be empty."""
    phrase, bracket, address = mailbox.rpartition("<")
    if not bracket:
        return "", mailbox
    phrase = phrase.strip()
    name = re.sub(r"\\(.)", r"\1", phrase[1:-1]) if phrase.startswith('"') else phrase
    return name, address.rstrip(">")


def require(transport: str, **values: str) -> tuple[str, ...]:
    """The values, none of them empty. Raises ConfigError naming the keys that are."""
    missing = [f"[transport.{transport}] {key}: must be set" for key, value in values.items() if not value]
    if missing:
        raise ConfigError(missing, fix="set it as a variable or a *_FILE, see docs/transports/")
    return tuple(values.values())
