"""The kinds of feeds: of all papers, of one keyword, of any choice of keywords, of an archive.

A title is like no other feed's: a reader lists feeds by nothing but their titles. Which feeds exist
is left to the caller, and so is the choice of their papers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from newsletter.feeds.archive import Archive
from newsletter.feeds.content import Words, untranslated
from newsletter.feeds.feed import ArchiveLinks, Feed
from newsletter.model import (
    FeedFormat,
    Keyword,
    Newsletter,
    PublishedPaper,
    archive_path,
    combined_feed_path,
    feed_path,
    keyword_path,
)

MOST_COMBINED = 50
"""More keywords would not fit into an address that every server takes, nor into a feed's head."""


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
        subtitle=describe_papers(None, words),
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
        subtitle=describe_papers([keyword.label], words),
        language=newsletter.language,
        page_path=keyword_path(keyword.slug),
        paths={feed_format: feed_path(feed_format, keyword.slug) for feed_format in FeedFormat},
        papers=papers,
        empty_at=empty_at,
        hubs=hubs,
    )


def combined_feed(
    newsletter: Newsletter,
    keywords: Sequence[Keyword],
    papers: Sequence[PublishedPaper],
    *,
    empty_at: datetime,
    words: Words = untranslated,
    path: Callable[[FeedFormat, Iterable[str]], str] = combined_feed_path,
) -> Feed:
    """The feed of the papers with any of `keywords`, which `papers` already are, at its `path`.

    Every order of the keywords is one feed. It has no hubs: nobody would tell them of its changes.
    Raises ValueError for no keyword and for more than MOST_COMBINED.
    """
    chosen = {keyword.slug: keyword for keyword in keywords}
    slugs = sorted(chosen)
    if not 0 < len(slugs) <= MOST_COMBINED:
        raise ValueError(f"a combined feed has 1 to {MOST_COMBINED} keywords, not {len(slugs)}")
    labels = [chosen[slug].label for slug in slugs]
    return Feed(
        id=newsletter.tag(f"feeds/combine/{','.join(slugs)}"),
        title=f"{newsletter.title} · {words(', ').join(labels)}",
        subtitle=describe_papers(labels, words),
        language=newsletter.language,
        page_path="keywords/",
        paths={feed_format: path(feed_format, slugs) for feed_format in FeedFormat},
        papers=papers,
        empty_at=empty_at,
    )


def link_archives(live: Feed, archives: Sequence[Archive]) -> Feed:
    """The live feed, naming the newest of its archives (the oldest come first)."""
    if not archives:
        return live
    return dataclasses.replace(live, archives=ArchiveLinks(previous=archive_path(archives[-1].name)))


def archive_feed(live: Feed, archive: Archive, papers: Sequence[PublishedPaper]) -> Feed:
    """The archive of the live feed that holds `papers`: the same feed (RFC 5005 §4), in another document.

    Behind the newest archive comes the live feed: an archive without any neighbour is
    incomplete to the W3C validator.
    """
    current = live.paths[FeedFormat.ATOM]
    links = ArchiveLinks(
        previous=archive_path(archive.previous) if archive.previous else "",
        next=archive_path(archive.next) if archive.next else current,
        current=current,
    )
    return dataclasses.replace(
        live,
        title=f"{live.title} · {archive.name}",
        paths={FeedFormat.ATOM: archive_path(archive.name)},
        papers=papers,
        hubs=(),
        archives=links,
    )


def keyword_title(newsletter: Newsletter, keyword: Keyword) -> str:
    return f"{newsletter.title} · {keyword.label}"


def describe_papers(labels: Sequence[str] | None, words: Words) -> str:
    """Which papers a feed holds: those on these keywords (None: all)."""
    if labels is None:
        return words("Every paper, newest first")
    # Replaced, not formatted: a label in braces is a label.
    return words("Papers on {keyword}, newest first").replace("{keyword}", words(", ").join(labels))
