"""From the parts of a mail to a body: first for a choice of papers, then for one reader.

`lay_out` costs the more and is done once a choice; `personalise` only fills what is left of head
and foot. Cards are the same fragments in every body. Which papers make a choice and in which order,
and the cache of layouts, are left to `delivery/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from newsletter.errors import RenderError
from newsletter.model import Fragment
from newsletter.render.budget import BUDGET, Rung, choose_rungs
from newsletter.render.forms import (
    KEYWORD_LIST,
    MORE_BLANK,
    PERSONAL_BLANKS,
    Form,
    Values,
    fill_all,
    is_filled,
    measure_longest,
)
from newsletter.render.fragments import ENCODED_LINE, count_lines, make_html_fragment, make_text_fragment
from newsletter.render.highlights import rank_keywords
from newsletter.render.mail import MailParts, PaperParts, Shell
from newsletter.render.text import shorten, wrap, wrap_lines
from newsletter.render.views import flatten
from newsletter.render.words import Words

_PREHEADER_COLUMNS = 110
_PREHEADER_TITLES = 3
_KEYWORDS_SHOWN = 8


class _Make(Protocol):
    """Makes a fragment of a stretch of one of the two bodies."""

    def __call__(self, body: str, /, *, last: bool = False) -> Fragment: ...


@dataclass(frozen=True, slots=True)
class PersonalLinks:
    """What differs from reader to reader: an address and absolute URLs.

    `preferences` and `feed` may be empty: the words around them are left out.
    """

    unsubscribe: str
    address: str
    preferences: str = ""
    feed: str = ""


@dataclass(frozen=True, slots=True)
class OpenBody:
    """A body but for what is personal: a head without personal blanks is done, the foot is open."""

    head: Fragment | Form
    cards: tuple[Fragment, ...]
    foot: Form


@dataclass(frozen=True, slots=True)
class Layout:
    """The mail of a choice. `rungs` are those of the papers shown; `left_out` are only counted."""

    html: OpenBody
    text: OpenBody
    rungs: tuple[Rung, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Body:
    """The two bodies of a mail; all fragments but the last are a multiple of 57 bytes long."""

    html: tuple[Fragment, ...]
    text: tuple[Fragment, ...]


def lay_out(parts: MailParts, identities: Sequence[str], *, budget: int = BUDGET) -> Layout:
    """The mail of the papers with these identities, in rank order, under `budget` bytes of base64."""
    papers = [parts.papers[identity] for identity in identities]
    values = _choice_values(papers, parts.words)
    html, text = parts.html.fill(_escape(values)), parts.text.fill(values)
    more = _make_more(html, len(papers), parts.words, make_html_fragment)
    rungs = choose_rungs(
        [paper.costs for paper in papers], _measure_room(html, budget), count_lines(len(more.data))
    )
    left_out = len(papers) - len(rungs)
    cards = [paper.cards[rung] for paper, rung in zip(papers, rungs, strict=False)]
    return Layout(
        html=_open_body(html, [card.html for card in cards], left_out, parts.words, make_html_fragment),
        text=_open_body(text, [card.text for card in cards], left_out, parts.words, _make_text),
        rungs=tuple(rungs),
        left_out=left_out,
    )


def personalise(layout: Layout, links: PersonalLinks) -> Body:
    """The bodies for one reader. Raises RenderError for a value longer than the room kept for it."""
    values = {
        "UNSUBSCRIBE": links.unsubscribe,
        "PREFERENCES": links.preferences,
        "FEED": links.feed,
        "ADDRESS": links.address,
    }
    escaped = {name: escape(value) for name, value in values.items()}
    for name, value in escaped.items():
        if len(value.encode()) > PERSONAL_BLANKS[name]:
            raise RenderError(f"{name.lower()} exceeds the {PERSONAL_BLANKS[name]} bytes a mail keeps for it")
    return Body(
        html=_finish(layout.html, escaped, make_html_fragment),
        text=_finish(layout.text, values, _make_text),
    )


def _make_text(body: str, /, *, last: bool = False) -> Fragment:
    """Only here is it known how long a sentence with an address in it is."""
    return make_text_fragment(wrap_lines(body), last=last)


def _choice_values(papers: Sequence[PaperParts], words: Words) -> Values:
    keywords = rank_keywords(paper.published for paper in papers)[:_KEYWORDS_SHOWN]
    first_with = {
        keyword.slug: paper.number for paper in reversed(papers) for keyword in paper.published.keywords
    }
    labels = {keyword.slug: flatten(keyword.label) for keyword in keywords}
    titles = (flatten(paper.published.paper.title) for paper in papers[:_PREHEADER_TITLES])
    return {
        "COUNT": words.count_papers(len(papers)),
        "PREHEADER": shorten(" · ".join(titles), _PREHEADER_COLUMNS),
        "KEYWORDS": wrap(words.join(labels.values())),
        KEYWORD_LIST: [{"ANCHOR": f"p{first_with[slug]}", "LABEL": label} for slug, label in labels.items()],
    }


def _escape(values: Values) -> Values:
    return {
        name: escape(value)
        if isinstance(value, str)
        else [{own: escape(text) for own, text in member.items()} for member in value]
        for name, value in values.items()
    }


def _measure_room(html: Shell, budget: int) -> int:
    """The lines that are left for cards, however long the personal values turn out."""
    taken = (count_lines(measure_longest(form)) for form in (html.head, html.foot))
    return (budget - 1) // ENCODED_LINE - sum(taken)


def _make_more(shell: Shell, count: int, words: Words, make: _Make) -> Fragment:
    return make(fill_all(shell.more, {MORE_BLANK: words.count_more(count)}))


def _open_body(shell: Shell, cards: Sequence[Fragment], left_out: int, words: Words, make: _Make) -> OpenBody:
    return OpenBody(
        head=make(fill_all(shell.head, {})) if is_filled(shell.head) else shell.head,
        cards=(*cards, _make_more(shell, left_out, words, make)) if left_out else tuple(cards),
        foot=shell.foot,
    )


def _finish(body: OpenBody, values: Mapping[str, str], make: _Make) -> tuple[Fragment, ...]:
    head = body.head if isinstance(body.head, Fragment) else make(fill_all(body.head, values))
    return (head, *body.cards, make(fill_all(body.foot, values), last=True))
