"""What templates are told of a paper: made for reading, never the model itself.

Fields hold inline Markdown where they say so; the templates' filters `html` and `plain` show it.
Addresses are only ever http(s). Where a page lies is left to the caller, because mails link
absolutely and pages relatively.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass

from newsletter.markup import clean_text
from newsletter.model import Keyword, Paper, PublishedPaper, edition_path, keyword_path
from newsletter.render.text import shorten
from newsletter.render.words import Words

Link = Callable[[str], str]
"""Turns a public path ("keywords/") into the address a template writes."""


@dataclass(frozen=True, slots=True)
class KeywordView:
    """A keyword; `url` is empty where the keyword has no page."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a summary: its name in `Sections` ("" : the rest of it), label and Markdown."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper. `one_line` is the sentence to begin with (Markdown), `passages` all that follows it.

    `number` counts from 1 in its edition (0: it does not matter); `anchor` is its place on the page
    at `page_url`.
    """

    number: int
    anchor: str
    title: str
    original_title: str
    url: str
    page_url: str
    authors: tuple[str, ...]
    keywords: tuple[KeywordView, ...]
    one_line: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Shows papers and keywords in one language, with links from one place.

    `keyword_pages` holds the slugs that have a page (None: all), so that no link is dead;
    `keywords_shown` are so many of a paper (None: all); a title or a keyword takes `columns` at most
    (None: what it takes).
    """

    words: Words
    link: Link
    keyword_pages: Container[str] | None = None
    keywords_shown: int | None = None
    columns: int | None = None

    def view_paper(self, published: PublishedPaper, edition: str, number: int = 0) -> PaperView:
        """The paper as it stands in the edition named `edition`."""
        paper = published.paper
        url = flatten(paper.url)
        page_url = f"{self.link(edition_path(edition))}#{paper.anchor}"
        return PaperView(
            number=number,
            anchor=paper.anchor,
            title=self._show(paper.title),
            original_title=self._show(paper.original_title),
            url=url if url.startswith(("https://", "http://")) else page_url,
            page_url=page_url,
            authors=tuple(map(flatten, paper.authors)),
            keywords=self.view_keywords(published.keywords[: self.keywords_shown]),
            one_line=paper.sections.one_line,
            passages=tuple(_read_passages(paper, self.words)),
        )

    def view_keywords(self, keywords: Iterable[Keyword]) -> tuple[KeywordView, ...]:
        return tuple(
            KeywordView(self._show(keyword.label), self._link_keyword(keyword)) for keyword in keywords
        )

    def _show(self, text: str) -> str:
        line = flatten(text)
        return line if self.columns is None or len(line) * 2 <= self.columns else shorten(line, self.columns)

    def _link_keyword(self, keyword: Keyword) -> str:
        has_page = self.keyword_pages is None or keyword.slug in self.keyword_pages
        return self.link(keyword_path(keyword.slug)) if has_page else ""


def flatten(text: str) -> str:
    """`text` fit for one line: no control characters, single spaces."""
    if text.isprintable() and "  " not in text:
        return text.strip(" ")  # most are so already, and mails flatten a few for every choice
    return " ".join(clean_text(text).split())


def _read_passages(paper: Paper, words: Words) -> Iterator[Passage]:
    """The marked sections with their labels, else what the summary says after its first sentence."""
    labels = {
        "problem": words.gettext("Problem"),
        "method": words.gettext("Method"),
        "results": words.gettext("Results"),
        "implications": words.gettext("In practice"),
    }
    marked = [Passage(name, label, getattr(paper.sections, name)) for name, label in labels.items()]
    if any(passage.text for passage in marked):
        yield from (passage for passage in marked if passage.text)
    elif rest := paper.summary.removeprefix(paper.sections.one_line).strip():
        yield Passage("", "", rest)
