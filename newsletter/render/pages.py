"""The public pages about editions and keywords, and the small ones of the web application.

One function a page. What a page links and declares stands in `frame`, what it lists in `listings`,
`archive`, `chart` and `initials`. Which pages there are, and writing them, is left to `daily/` and
`site/`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date
from typing import Any

from jinja2 import Environment

from newsletter.model import (
    Edition,
    EditionKind,
    Keyword,
    Newsletter,
    PublishedPaper,
    edition_path,
    keyword_path,
)
from newsletter.render.archive import group_by_month, shorten_edition, shorten_paper
from newsletter.render.chart import make_chart
from newsletter.render.environment import render_template
from newsletter.render.feed_links import list_feeds
from newsletter.render.frame import Frame
from newsletter.render.highlights import rank_keywords
from newsletter.render.initials import Count, list_frequent, list_initials
from newsletter.render.listings import (
    KEYWORDS_SHOWN,
    EditionSummary,
    first_day,
    summarise_edition,
    view_days,
    view_edition,
)
from newsletter.render.views import Viewer, flatten
from newsletter.render.words import load_words

__all__ = [
    "EDITIONS_SHOWN",
    "KEYWORDS_PATH",
    "EditionSummary",
    "render_edition_page",
    "render_index",
    "render_keyword_page",
    "render_keywords_page",
    "render_notice_page",
    "summarise_edition",
]

KEYWORDS_PATH = "keywords/"
EDITIONS_SHOWN = 30
"""The index tells the keywords of so many; older ones stand under their months by their dates."""
PAPERS_SHOWN = 50
"""A keyword's page tells what so many are about; older ones stand under their months by their titles."""


def render_index(
    newsletter: Newsletter,
    editions: Sequence[EditionSummary],
    *,
    environment: Environment,
    language: str,
    keyword_pages: Container[str] | None = None,
) -> bytes:
    """The front page: all `editions`, given the newest first; the feeds, how to subscribe.

    The latest edition is that of a day: a week that is over stands below it. `keyword_pages` has the
    slugs that have a page (None: all), here and below.
    """
    frame = Frame(newsletter, load_words(language), "")
    viewer = Viewer(frame.words, frame.link, keyword_pages)
    shown = editions[:EDITIONS_SHOWN]
    latest = next((edition for edition in shown if edition.kind is EditionKind.DAILY), None)
    older = (shorten_edition(edition, frame.words, frame.link) for edition in editions[EDITIONS_SHOWN:])
    return frame.render(
        environment,
        "pages/index.html",
        editions=[
            view_edition(edition, viewer) for edition in sorted(shown, key=lambda each: each is not latest)
        ],
        months=group_by_month(older, frame.words),
    )


def render_edition_page(
    newsletter: Newsletter,
    edition: Edition,
    *,
    environment: Environment,
    language: str,
    keyword_pages: Container[str] | None = None,
) -> bytes:
    """Every paper of an edition in full, each at its anchor."""
    frame = Frame(newsletter, load_words(language), edition_path(edition.name))
    viewer = Viewer(frame.words, frame.link, keyword_pages)
    return frame.render(
        environment,
        "pages/edition.html",
        date=frame.words.format_period(edition.kind, edition.period_end, edition.first_day),
        count=frame.words.count_papers(len(edition.papers)),
        keywords=viewer.view_keywords(rank_keywords(edition.papers)[:KEYWORDS_SHOWN]),
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
    days: Sequence[date] | None = None,
) -> bytes:
    """The papers of a keyword, the newest first under their first editions, and a chart of its weeks.

    `papers` may be the newest of them alone: then `days` has the first edition's day of every one,
    for the count and the chart (None: `papers` are all).
    """
    frame = Frame(newsletter, load_words(language), keyword_path(keyword.slug), keyword)
    viewer = Viewer(frame.words, frame.link, keyword_pages)
    newest_first = sorted(papers, key=lambda paper: (paper.edition, paper.published_at), reverse=True)
    older = (shorten_paper(paper, frame.words, frame.link) for paper in newest_first[PAPERS_SHOWN:])
    if days is None:
        days = [first_day(paper) for paper in papers]
    return frame.render(
        environment,
        "pages/keyword.html",
        label=flatten(keyword.label),
        count=frame.words.count_papers(len(days)),
        chart=make_chart(days, frame.words),
        days=view_days(newest_first[:PAPERS_SHOWN], viewer),
        months=group_by_month(older, frame.words),
        left_out=len(days) - len(papers),
    )


def render_keywords_page(
    newsletter: Newsletter,
    counts: Sequence[Count],
    *,
    environment: Environment,
    language: str,
) -> bytes:
    """The keywords given, in any order: the frequent ones, then all of them under their initials."""
    frame = Frame(newsletter, load_words(language), KEYWORDS_PATH)
    return frame.render(
        environment,
        "pages/keywords.html",
        frequent=list_frequent(counts, frame.words, frame.link),
        initials=list_initials(counts, frame.words, frame.link),
    )


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
        feeds=list_feeds(newsletter),
        **values,
    )
    return text.encode()
