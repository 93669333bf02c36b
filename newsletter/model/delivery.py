"""What is handed over, to whom, and what became of it."""

from __future__ import annotations

import hashlib
import json
import struct
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from html import escape
from operator import attrgetter
from typing import Self


class DeliveryState(StrEnum):
    PENDING = "pending"
    OFFERED = "offered"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class SkipReason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    NO_MATCH = "no_match"
    CANCELLED = "cancelled"
    """The edition was, by its operator."""


class DeliveryEventKind(StrEnum):
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """The ledger of an edition, added up; the five counts after `planned` add up to it.

    Offered counts as pending; delivered, bounced and complained count as submitted.
    """

    submitted: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    pending: int = 0

    @property
    def planned(self) -> int:
        return self.submitted + self.failed + self.skipped + self.unknown + self.pending


@dataclass(frozen=True)
class Fragment:
    """A piece of a mail's body, shared by many messages and encoded once.

    All but the last fragment of a body are a multiple of 57 bytes long, so that their base64 is
    whole lines of 76 characters (RFC 2045 §6.8) and joined fragments are the encoded body.
    """

    data: bytes

    @cached_property
    def encoded(self) -> bytes:
        """Base64 in lines of 76 characters, each ended by CRLF."""
        flat = b2a_base64(self.data, newline=False)
        whole, rest = divmod(len(flat), 76)
        lines = struct.unpack("76s" * whole + f"{rest}s", flat)  # a third of the time of slices
        return b"\r\n".join((*lines, b"") if rest else lines)

    @cached_property
    def as_json(self) -> bytes:
        """What stands for it within a JSON string (RFC 8259 §7); no character is split between fragments."""
        return json.dumps(self.data.decode(), ensure_ascii=False)[1:-1].encode()


_ENCODED = attrgetter("encoded")
_PART_HEAD = '\r\nContent-Type: text/{}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
_TEXT_HEAD, _HTML_HEAD = (_PART_HEAD.format(subtype).encode() for subtype in ("plain", "html"))


Pieces = tuple[str, ...]
"""A body taken apart: words and names of blanks in turn, words first and last."""


@dataclass(frozen=True)
class SharedBody:
    """The bodies that all readers of a rendition share, for transports that fill blanks themselves.

    The blanks of the text are `NAME`, those of the HTML `HTML_NAME`, NAME one of those in `Message.blanks`;
    apart from the words, so that no word of a paper is taken for one. `make` gives text and HTML, and is
    called when first needed.
    """

    make: Callable[[], tuple[Pieces, Pieces]]

    @property
    def text(self) -> Pieces:
        return self._made[0]

    @property
    def html(self) -> Pieces:
        return self._made[1]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The blanks in both bodies, each once."""
        return tuple(dict.fromkeys(self.text[1::2] + self.html[1::2]))

    @cached_property
    def mark(self) -> str:
        """Letters and digits that stand nowhere in the bodies, the same for the same bodies: what a provider
        looks for in place of a blank is made of it."""
        return hashlib.sha256("\0".join(self.text + self.html).encode()).hexdigest()[:16]

    @cached_property
    def _made(self) -> tuple[Pieces, Pieces]:
        return self.make()


@dataclass(frozen=True)
class Message:
    """One mail, ready for both wires: `raw` bytes (SMTP, SES) and parts with headers (JSON APIs).

    `head` is the encoded header block with its closing empty line; `headers` are the same fields
    decoded. The same delivery gives the same message, today and tomorrow.
    """

    delivery_id: str
    sender: str
    recipient: str
    headers: tuple[tuple[str, str], ...]
    head: bytes
    boundary: str
    text_fragments: tuple[Fragment, ...]
    html_fragments: tuple[Fragment, ...]
    shared: SharedBody | None = None
    """One object for all messages of a rendition; None where nobody else has these bodies."""
    blanks: tuple[tuple[str, str], ...] = ()
    """What fills the blanks of `shared` for this reader: UNSUBSCRIBE, PREFERENCES, FEED, ADDRESS."""

    @property
    def personal(self) -> dict[str, str]:
        """By blank, what is filled in: as it is for the text, escaped for the HTML."""
        return dict(self.blanks) | {f"HTML_{name}": escape(value) for name, value in self.blanks}

    @property
    def text(self) -> str:
        return b"".join(fragment.data for fragment in self.text_fragments).decode()

    @property
    def html(self) -> str:
        return b"".join(fragment.data for fragment in self.html_fragments).decode()

    @cached_property
    def raw(self) -> bytes:
        """The whole message with CRLF line ends; no line exceeds 998 octets."""
        return b"".join((self.head, *self.encoded_body))

    @property
    def encoded_body(self) -> Iterator[bytes]:
        """What follows the head, in pieces that other messages share.

        Its lines begin with a boundary, a field's name or base64, never with a dot: SMTP's dot-stuffing
        (RFC 5321 §4.5.2) has to look at the head alone.
        """
        delimiter = f"--{self.boundary}".encode()
        for part_head, fragments in ((_TEXT_HEAD, self.text_fragments), (_HTML_HEAD, self.html_fragments)):
            yield delimiter
            yield part_head
            yield from map(_ENCODED, fragments)
        yield delimiter
        yield b"--\r\n"


@dataclass(frozen=True, slots=True)
class Call:
    """What one call of a transport carries, and the unit marked offered.

    `key` is the same on every retry with the same members (an idempotency key where the
    provider knows one).
    """

    key: str
    messages: tuple[Message, ...]
    may_be_repeat: bool = False
    """It may have been handed over before, and the answer was lost."""

    @classmethod
    def of(cls, messages: Iterable[Message], *, may_be_repeat: bool = False) -> Self:
        """The call of these messages, under a key that is theirs whenever and in whatever order they go."""
        members = tuple(messages)
        names = "\n".join(sorted(message.delivery_id for message in members))
        return cls(hashlib.sha256(names.encode()).hexdigest()[:32], members, may_be_repeat)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The next server took the message: its answer and, from APIs, its own id."""

    answer: str = ""
    provider_id: str = ""
