"""A paper as it stands in a feed, before any format: every value clean, every address absolute.

Which entries a feed shows is left to `window`, how a format writes one to `formats`.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.feeds.content import Words, write_content
from newsletter.feeds.safe import clean_line, encode_url
from newsletter.markup import to_plain
from newsletter.model import Newsletter, PublishedPaper, edition_path


@dataclass(frozen=True, slots=True)
class Category:
    """A keyword as feed formats say it (RFC 4287 §4.2.2)."""

    term: str
    scheme: str
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One entry: `url` is the paper's own, `page_url` its place on its edition's page.

    `language` is that of the summary, `summary` is plain text, `content` safe HTML; the dates are in
    UTC. An entry is made once and equal to itself alone: so a cache finds it without reading it.
    """

    id: str
    title: str
    url: str
    page_url: str
    authors: tuple[str, ...]
    categories: tuple[Category, ...]
    summary: str
    content: str
    language: str
    published: datetime
    updated: datetime


def make_entry(
    published: PublishedPaper, newsletter: Newsletter, *, words: Words, linked: Container[str] | None
) -> Entry:
    """The entry of a paper, the same in all feeds. `linked` are the slugs that have a page (None: all)."""
    paper = published.paper
    page_url = encode_url(f"{newsletter.url(edition_path(published.edition))}#{paper.anchor}")
    url = encode_url(paper.url) or page_url
    title = clean_line(paper.title) or url
    return Entry(
        id=newsletter.tag("papers/" + clean_line(paper.identity)),
        title=title,
        url=url,
        page_url=page_url,
        authors=tuple(filter(None, map(clean_line, paper.authors))),
        categories=_categories(published, newsletter),
        summary=to_plain(paper.sections.one_line) or title,
        content=write_content(published, newsletter, page_url, words=words, linked=linked),
        language=newsletter.language,
        published=published.published_at.astimezone(UTC),
        updated=published.updated_at.astimezone(UTC),
    )


def _categories(published: PublishedPaper, newsletter: Newsletter) -> tuple[Category, ...]:
    scheme = encode_url(newsletter.url("keywords/"))
    return tuple(
        Category(keyword.slug, scheme, clean_line(keyword.label) or keyword.slug)
        for keyword in published.all_keywords
    )
