"""An edition as the parts of its mail, once a revision and language: head, foot, every card.

A card is made at every rung, since no one knows yet which readers get which. Python puts the
markers between the parts, so that a template of a user's own needs to know nothing of them. Choosing
among the cards and filling the blanks is left to `layout`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice

from jinja2 import Environment
from markupsafe import Markup

from newsletter.errors import RenderError
from newsletter.model import Edition, Fragment, Keyword, Newsletter, PublishedPaper, edition_path
from newsletter.render.budget import Rung
from newsletter.render.environment import find_template, render_template
from newsletter.render.forms import (
    CHOICE_BLANKS,
    MORE_BLANK,
    PERSONAL_BLANKS,
    Form,
    always_shows,
    blank,
    each_keyword,
    read_form,
    when,
)
from newsletter.render.fragments import LINE, encode_text, make_html_fragment, make_text_fragment
from newsletter.render.inline import MARKER, inline_css
from newsletter.render.views import PaperView, Passage, Viewer
from newsletter.render.words import Words, load_words

KEYWORDS_ON_A_CARD = 5
"""About as many as authors write; topics found in a paper fill up what it has not."""

LONGEST_TITLE = 400
"""Columns: four lines of a mail. One title alone may not push all other papers out of it."""

_Render = Callable[..., str]
"""Renders the template it is given the name of."""

_SHELL_VALUES = {
    "when": when,
    "each_keyword": each_keyword,
    **{name.lower(): blank(name) for name in (*CHOICE_BLANKS, *PERSONAL_BLANKS)},
}
"""The blanks of head and foot. Cards get none: they are the same for everyone."""

_FOREIGN_COMMENT = re.compile(r"<!--(?!@@|[A-Z]+@@-->).*?-->", re.DOTALL)
"""What a browser shows nobody; the comments of `forms` are left in."""


@dataclass(frozen=True, slots=True)
class Card:
    """A paper at one rung, in both bodies."""

    html: Fragment
    text: Fragment


@dataclass(frozen=True)
class PaperParts:
    """A paper with its cards, one a rung; `number` is its place in the edition, from 1."""

    number: int
    published: PublishedPaper
    cards: tuple[Card, ...]

    @cached_property
    def costs(self) -> tuple[int, ...]:
        """What each rung takes of the budget, in lines of base64."""
        return tuple(len(card.html.data) // LINE for card in self.cards)

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        """Of its keywords."""
        return tuple(keyword.slug for keyword in self.published.keywords)

    @cached_property
    def anchors(self) -> tuple[str, ...]:
        """Where each of its keywords leads to: to its cards."""
        return (f"p{self.number}",) * len(self.slugs)


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around the cards in one body; `more` takes the place of cards that do not fit.

    `lead` is what begins every mail, whoever reads it.
    """

    head: Form
    more: Form
    foot: Form
    lead: tuple[Fragment, ...] = ()


@dataclass(frozen=True, slots=True)
class MailParts:
    """All that the mails of one edition revision and language are put together from."""

    words: Words
    html: Shell
    text: Shell
    papers: Mapping[str, PaperParts]
    keywords: Mapping[str, Keyword]
    """Of all papers, by their slugs."""


