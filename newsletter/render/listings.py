"""What pages tell of an edition: in a row of the index, and over the papers of a keyword.

Which of them a page lists is left to `pages`; what is told of a paper, to `views`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from newsletter.model import Edition, EditionKind, Keyword, PublishedPaper, edition_path
from newsletter.render.highlights import rank_keywords
from newsletter.render.views import KeywordView, PaperView, Viewer

KEYWORDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class EditionSummary:
    """What the index tells of an edition; `keywords` begin with the most frequent."""

    kind: EditionKind
    period_end: date
    name: str
    count: int
    keywords: tuple[Keyword, ...]
    first_day: date | None = None


def summarise_edition(edition: Edition) -> EditionSummary:
    keywords = tuple(rank_keywords(edition.papers)[:KEYWORDS_SHOWN])
    facts = edition.kind, edition.period_end, edition.name, len(edition.papers)
    return EditionSummary(*facts, keywords, edition.first_day)


@dataclass(frozen=True, slots=True)
class EditionView:
    """An edition as the index shows it."""

    date: str
    url: str
    count: str
    keywords: tuple[KeywordView, ...]


@dataclass(frozen=True, slots=True)
class DayView:
    """The papers that an edition was the first to have."""

    date: str
    url: str
    papers: tuple[PaperView, ...]


def view_edition(edition: EditionSummary, viewer: Viewer) -> EditionView:
    words = viewer.words
    return EditionView(
        date=words.format_period(edition.kind, edition.period_end, edition.first_day),
        url=viewer.link(edition_path(edition.name)),
        count=words.count_papers(edition.count),
        keywords=viewer.view_keywords(edition.keywords),
    )


def view_days(papers: Iterable[PublishedPaper], viewer: Viewer) -> tuple[DayView, ...]:
    """The papers under their first editions, in the order given, which is one of editions."""
    return tuple(
        DayView(
            date=viewer.words.format_day(_read_day(name)),
            url=viewer.link(edition_path(name)),
            papers=tuple(viewer.view_paper(paper, name) for paper in members),
        )
        for name, members in groupby(papers, key=lambda paper: paper.edition)
    )


def first_day(published: PublishedPaper) -> date:
    """The day of a paper's first edition."""
    return _read_day(published.edition)


def _read_day(edition: str) -> date:
    # The first edition of a paper is that of its digest, so its name is a date.
    return date.fromisoformat(edition)
