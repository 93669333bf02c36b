"""Renders what a plan wants of the public folder, file by file, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from newsletter.daily.plan import SitePlan
from newsletter.daily.publisher import Publisher
from newsletter.feeds import (
    FEED_PAPERS,
    MAXIMUM_AGE,
    Archive,
    FeedBuilder,
    all_papers_feed,
    build_opml,
    keyword_feed,
)
from newsletter.model import PublishedPaper, archive_path, edition_path, keyword_path
from newsletter.render.pages import (
    EDITIONS_SHOWN,
    KEYWORDS_PATH,
    EditionSummary,
    render_edition_page,
    render_index,
    render_keyword_page,
    render_keywords_page,
    summarise_edition,
)
from newsletter.render.words import load_words
from newsletter.site import PublicFile, PublicRank
from newsletter.site.files import all_papers_files, keyword_files, style_file
from newsletter.site.sitemap import SitemapPage, build_sitemap
from newsletter.store import Transaction
from newsletter.store.editions import EditionFacts, load_edition
from newsletter.store.papers import list_days, list_days_of, load_papers, load_papers_between, load_papers_of

if TYPE_CHECKING:
    from jinja2 import Environment

KEYWORD_PAPERS = 120
"""So many papers a keyword's page shows; older ones stand on the pages of their editions."""


def render_files(tx: Transaction, publisher: Publisher, plan: SitePlan, *, out: Path) -> Iterator[PublicFile]:
    """The files the plan wants for the folder `out`; with any of them, those that list everything."""
    if plan.is_empty:
        return
    maker = _Maker(tx, publisher, plan, out)
    for edition in plan.editions:
        if edition.name in plan.wanted_editions:
            yield maker.edition_page(edition)
    for slug in plan.wanted_keywords:
        yield from maker.keyword_files(slug)
    yield from maker.all_papers_files()
    yield from maker.lists()


class _Look(TypedDict):
    """What every page is rendered with."""

    environment: Environment
    language: str


class _Maker:
    def __init__(self, tx: Transaction, publisher: Publisher, plan: SitePlan, out: Path) -> None:
        self._tx = tx
        self._out = out
        self._plan = plan
        self._newsletter = publisher.newsletter
        self._look: _Look = {
            "environment": publisher.environment,
            "language": publisher.newsletter.language,
        }
        self._touched_moments = plan.touched_moments()
        self._hubs = publisher.config.feeds.hubs
        self._words = load_words(publisher.newsletter.language).gettext
        self._builder = FeedBuilder(publisher.newsletter, words=self._words, linked=plan.linked)
        # The date of a feed without papers: the newsletter's first day.
        self._beginning = publisher.midnight_after(publisher.newsletter.tag_date)

    def edition_page(self, facts: EditionFacts) -> PublicFile:
        edition = load_edition(self._tx, facts, self._plan.vocabulary)
        data = render_edition_page(self._newsletter, edition, keyword_pages=self._plan.linked, **self._look)
        return _page(edition_path(facts.name), data)

    def keyword_files(self, slug: str) -> Iterator[PublicFile]:
        """The page and the feeds of a keyword."""
        keyword, use = self._plan.keyword(slug), self._plan.uses.get(slug)
        spellings = use.spellings if use else ()
        papers, is_all = self._load_papers_of(spellings)
        data = render_keyword_page(
            self._newsletter,
            keyword,
            papers,
            keyword_pages=self._plan.linked,
            days=None if is_all else list_days_of(self._tx, spellings),
            **self._look,
        )
        # A static host cannot redirect: at a former address stands the same, and says where it belongs.
        former = self._plan.former_addresses.get(slug, ())
        for address in (slug, *former):
            yield _page(keyword_path(address), data)
        feed = keyword_feed(
            self._newsletter,
            keyword,
            papers,
            empty_at=self._beginning,
            hubs=self._hubs,
            words=self._words,
        )
        yield from keyword_files(self._builder, feed, former=former)

    def _load_papers_of(self, spellings: Iterable[str]) -> tuple[list[PublishedPaper], bool]:
        """As many as page and feed show, and whether these are all."""
        tx, vocabulary = self._tx, self._plan.vocabulary
        papers = load_papers_of(tx, vocabulary, spellings, newest=KEYWORD_PAPERS)
        is_all = len(papers) < KEYWORD_PAPERS
        if not is_all and papers[0].published_at - papers[-1].published_at <= MAXIMUM_AGE:
            # A feed shows a week of them.
            papers = load_papers_of(tx, vocabulary, spellings, newest=FEED_PAPERS)
            is_all = len(papers) < FEED_PAPERS
        return papers, is_all

    def all_papers_files(self) -> Iterator[PublicFile]:
        """The feeds of all papers, and the archives that they lead to."""
        tx, vocabulary = self._tx, self._plan.vocabulary
        feed = all_papers_feed(
            self._newsletter,
            load_papers(tx, vocabulary, newest=FEED_PAPERS),
            empty_at=self._beginning,
            hubs=self._hubs,
            words=self._words,
        )
        yield style_file(self._words, self._newsletter.theme)
        yield from all_papers_files(
            self._builder,
            feed,
            days=list_days(tx),
            load_papers=lambda archive: load_papers_between(tx, vocabulary, archive.since, archive.until),
            is_wanted=self._is_wanted,
        )

    def _is_wanted(self, archive: Archive) -> bool:
        """Whether it holds papers of a wanted edition, is new, or has a new neighbour to name."""
        if any(moment in archive for moment in self._touched_moments):
            return True
        names = filter(None, (archive.name, archive.previous, archive.next))
        return not all((self._out / archive_path(name)).exists() for name in names)

    def lists(self) -> Iterator[PublicFile]:
        """The front page and all keywords, for people and for programs."""
        listed = self._plan.listed
        data = render_keywords_page(
            self._newsletter, [(use.keyword, use.papers) for use in listed], **self._look
        )
        yield _page(KEYWORDS_PATH, data)
        summaries = [
            self._summarise(facts, number < EDITIONS_SHOWN)
            for number, facts in enumerate(self._plan.editions)
        ]
        data = render_index(self._newsletter, summaries, keyword_pages=self._plan.linked, **self._look)
        yield _page("", data, PublicRank.INDEX)
        opml = build_opml(self._newsletter, [use.keyword for use in listed], words=self._words)
        yield PublicFile("feeds.opml", opml, PublicRank.INDEX)
        sitemap = build_sitemap(self._newsletter, self._sitemap_pages())
        yield PublicFile("sitemap.xml", sitemap, PublicRank.INDEX)

    def _summarise(self, facts: EditionFacts, with_keywords: bool) -> EditionSummary:
        if with_keywords:
            return summarise_edition(load_edition(self._tx, facts, self._plan.vocabulary))
        return EditionSummary(facts.kind, facts.period_end, facts.name, facts.papers, (), facts.first_day)

    def _sitemap_pages(self) -> Iterator[SitemapPage]:
        editions = self._plan.editions
        newest = max((edition.updated_at for edition in editions), default=self._beginning)
        yield SitemapPage("", newest)
        yield SitemapPage(KEYWORDS_PATH, newest)
        yield from (SitemapPage(edition_path(edition.name), edition.updated_at) for edition in editions)
        yield from (SitemapPage(keyword_path(use.keyword.slug), use.newest) for use in self._plan.listed)


def _page(path: str, data: bytes, rank: PublicRank = PublicRank.PAGE) -> PublicFile:
    return PublicFile(f"{path}index.html", data, rank)
