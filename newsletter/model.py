"""The words of docs/glossary.md as types: frozen, without I/O and without a clock.

What a room hands to the next one is one of these. How they are read, stored, rendered or handed
over is left to the rooms.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from urllib.parse import quote, urlsplit, urlunsplit

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC."""


# --- Digest ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a digest that could not be read, and its line (from 1; None: the whole)."""

    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of a summary in inline Markdown, without their labels.

    `one_line` is always there: the first sentence where the digest marks none. The others are
    empty where the digest does not mark them.
    """

    one_line: str
    problem: str = ""
    method: str = ""
    results: str = ""
    implications: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One item of a digest.

    `summary` is the whole summary in inline Markdown without the keyword list and without section
    labels; `keywords` are as written, in order; `arxiv_id` has no version and is empty where the
    link is not arXiv's.
    """

    title: str
    url: str
    summary: str
    sections: Sections
    arxiv_id: str = ""
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What makes two records the same paper: `arxiv:2509.17567`, else `url:…` normalised."""
        return f"arxiv:{self.arxiv_id}" if self.arxiv_id else f"url:{normalise_url(self.url)}"

    @property
    def anchor(self) -> str:
        """The paper's fragment on its edition's page, safe in an HTML id and a URL."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.identity.removeprefix("url:")).strip("-")


@dataclass(frozen=True, slots=True)
class Digest:
    """The input document of one date, as its author wrote it."""

    date: date
    format: str
    source: str
    papers: tuple[Paper, ...]
    problems: tuple[Problem, ...] = ()


def normalise_url(url: str) -> str:
    """Scheme and host in lower case, no fragment, no default port, no trailing slash."""
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError:  # not a URL: still the same text for the same paper
        return url
    scheme = parts.scheme.lower()
    host = parts.netloc.lower().removesuffix({"http": ":80", "https": ":443"}.get(scheme, "\0"))
    return urlunsplit((scheme, host, parts.path.rstrip("/"), parts.query, ""))


# --- Newsletter -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Newsletter:
    """The publication: what mails, feeds and pages say of it.

    `base_url` ends in a slash. `tag_authority` and `tag_date` (RFC 4151) are fixed in the store at
    the first publication, so that moving `base_url` renews no id.
    """

    title: str
    base_url: str
    language: str
    timezone: str
    sender_name: str
    sender_address: str
    tag_authority: str
    tag_date: date
    reply_to: str = ""
    postal_address: str = ""

    def url(self, path: str = "") -> str:
        """The absolute address of a public path."""
        return self.base_url + path

    def tag(self, specific: str) -> str:
        """A tag: URI (RFC 4151), percent-encoded where it must be."""
        return f"tag:{self.tag_authority},{self.tag_date.isoformat()}:{quote(specific, safe=_TAG_SAFE)}"


_TAG_SAFE = "/:.-_~!$&'()*+,;=@"


class FeedFormat(StrEnum):
    """A format of feed, and the ending of its files."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"


# Public paths: fixed, because mails already out must keep working.


def edition_path(name: str) -> str:
    return f"editions/{name}/"


def keyword_path(slug: str) -> str:
    return f"keywords/{slug}/"


def feed_path(feed_format: FeedFormat, slug: str | None = None) -> str:
    """The feed of a keyword, or of all papers."""
    return f"feeds/all.{feed_format}" if slug is None else f"feeds/keywords/{slug}.{feed_format}"


def combined_feed_path(feed_format: FeedFormat, slugs: Iterable[str]) -> str:
    """The feed of the papers with any of these keywords; the same path whatever their order."""
    return f"feeds/combine.{feed_format}?keywords={','.join(sorted(set(slugs)))}"


def combined_file_path(feed_format: FeedFormat, slugs: Iterable[str]) -> str:
    """The same feed as a file, for hosts that only serve files; a long choice goes by its hash."""
    name = ",".join(sorted(set(slugs)))
    if len(name) > _LONGEST_NAME:
        name = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"feeds/combine/{name}.{feed_format}"


_LONGEST_NAME = 200  # bytes; file systems take 255, and a file is first written under a longer name


def archive_path(name: str) -> str:
    """The archived papers of a month, `2025-09`, or of a day, `2025-09-24`."""
    return f"feeds/archive/{name}.{FeedFormat.ATOM}"


# --- Edition --------------------------------------------------------------------------------------


class EditionKind(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Keyword:
    """A canonical topic. `slug` is its address and, being unique, its identity."""

    label: str
    slug: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedPaper:
    """A paper with what publishing it adds: its resolved keywords, dates and first edition.

    `published_at` never moves; `updated_at` moves only when the content does. Within an edition
    the dates are distinct and fall with the position.
    """

    paper: Paper
    keywords: tuple[Keyword, ...]
    published_at: datetime
    updated_at: datetime
    edition: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated publication; (`kind`, `period_end`) is unique."""

    kind: EditionKind
    period_end: date
    revision: int
    published_at: datetime
    updated_at: datetime
    papers: tuple[PublishedPaper, ...]

    @property
    def name(self) -> str:
        return edition_name(self.kind, self.period_end)


def edition_name(kind: EditionKind, period_end: date) -> str:
    """`2025-09-24` for a daily edition, `2025-W39` (ISO 8601 week) for a weekly one."""
    if kind is EditionKind.DAILY:
        return period_end.isoformat()
    year, week, _ = period_end.isocalendar()
    return f"{year}-W{week:02}"


# --- Subscriber -----------------------------------------------------------------------------------


class SubscriberStatus(StrEnum):
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class SuppressionReason(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a subscriber asked for. `keywords` as he wrote them; None: all papers.

    `language` is that of the interface words (empty: the newsletter's); `limit` the most papers
    in one mail (None: no limit).
    """

    keywords: tuple[str, ...] | None = None
    frequency: EditionKind = EditionKind.DAILY
    language: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person. `public_id` is what links and Message-IDs carry; `id` never leaves the store."""

    id: int
    public_id: str
    email: str
    name: str
    status: SubscriberStatus
    preferences: Preferences


# --- Delivery -------------------------------------------------------------------------------------


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
        return base64.encodebytes(self.data).replace(b"\n", b"\r\n")


_PART_HEAD = '\r\nContent-Type: text/{}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
_TEXT_HEAD, _HTML_HEAD = (_PART_HEAD.format(subtype).encode() for subtype in ("plain", "html"))


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
            for fragment in fragments:
                yield fragment.encoded
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


@dataclass(frozen=True, slots=True)
class Submitted:
    """The next server took the message: its answer and, from APIs, its own id."""

    answer: str = ""
    provider_id: str = ""
