"""Which feeds and lists exist: papers → public files. A pure decision, the bytes from `feeds/`.

Pages are left to `render/`; they follow the same `group_papers`, so that no feed links a keyword
page that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.feeds import (
    Feed,
    FeedBuilder,
    Words,
    all_papers_feed,
    build_opml,
    keyword_feed,
    untranslated,
)
from newsletter.model import Keyword, Newsletter, PublishedPaper, edition_path, keyword_path
from newsletter.site.public import PublicFile, PublicRank
from newsletter.site.sitemap import SitemapPage, build_sitemap


@dataclass(frozen=True, slots=True)
class KeywordPapers:
    """A keyword that has a page and feeds, and its papers in the order given."""

    keyword: Keyword
    papers: tuple[PublishedPaper, ...]


def group_papers(papers: Sequence[PublishedPaper], *, minimum_papers: int) -> tuple[KeywordPapers, ...]:
    """The keywords with at least `minimum_papers` of `papers` (each of them once), by slug."""
    groups: dict[str, tuple[Keyword, list[PublishedPaper]]] = {}
    for paper in papers:
        for slug, keyword in {keyword.slug: keyword for keyword in paper.keywords}.items():
            groups.setdefault(slug, (keyword, []))[1].append(paper)
    return tuple(
        KeywordPapers(keyword, tuple(members))
        for _, (keyword, members) in sorted(groups.items())
        if len(members) >= minimum_papers
    )


def feed_files(
    newsletter: Newsletter,
    papers: Sequence[PublishedPaper],
    *,
    editions: Mapping[str, datetime],
    minimum_papers: int,
    empty_at: datetime,
    hubs: tuple[str, ...] = (),
    words: Words = untranslated,
) -> Iterator[PublicFile]:
    """Every feed, the OPML list and the sitemap, one at a time.

    `papers` holds each paper once, newest first; `editions` says of each edition's name when it
    last changed; `empty_at` dates what holds no paper yet.
    """
    groups = group_papers(papers, minimum_papers=minimum_papers)
    builder = FeedBuilder(newsletter, words=words, linked={group.keyword.slug for group in groups})
    for group in groups:
        feed = keyword_feed(
            newsletter, group.keyword, group.papers, empty_at=empty_at, hubs=hubs, words=words
        )
        yield from _all_formats(builder, feed, PublicRank.KEYWORD_FEED)
    feed = all_papers_feed(newsletter, papers, empty_at=empty_at, hubs=hubs, words=words)
    yield from _all_formats(builder, feed, PublicRank.ALL_FEED)
    opml = build_opml(newsletter, [group.keyword for group in groups], words=words)
    yield PublicFile("feeds.opml", opml, PublicRank.INDEX)
    sitemap = build_sitemap(newsletter, _pages(groups, editions, empty_at))
    yield PublicFile("sitemap.xml", sitemap, PublicRank.INDEX)


def _all_formats(builder: FeedBuilder, feed: Feed, rank: PublicRank) -> Iterator[PublicFile]:
    for feed_format, path in feed.paths.items():
        yield PublicFile(path, builder.build(feed, feed_format), rank)


def _pages(
    groups: Sequence[KeywordPapers], editions: Mapping[str, datetime], empty_at: datetime
) -> Iterator[SitemapPage]:
    newest = max(editions.values(), default=empty_at)
    yield SitemapPage("", newest)
    yield SitemapPage("keywords/", newest)
    for name in sorted(editions, reverse=True):
        yield SitemapPage(edition_path(name), editions[name])
    # By size: where the sitemap is full, it is the rarest keywords that are left out.
    for group in sorted(groups, key=lambda group: -len(group.papers)):
        updated = max(paper.updated_at for paper in group.papers)
        yield SitemapPage(keyword_path(group.keyword.slug), updated)
