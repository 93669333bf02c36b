"""The publication, its public paths and its ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from urllib.parse import quote

from newsletter.model.theme import Theme


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
    theme: Theme = field(default_factory=Theme)

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
