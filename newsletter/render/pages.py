"""Pages about editions and keywords, and the small ones of the web application.

Links between pages are relative and name `index.html`: so the folder works opened from disk, under
any path, and on hosts that know no index files. What the world is to remember (the canonical
address, feeds) is absolute and names folders. Which pages there are, and writing them, is left to
`site/`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from jinja2 import Environment

from newsletter.model import (
    Edition,
    EditionKind,
    FeedFormat,
    Keyword,
    Newsletter,
    PublishedPaper,
    edition_path,
    feed_path,
    keyword_path,
)
from newsletter.render.environment import render_template
from newsletter.render.highlights import rank_keywords
from newsletter.render.views import Viewer, flatten
from newsletter.render.words import Words, load_words

KEYWORDS_PATH = "keywords/"

_FEEDS = {FeedFormat.ATOM: ("Atom", "application/atom+xml"), FeedFormat.RSS: ("RSS", "application/rss+xml")}
_KEYWORDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class EditionSummary:
    """What the index tells of an edition; `keywords` begin with the most frequent."""

    kind: EditionKind
    period_end: date
    name: str
    count: int
    keywords: tuple[Keyword, ...]


def summarise_edition(edition: Edition) -> EditionSummary:
    keywords = tuple(rank_keywords(edition.papers)[:_KEYWORDS_SHOWN])
    return EditionSummary(edition.kind, edition.period_end, edition.name, len(edition.papers), keywords)


def render_index(
    newsletter: Newsletter,
    editions: Sequence[EditionSummary],
    *,
    environment: Environment,
    language: str,
    keyword_pages: Container[str] | None = None,
) -> bytes:
    """The front page: `editions` in the order given, the feeds, how to subscribe.

    `keyword_pages` has the slugs that have a page (None: all), here and below.
    """
    page = _Page(newsletter, load_words(language), "")
    viewer = Viewer(page.words, page.link, keyword_pages)
    views = [
        {
            "date": page.words.format_period(edition.kind, edition.period_end),
            "url": page.link(edition_path(edition.name)),
            "count": page.words.count_papers(edition.count),
            "keywords": viewer.view_keywords(edition.keywords),
        }
        for edition in editions
    ]
    return page.render(environment, "pages/index.html", editions=views)


def render_edition_page(
    newsletter: Newsletter,
    edition: Edition,
    *,
    environment: Environment,
    language: str,
    keyword_pages: Container[str] | None = None,
) -> bytes:
    """Every paper of an edition in full, each at its anchor."""
    page = _Page(newsletter, load_words(language), edition_path(edition.name))
    viewer = Viewer(page.words, page.link, keyword_pages)
    return page.render(
        environment,
        "pages/edition.html",
        date=page.words.format_period(edition.kind, edition.period_end),
        count=page.words.count_papers(len(edition.papers)),
        keywords=viewer.view_keywords(rank_keywords(edition.papers)[:_KEYWORDS_SHOWN]),
        papers=[
            viewer.view_paper(published, edition.name, number)
            for number, published in enumerate(edition.papers, start=1)
        ],
    )


def render_keyword_page(
    newsletter: Newsletter,
    keyword: Keyword,
    papers: Sequence[PublishedPaper],
    *,
    environment: Environment,
    language: str,
    keyword_pages: Container[str] | None = None,
) -> bytes:
    """The papers of a keyword, the newest first, under the days of their first editions."""
    page = _Page(newsletter, load_words(language), keyword_path(keyword.slug), keyword)
    viewer = Viewer(page.words, page.link, keyword_pages)
    newest_first = sorted(papers, key=lambda paper: (paper.edition, paper.published_at), reverse=True)
    days = [
        {
            # A paper's first edition is that of its digest, so its name is a date.
            "date": page.words.format_day(date.fromisoformat(name)),
            "url": page.link(edition_path(name)),
            "papers": [viewer.view_paper(paper, name) for paper in members],
        }
        for name, members in groupby(newest_first, key=lambda paper: paper.edition)
    ]
    count = page.words.count_papers(len(papers))
    return page.render(
        environment, "pages/keyword.html", label=flatten(keyword.label), count=count, days=days
    )


def render_keywords_page(
    newsletter: Newsletter,
    counts: Sequence[tuple[Keyword, int]],
    *,
    environment: Environment,
    language: str,
) -> bytes:
    """All keywords that have a page, in the order given, each with the number of its papers."""
    page = _Page(newsletter, load_words(language), KEYWORDS_PATH)
    keywords = [
        {
            "label": flatten(keyword.label),
            "url": page.link(keyword_path(keyword.slug)),
            "count": page.words.format_number(count),
        }
        for keyword, count in counts
    ]
    return page.render(environment, "pages/keywords.html", keywords=keywords)


def render_notice_page(
    newsletter: Newsletter, template: str, *, environment: Environment, language: str, **values: Any
) -> bytes:
    """A page of the web application from `pages/<template>.html`, for one visitor and no search engine.

    Its address may be anything, so its links are absolute.
    """
    text = render_template(
        environment,
        load_words(language),
        f"pages/{template}.html",
        newsletter=newsletter,
        link=newsletter.url,
        canonical="",
        feeds=_list_feeds(newsletter),
        **values,
    )
    return text.encode()


@dataclass(frozen=True, slots=True)
class _Page:
    """A public page at `path`; `keyword` is its own, where it is about one."""

    newsletter: Newsletter
    words: Words
    path: str
    keyword: Keyword | None = None

    def link(self, target: str) -> str:
        """The relative address of another public path."""
        is_folder = not target or target.endswith("/")
        return "../" * self.path.count("/") + target + ("index.html" if is_folder else "")

    def render(self, environment: Environment, template: str, **values: Any) -> bytes:
        text = render_template(
            environment,
            self.words,
            template,
            newsletter=self.newsletter,
            link=self.link,
            canonical=self.newsletter.url(self.path),
            feeds=_list_feeds(self.newsletter, self.keyword),
            **values,
        )
        return text.encode()


def _list_feeds(newsletter: Newsletter, keyword: Keyword | None = None) -> list[dict[str, str]]:
    """The feeds a page offers, its own first: readers take the first one they find."""
    own = [] if keyword is None else [(f"{newsletter.title} · {flatten(keyword.label)}", keyword.slug)]
    return [
        {"title": title, "format": name, "type": media_type, "path": feed_path(feed_format, slug)}
        for title, slug in [*own, (newsletter.title, None)]
        for feed_format, (name, media_type) in _FEEDS.items()
    ]
