"""A feed before any format: what it is called, where it lives, which papers it draws from.

The two usual kinds are made here; which of them exist is left to `site/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.feeds.content import Words, untranslated
from newsletter.feeds.safe import clean_line, encode_url
from newsletter.model import FeedFormat, Keyword, Newsletter, PublishedPaper, feed_path, keyword_path


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


@dataclass(frozen=True, slots=True)
class Head:
    """What stands around the entries of one file: clean values, absolute addresses."""

    id: str
    title: str
    subtitle: str
    language: str
    author: str
    self_url: str
    media_type: str
    page_url: str
    hubs: tuple[str, ...]
    updated: datetime


def all_papers_feed(
    newsletter: Newsletter,
    papers: Sequence[PublishedPaper],
    *,
    empty_at: datetime,
    hubs: tuple[str, ...] = (),
    words: Words = untranslated,
) -> Feed:
    """The feed of every paper; its page is the index."""
    return Feed(
        id=newsletter.tag("feeds/all"),
        title=newsletter.title,
        subtitle=words("Every paper, newest first"),
        language=newsletter.language,
        page_path="",
        paths={feed_format: feed_path(feed_format) for feed_format in FeedFormat},
        papers=papers,
        empty_at=empty_at,
        hubs=hubs,
    )


def keyword_feed(
    newsletter: Newsletter,
    keyword: Keyword,
    papers: Sequence[PublishedPaper],
    *,
    empty_at: datetime,
    hubs: tuple[str, ...] = (),
    words: Words = untranslated,
) -> Feed:
    """The feed of one keyword's papers, which `papers` already are."""
    return Feed(
        id=newsletter.tag(f"feeds/keywords/{keyword.slug}"),
        title=keyword_title(newsletter, keyword),
        subtitle=words("Papers on {keyword}, newest first").format(keyword=keyword.label),
        language=newsletter.language,
        page_path=keyword_path(keyword.slug),
        paths={feed_format: feed_path(feed_format, keyword.slug) for feed_format in FeedFormat},
        papers=papers,
        empty_at=empty_at,
        hubs=hubs,
    )


def keyword_title(newsletter: Newsletter, keyword: Keyword) -> str:
    """Unlike any other feed's: a reader lists feeds by nothing but their title."""
    return f"{newsletter.title} · {keyword.label}"


def make_head(
    feed: Feed, newsletter: Newsletter, feed_format: FeedFormat, *, media_type: str, updated: datetime
) -> Head:
    return Head(
        id=feed.id,
        title=clean_line(feed.title),
        subtitle=clean_line(feed.subtitle),
        language=feed.language,
        author=clean_line(newsletter.sender_name or newsletter.title),
        self_url=encode_url(newsletter.url(feed.paths[feed_format])),
        media_type=media_type,
        page_url=encode_url(newsletter.url(feed.page_path)),
        hubs=tuple(filter(None, map(encode_url, feed.hubs))),
        updated=updated.astimezone(UTC),
    )
