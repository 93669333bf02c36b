"""A published paper → the HTML that a reader shows for its entry.

Only paragraphs, small headings and absolute links; inline Markdown is left to `markup`, and
escaping for XML to the format's writer. Interface words pass through `words`, a gettext function.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from html import escape

from newsletter.feeds.safe import clean_line, encode_url
from newsletter.markup import to_html
from newsletter.model import Keyword, Newsletter, Paper, PublishedPaper, keyword_path

Words = Callable[[str], str]
"""Gives the interface words of a language for their English msgid."""


def untranslated(msgid: str) -> str:
    return msgid


def write_content(
    published: PublishedPaper,
    newsletter: Newsletter,
    page_url: str,
    *,
    words: Words,
    linked: Container[str] | None,
) -> str:
    """The summary, its keywords and a link to the page of its edition.

    `linked` holds the slugs of the keywords that have a page (None: all have one).
    """
    original = published.paper.original_title
    parts = [f"<p>{escape(original)}</p>"] if original else []
    parts += _summary(published.paper, words)
    if published.keywords:
        keywords = " · ".join(_keyword(keyword, newsletter, linked) for keyword in published.keywords)
        parts.append(f"<p><strong>{escape(words('Keywords'))}</strong> {keywords}</p>")
    page = words("In the edition {edition}").format(edition=published.edition)
    parts.append(f"<p>{_link(page_url, page)}</p>")
    return "\n".join(parts)


def _summary(paper: Paper, words: Words) -> Iterator[str]:
    marked = [(label, text) for label, text in _sections(paper, words) if text]
    if not marked:
        # Where a digest marks no sections, the whole summary is more than its first sentence.
        yield _paragraph(paper.summary or paper.sections.one_line)
        return
    yield _paragraph(paper.sections.one_line)
    for label, text in marked:
        yield f"<h3>{escape(label)}</h3>"
        yield _paragraph(text)


def _sections(paper: Paper, words: Words) -> tuple[tuple[str, str], ...]:
    return (
        (words("Problem"), paper.sections.problem),
        (words("Method"), paper.sections.method),
        (words("Results"), paper.sections.results),
        (words("What it means for practice"), paper.sections.implications),
    )


def _keyword(keyword: Keyword, newsletter: Newsletter, linked: Container[str] | None) -> str:
    label = clean_line(keyword.label)
    if linked is not None and keyword.slug not in linked:
        return escape(label)
    return _link(encode_url(newsletter.url(keyword_path(keyword.slug))), label)


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>'


def _paragraph(markdown: str) -> str:
    return f"<p>{to_html(markdown)}</p>"
