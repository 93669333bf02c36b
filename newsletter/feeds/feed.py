"""A feed before any format: what it is called, where it lives, which papers it draws from.

The kinds that there are stand in `kinds`; which feeds exist is left to the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.feeds.content import Words
from newsletter.feeds.safe import clean_line, encode_url
from newsletter.feeds.style import STYLE_PATH, explain
from newsletter.model import FeedFormat, Newsletter, PublishedPaper


@dataclass(frozen=True, slots=True)
class ArchiveLinks:
    """The documents beside this one in an archived feed (RFC 5005 §4): public paths, "" for none.

    `current` is the live feed, named by its archives alone.
    """

    previous: str = ""
    next: str = ""
    current: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed in all its formats.

    `paths` are the public paths of its files, `page_path` that of the page that shows the same.
    `empty_at` is its `updated` while it has no entry.
    """

    id: str
    title: str
    subtitle: str
    language: str
    page_path: str
    paths: Mapping[FeedFormat, str]
    papers: Sequence[PublishedPaper]
    empty_at: datetime
    hubs: tuple[str, ...] = ()
    archives: ArchiveLinks = ArchiveLinks()

    @property
    def is_archive(self) -> bool:
        """It shows all its papers, whatever their age and size, and nobody subscribes to it."""
        return bool(self.archives.current)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands around the entries of one file: clean values, absolute addresses.

    `style_url` alone is relative, so that a folder opened from the disk shows it; `note` tells
    people what a feed is; `archives` are link relations with their addresses.
    """

    id: str
    title: str
    subtitle: str
    language: str
    author: str
    note: str
    self_url: str
    media_type: str
    page_url: str
    style_url: str
    hubs: tuple[str, ...]
    archives: tuple[tuple[str, str], ...]
    is_archive: bool
    updated: datetime


def make_head(
    feed: Feed,
    newsletter: Newsletter,
    feed_format: FeedFormat,
    *,
    media_type: str,
    updated: datetime,
    words: Words,
) -> Head:
    path = feed.paths[feed_format]
    return Head(
        id=feed.id,
        title=clean_line(feed.title),
        subtitle=clean_line(feed.subtitle),
        language=feed.language,
        author=clean_line(newsletter.sender_name or newsletter.title),
        note=explain(words),
        self_url=encode_url(newsletter.url(path)),
        media_type=media_type,
        page_url=encode_url(newsletter.url(feed.page_path)),
        style_url="../" * path.partition("?")[0].count("/") + STYLE_PATH,
        hubs=tuple(filter(None, map(encode_url, feed.hubs))),
        archives=_list_archives(feed.archives, newsletter),
        is_archive=feed.is_archive,
        updated=updated.astimezone(UTC),
    )


def _list_archives(links: ArchiveLinks, newsletter: Newsletter) -> tuple[tuple[str, str], ...]:
    relations = (
        ("current", links.current),
        ("prev-archive", links.previous),
        ("next-archive", links.next),
    )
    return tuple((relation, encode_url(newsletter.url(path))) for relation, path in relations if path)
