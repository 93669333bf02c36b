"""What is handed over, to whom, and what became of it."""

from __future__ import annotations

import hashlib
import json
import struct
from binascii import b2a_base64
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from html import escape
from operator import attrgetter
from typing import Generic, Protocol, Self, TypeVar


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


_Owner = TypeVar("_Owner")
_Made = TypeVar("_Made")


class _Once(Generic[_Owner, _Made]):
    """`functools.cached_property` without its lock (until Python 3.12): for what is made for each mail."""

    def __init__(self, make: Callable[[_Owner], _Made]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, owner: _Owner, kind: type[_Owner]) -> _Made:
        made = owner.__dict__[self._name] = self._make(owner)
        return made


@dataclass(frozen=True)
class Fragment:
    """A piece of a mail's body, shared by many messages and encoded once.

    All but the last fragment of a body are a multiple of 57 bytes long, so that their base64 is
    whole lines of 76 characters (RFC 2045 §6.8) and joined fragments are the encoded body.
    """

    data: bytes

    @_Once
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


Fragments = tuple[Fragment, ...]
Blanks = Mapping[str, str]
"""What is a reader's own in a body: UNSUBSCRIBE, PREFERENCES, FEED, ADDRESS."""


@dataclass(frozen=True, eq=False)
class SharedBody:
    """The bodies that all readers of a rendition share, text and HTML.

    `fill` makes those of a reader. `take_apart` is for transports that fill blanks themselves, and is called
    when first needed: the blanks of the text are `NAME`, those of the HTML `HTML_NAME`, NAME one of those in
    `Message.blanks`; apart from the words, so that no word of a paper is taken for one.
    """

    fill: Callable[[Blanks], tuple[Fragments, Fragments]]
    take_apart: Callable[[], tuple[Pieces, Pieces]]

    @property
    def text(self) -> Pieces:
        return self._pieces[0]

    @property
    def html(self) -> Pieces:
        return self._pieces[1]

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
    def _pieces(self) -> tuple[Pieces, Pieces]:
        return self.take_apart()


class Letterhead(Hashable, Protocol):
    """The header fields that many messages share, some of them open: their values are each message's own."""

    def write(self, own: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """All fields but those of MIME, decoded."""
        ...

    def encode(self, own: Mapping[str, str], boundary: str) -> bytes:
        """The header block of a multipart/alternative message with its closing empty line."""
        ...


Sign = Callable[[bytes, Iterable[bytes]], bytes]
"""Makes a header field that goes before a head, of that head and the encoded body."""


@dataclass(frozen=True)
class Message:
    """One mail, ready for both wires: `raw` bytes (SMTP, SES) and parts with headers (JSON APIs).

    It holds what is its reader's own beside what it shares with others. What a wire wants of it is made when
    it asks, so that none pays for another. The same delivery gives the same message, today and tomorrow.
    """

    delivery_id: str
    sender: str
    recipient: str
    letterhead: Letterhead
    own_fields: Mapping[str, str]
    """The values of the fields that the letterhead leaves open: To, Subject and what else differs."""
    body: SharedBody
    """One object for all messages of a rendition."""
    blanks: Blanks
    sign: Sign | None = None
    """For the raw bytes alone: whoever makes other bytes of `headers` has to sign them himself."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The fields of the head but for those of MIME and a signature, decoded."""
        return self.letterhead.write(self.own_fields)

    @_Once
    def head(self) -> bytes:
        """The encoded header block with its closing empty line."""
        head = self.letterhead.encode(self.own_fields, self.boundary)
        return head if self.sign is None else self.sign(head, self.encoded_body) + head

    @_Once
    def boundary(self) -> str:
        return "=_" + hashlib.sha256(self.delivery_id.encode()).hexdigest()[:32]

    @property
    def text_fragments(self) -> Fragments:
        return self._bodies[0]

    @property
    def html_fragments(self) -> Fragments:
        return self._bodies[1]

    @_Once
    def _bodies(self) -> tuple[Fragments, Fragments]:
        return self.body.fill(self.blanks)

    @property
    def personal(self) -> dict[str, str]:
        """By blank, what is filled in: as it is for the text, escaped for the HTML."""
        return {**self.blanks, **{f"HTML_{name}": escape(value) for name, value in self.blanks.items()}}

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
    """What one call of a transport carries, and the unit marked offered."""

    messages: tuple[Message, ...]
    may_be_repeat: bool = False
    """It may have been handed over before, and the answer was lost."""

    @classmethod
    def of(cls, messages: Iterable[Message], *, may_be_repeat: bool = False) -> Self:
        return cls(tuple(messages), may_be_repeat)

    @property
    def key(self) -> str:
        """Its members' own, whenever and in whatever order they go: the same on every retry (an idempotency
        key where the provider knows one)."""
        names = "\n".join(sorted(message.delivery_id for message in self.messages))
        return hashlib.sha256(names.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Submitted:
    """The next server took the message: its answer and, from APIs, its own id."""

    answer: str = ""
    provider_id: str = ""
