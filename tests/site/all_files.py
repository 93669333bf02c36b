"""Every feed, list and sitemap of some papers at once, as a whole build writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from newsletter.feeds import (
    FeedBuilder,
    Words,
    all_papers_feed,
    build_opml,
    keyword_feed,
    untranslated,
)
from newsletter.model import Keyword, Newsletter, PublishedPaper, edition_path, keyword_path
from newsletter.site import PublicFile, PublicRank
from newsletter.site.files import all_papers_files, keyword_files, style_file
from newsletter.site.sitemap import SitemapPage, build_sitemap

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KeywordPapers:
    """A keyword that has a page and feeds, and its papers in the order given."""

    keyword: Keyword
    papers: tuple[PublishedPaper, ...]


def group_papers(
    papers: Sequence[PublishedPaper], *, minimum_papers: int, published: Iterable[Keyword] = ()
) -> tuple[KeywordPapers, ...]:
    """The keywords with at least `minimum_papers` of `papers` (each of them once), by slug.

    Those of `published` once had a page and feeds, and keep them: with fewer papers, with none.
    """
    kept = {keyword.slug: keyword for keyword in published}
    groups: dict[str, tuple[Keyword, list[PublishedPaper]]] = {}
    for paper in papers:
        for slug, keyword in {keyword.slug: keyword for keyword in paper.keywords}.items():
            groups.setdefault(slug, (keyword, []))[1].append(paper)
    for slug, keyword in kept.items():
        groups.setdefault(slug, (keyword, []))
    return tuple(
        KeywordPapers(keyword, tuple(members))
        for slug, (keyword, members) in sorted(groups.items())
        if slug in kept or len(members) >= minimum_papers
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
    published: Iterable[Keyword] = (),
    merged: Mapping[str, str] = _NONE,
) -> Iterator[PublicFile]:
    """Every feed and archive, their style, the OPML list and the sitemap, one at a time.

    `papers` holds each paper once, newest first; `editions` says of each edition's name when it
    last changed; `empty_at` dates what holds no paper yet. `published` is that of `group_papers`;
    `merged` says of the slug of a keyword that is no more which one took it in.
    """
    remaining = [keyword for keyword in published if keyword.slug not in merged]
    groups = group_papers(papers, minimum_papers=minimum_papers, published=remaining)
    builder = FeedBuilder(newsletter, words=words, linked={group.keyword.slug for group in groups})
    yield style_file(words, newsletter.theme)
    for group in groups:
        feed = keyword_feed(
            newsletter, group.keyword, group.papers, empty_at=empty_at, hubs=hubs, words=words
        )
        former = [slug for slug, target in merged.items() if target == group.keyword.slug]
        yield from keyword_files(builder, feed, former=former)
    live = all_papers_feed(newsletter, papers, empty_at=empty_at, hubs=hubs, words=words)
    yield from all_papers_files(
        builder,
        live,
        days={paper.published_at.astimezone(UTC).date() for paper in papers},
        load_papers=lambda archive: [paper for paper in papers if paper.published_at in archive],
    )
    opml = build_opml(newsletter, [group.keyword for group in groups], words=words)
    yield PublicFile("feeds.opml", opml, PublicRank.INDEX)
    sitemap = build_sitemap(newsletter, _pages(groups, editions, empty_at))
    yield PublicFile("sitemap.xml", sitemap, PublicRank.INDEX)


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
        updated = max((paper.updated_at for paper in group.papers), default=None)
        yield SitemapPage(keyword_path(group.keyword.slug), updated)