def render_mail(
    edition: Edition,
    newsletter: Newsletter,
    *,
    language: str,
    intro: str,
    environment: Environment,
    keyword_pages: Container[str] | None = None,
) -> MailParts:
    """The parts of the edition's mail.

    `intro` is the operator's line (inline Markdown, may be empty); `keyword_pages` are the slugs
    that have a page (None: all). Raises RenderError where a template fails, ConfigError for an
    unknown language.
    """
    words = load_words(language)
    render = partial(
        render_template,
        environment,
        words,
        newsletter=newsletter,
        intro=intro,
        date=words.format_period(edition.kind, edition.period_end, edition.first_day),
        edition_url=newsletter.url(edition_path(edition.name)),
    )
    viewer = Viewer(words, newsletter.url, keyword_pages, KEYWORDS_ON_A_CARD, LONGEST_TITLE)
    views = [
        viewer.view_paper(published, edition.name, number)
        for number, published in enumerate(edition.papers, start=1)
    ]
    html_shell, html_cards = _render_html(render, views, _find_file(environment, "email/edition.html"))
    text_shell, text_cards = _render_text(render, views, _find_file(environment, "email/edition.txt"))
    cards = map(
        Card,
        map(make_html_fragment, map(encode_text, html_cards)),
        map(make_text_fragment, map(encode_text, text_cards)),
    )
    papers = {
        published.paper.identity: PaperParts(number, published, tuple(islice(cards, len(Rung))))
        for number, published in enumerate(edition.papers, start=1)
    }
    keywords = {keyword.slug: keyword for published in edition.papers for keyword in published.keywords}
    return MailParts(words, html_shell, text_shell, papers, keywords)


def _render_cards(render: _Render, views: Sequence[PaperView], ending: str) -> list[str]:
    return [
        render(
            f"email/card.{ending}", paper=view, rung=rung.name.lower(), passages=_select_passages(view, rung)
        )
        for view in views
        for rung in Rung
    ]


def _select_passages(view: PaperView, rung: Rung) -> Sequence[Passage]:
    if rung is Rung.FULL:
        return view.passages
    return [passage for passage in view.passages if rung is Rung.RESULTS and passage.name == "results"]


def _render_html(render: _Render, views: Sequence[PaperView], file: str) -> tuple[Shell, list[str]]:
    parts = [*_render_cards(render, views, "html"), render("email/more.html", more=blank(MORE_BLANK))]
    cards = Markup(MARKER + MARKER.join(parts) + MARKER)  # noqa: S704 (rendered with escaping on)
    page = inline_css(render("email/edition.html", cards=cards, **_SHELL_VALUES))
    head, *inlined, more, foot = _cut(page, len(parts) + 2, file)
    _check_unsubscribe(_FOREIGN_COMMENT.sub("", head + foot), file)
    lead, end, rest = head.partition("</head>")
    if not end or read_form(lead).names:
        return Shell(read_form(head), read_form(more), read_form(foot)), inlined
    begun = (make_html_fragment(encode_text(lead + end)),)
    return Shell(read_form(rest), read_form(more), read_form(foot), begun), inlined


def _render_text(render: _Render, views: Sequence[PaperView], file: str) -> tuple[Shell, list[str]]:
    """Cards are not escaped here and could forge a marker: they never pass through the shell."""
    page = render("email/edition.txt", cards=MARKER, **_SHELL_VALUES)
    head, foot = _cut(page, 2, file)
    _check_unsubscribe(head + foot, file)
    more = render("email/more.txt", more=blank(MORE_BLANK))
    shell = Shell(read_form(head), read_form(more), read_form(foot.lstrip("\n")))
    return shell, _render_cards(render, views, "txt")


def _find_file(environment: Environment, name: str) -> str:
    return find_template(environment, name).filename or name


def _cut(page: str, count: int, file: str) -> list[str]:
    """The page at its markers, `count` pieces of it."""
    pieces = page.split(MARKER)
    if len(pieces) != count:
        raise RenderError(
            f"{file} does not show the cards exactly once",
            template=file,
            fix="Write {{ cards }} in it once, between what comes before and after the papers.",
        )
    return pieces


def _check_unsubscribe(shell: str, file: str) -> None:
    """A mail without the link leaves its reader only the complaint (RFC 8058 is not everywhere)."""
    if not always_shows(read_form(shell), "UNSUBSCRIBE"):
        raise RenderError(
            f"{file} does not show every reader the unsubscribe link",
            template=file,
            fix="Write {{ unsubscribe }} in it, outside of comments and of what stands in when(…).",
        )
