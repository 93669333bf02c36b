"""From the parts of a mail to a body: first for a choice of papers, then for one reader.

`lay_out` costs the more and is done once a choice; `fill_blanks` only fills what is left of head
and foot. Cards are the same fragments in every body. Which papers make a choice and in which order,
and the cache of layouts, are left to `delivery/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import chain
from typing import NamedTuple, Protocol

from newsletter.errors import RenderError
from newsletter.model import Blanks, Fragment, Keyword
from newsletter.render.budget import BUDGET, Rung, choose_rungs
from newsletter.render.forms import (
    KEYWORD_LIST,
    MORE_BLANK,
    PERSONAL_BLANKS,
    Form,
    Jump,
    Values,
    fill,
)
from newsletter.render.fragments import (
    ENCODED_LINE,
    count_lines,
    encode_text,
    make_html_fragment,
    make_text_fragment,
)
from newsletter.render.highlights import rank_slugs
from newsletter.render.mail import MailParts, PaperParts
from newsletter.render.text import shorten, wrap_lines, wrap_list
from newsletter.render.views import flatten

_PREHEADER_COLUMNS = 110
_PREHEADER_TITLES = 3
_KEYWORDS_SHOWN = 8
_LABEL_COLUMNS = 100


class _Make(Protocol):
    """Makes a fragment of a stretch of one of the two bodies."""

    def __call__(self, body: bytes, /, *, last: bool = False) -> Fragment: ...


@dataclass(frozen=True, slots=True)
class PersonalLinks:
    """What differs from reader to reader: an address and absolute URLs.

    `preferences` and `feed` may be empty: the words around them are left out.
    """

    unsubscribe: str
    address: str
    preferences: str = ""
    feed: str = ""

    @property
    def values(self) -> Blanks:
        """By the name of their blank."""
        return {
            "UNSUBSCRIBE": self.unsubscribe,
            "PREFERENCES": self.preferences,
            "FEED": self.feed,
            "ADDRESS": self.address,
        }


class OpenBody(NamedTuple):
    """A body but for what is personal: a head without personal blanks is done, the foot is open."""

    lead: tuple[Fragment, ...]
    head: Fragment | Form
    cards: tuple[Fragment, ...]
    foot: Form


class Layout(NamedTuple):
    """The mail of a choice. `rungs` are those of the papers shown; `left_out` are only counted; `keywords`
    are those of all, ranked."""

    html: OpenBody
    text: OpenBody
    rungs: tuple[Rung, ...]
    left_out: int
    keywords: tuple[Keyword, ...]


class Body(NamedTuple):
    """The two bodies of a mail; all fragments but the last are a multiple of 57 bytes long."""

    html: tuple[Fragment, ...]
    text: tuple[Fragment, ...]


def lay_out(parts: MailParts, identities: Sequence[str], *, budget: int = BUDGET) -> Layout:
    """The mail of the papers with these identities, in rank order, under `budget` bytes of base64."""
    papers = [parts.papers[identity] for identity in identities]
    slugs = list(chain.from_iterable([paper.slugs for paper in papers]))
    ranked = rank_slugs(slugs)
    values, escaped = _choice_values(parts, papers, slugs, ranked[:_KEYWORDS_SHOWN])
    html, text = parts.html, parts.text
    html_head = _open_head(html.head, escaped, make_html_fragment)
    text_head = _open_head(text.head, values, _make_text)
    html_foot, text_foot = fill(html.foot, escaped), fill(text.foot, values)
    rungs = choose_rungs(
        [paper.costs for paper in papers],
        _measure_room(html.lead, html_head, html_foot, budget),
        _measure_more(html.more, parts.words.count_more(len(papers))),
    )
    left_out = len(papers) - len(rungs)
    sentence = parts.words.count_more(left_out) if left_out else ""
    cards = [paper.cards[rung] for paper, rung in zip(papers, rungs, strict=False)]
    return Layout(
        html=OpenBody(
            html.lead,
            html_head,
            (*[card.html for card in cards], *_make_more(html.more, sentence, make_html_fragment)),
            html_foot,
        ),
        text=OpenBody(
            text.lead,
            text_head,
            (*[card.text for card in cards], *_make_more(text.more, sentence, _make_text)),
            text_foot,
        ),
        rungs=tuple(rungs),
        left_out=left_out,
        keywords=tuple(map(parts.keywords.__getitem__, ranked)),
    )


def check_blanks(blanks: Blanks) -> None:
    """Raises RenderError for a personal value longer than the room kept for it."""
    for name, value in blanks.items():
        room = PERSONAL_BLANKS[name]
        # Six bytes are what an escaped quotation mark takes, and no character takes more.
        if 6 * len(value) > room and len(escape(value).encode()) > room:
            raise RenderError(f"{name.lower()} exceeds the {room} bytes a mail keeps for it")


def fill_blanks(layout: Layout, blanks: Blanks) -> Body:
    """The bodies with personal values that are known to fit."""
    values = {name: encode_text(value) for name, value in blanks.items()}
    escaped = {name: encode_text(escape(value)) for name, value in blanks.items()}
    return Body(
        html=_finish(layout.html, escaped, make_html_fragment),
        text=_finish(layout.text, values, _make_text),
    )


def _make_text(body: bytes, /, *, last: bool = False) -> Fragment:
    """Only here is it known how long a sentence with an address in it is."""
    return make_text_fragment(wrap_lines(body), last=last)


def _choice_values(
    parts: MailParts, papers: Sequence[PaperParts], slugs: Sequence[str], shown: Sequence[str]
) -> tuple[Values, Values]:
    """The values of a choice, as they are and escaped; `slugs` are those of all its papers in turn."""
    anchors = list(chain.from_iterable([paper.anchors for paper in papers]))
    # From each keyword to the first of the papers that has it.
    jumps = [_make_jump(anchors[slugs.index(slug)], parts.keywords[slug].label) for slug in shown]
    listed = wrap_list([jump.label for jump in jumps], parts.words.comma)
    count = parts.words.count_papers(len(papers))
    preheader = _join_titles(tuple([each.published.paper.title for each in papers[:_PREHEADER_TITLES]]))
    texts = {
        "COUNT": _encode_remembered(count),
        "PREHEADER": _encode_remembered(preheader),
        "KEYWORDS": _encode(listed),
    }
    return (
        {name: plain for name, (plain, _) in texts.items()} | {KEYWORD_LIST: [jump.plain for jump in jumps]},
        {name: escaped for name, (_, escaped) in texts.items()}
        | {KEYWORD_LIST: [jump.escaped for jump in jumps]},
    )


def _encode(text: str) -> tuple[bytes, bytes]:
    """As it is, and escaped."""
    return encode_text(text), encode_text(escape(text))


_encode_remembered = lru_cache(maxsize=1 << 12)(_encode)


class _Shown(NamedTuple):
    """A keyword of the list."""

    label: str
    plain: Jump
    escaped: Jump


@lru_cache(maxsize=1 << 12)  # the same ones come again for every choice
def _make_jump(anchor: str, label: str) -> _Shown:
    label = shorten(flatten(label), _LABEL_COLUMNS)
    plain, escaped = ((anchor, label), (escape(anchor), escape(label)))
    return _Shown(label, Jump(*map(encode_text, plain)), Jump(*map(encode_text, escaped)))


@lru_cache(maxsize=1 << 12)
def _join_titles(titles: tuple[str, ...]) -> str:
    return shorten(" · ".join(map(flatten, titles)), _PREHEADER_COLUMNS)


def _measure_room(lead: Sequence[Fragment], head: Fragment | Form, foot: Form, budget: int) -> int:
    """The lines that are left for cards, however long the personal values turn out."""
    sizes = [len(head.data) if isinstance(head, Fragment) else head.longest, foot.longest]
    sizes += [len(each.data) for each in lead]
    return (budget - 1) // ENCODED_LINE - sum(map(count_lines, sizes))


@lru_cache(maxsize=1 << 10)
def _measure_more(form: Form, sentence: str) -> int:
    return count_lines(len(make_html_fragment(form.fill_all({MORE_BLANK: encode_text(sentence)})).data))


def _make_more(form: Form, sentence: str, make: _Make) -> tuple[Fragment, ...]:
    return (make(form.fill_all({MORE_BLANK: encode_text(sentence)})),) if sentence else ()


def _open_head(head: Form, values: Values, make: _Make) -> Fragment | Form:
    """Without personal blanks it is done."""
    return fill(head, values) if head.is_personal else make(head.fill_all(values))


def _finish(body: OpenBody, values: Values, make: _Make) -> tuple[Fragment, ...]:
    head = body.head if isinstance(body.head, Fragment) else make(body.head.fill_all(values))
    return (*body.lead, head, *body.cards, make(body.foot.fill_all(values), last=True))
