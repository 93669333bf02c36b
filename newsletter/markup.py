"""Inline Markdown → safe HTML and → plain text: what feed, page and mail all show.

Summaries are Markdown of one paragraph: strong, emphasis, code, links, lists kept as written.
Raw HTML in them is text, never markup. Block structure and templates are left to `render/`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_cjk_friendly import cjk_friendly

_SAFE_TAGS = {"strong", "em", "code", "a", "br", "s"}
_SAFE_ATTRIBUTES = {"a": {"href", "title"}}

# What XML 1.0 §2.2 forbids (one of them loses a whole feed), the rest of the C1 controls, and the
# noncharacters, which strict HTML parsers refuse.
_PLANES = range(0x10000, 0x110000, 0x10000)
_PLANE_ENDS = "".join(chr(plane + end) for plane in _PLANES for end in (0xFFFE, 0xFFFF))
_FORBIDDEN = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff{_PLANE_ENDS}]"
)

# Every character that an inline rule of CommonMark, or strikethrough, may begin with.
_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_~[]!<&"})
# The end of a formula is no price ("$5 to $10"). Neither part runs over a second mark of its kind, so
# that a text full of them takes linear time.
_FORMULA = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)[^`]+(?P=ticks)(?!`))"
    r"|(?<![\\$])(?P<sign>\$\$?)(?=[^\s$])[^$`]*(?<=\S)(?P=sign)(?![\d$])"
)


def clean_text(text: str) -> str:
    """`text` without the characters no XML, header or reader can carry."""
    return _FORBIDDEN.sub("", text)


def escape_markdown(text: str) -> str:
    """Plain text as inline Markdown that shows as this very text, runs of white space aside."""
    return text.translate(_ESCAPES)


def escape_maths(text: str) -> str:
    """Inline Markdown whose formulas (`$x_i * y$`) show as they are written; code is left alone."""
    return _FORMULA.sub(lambda match: match["code"] or escape_markdown(match[0]), text)


@lru_cache(maxsize=2048)  # page and feeds show the same passages, one after the other
def to_html(text: str) -> str:
    """Inline Markdown as sanitised HTML, escaped exactly once."""
    html = _markdown().renderer.render(_parse(text), _markdown().options, {})
    return nh3.clean(
        html,
        tags=_SAFE_TAGS,
        attributes=_SAFE_ATTRIBUTES,
        url_schemes={"http", "https"},
        url_relative="deny",  # dead in a mail and in a feed
    )


@lru_cache(maxsize=2048)
def to_plain(text: str) -> str:
    """Inline Markdown as plain text: no markup, no entities, single spaces."""
    [root] = _parse(text)
    return re.sub(r"\s+", " ", "".join(map(_plain_token, root.children or []))).strip()


def _plain_token(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    if token.type == "image":
        return "".join(map(_plain_token, token.children or []))
    return token.content


@lru_cache(maxsize=64)  # an entry shows its first sentence as both
def _parse(text: str) -> Sequence[Token]:
    return _markdown().parseInline(clean_text(text), {})


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    # CommonMark leaves `**73.5%**的` alone, because the closing run is not right-flanking next to
    # CJK text; the plugin mends that rule.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").use(cjk_friendly)
    markdown.inline.ruler.at("text", _skip_text)
    markdown.inline.ruler2.at("fragments_join", _join_texts)
    return markdown


_PLAIN_RUN = re.compile(r"[^\n!#$%&*+\-:<=>@\[\\\]^_`{}~]+")
# Where no address follows any more, for the library looks for the end of a link's text twenty levels deep.
_UNLINKED_RUN = re.compile(r"[^\n#$%&*+\-:<=>@\\^_`{}~]+")


def _skip_text(state: StateInline, silent: bool) -> bool:
    """markdown-it-py's own rule, which looks at one character after the other in Python, as a search."""
    may_link = state.pos < _find_last_address(state.src)
    run = (_PLAIN_RUN if may_link else _UNLINKED_RUN).match(state.src, state.pos, state.posMax)
    if run is None:
        return False
    if not silent:
        state.pending += run[0]
    state.pos = run.end()
    return True


@lru_cache(maxsize=64)
def _find_last_address(text: str) -> int:
    """Where the text of the last link or image that there can be ends; -1: nowhere. None has a reference."""
    return text.rfind("](")


def _join_texts(state: StateInline) -> None:
    """markdown-it-py's own rule, which copies what it has joined for every further text, in linear time."""
    level = 0
    joined: list[Token] = []
    run: list[str] = []
    for token, following in zip_longest(state.tokens, state.tokens[1:]):
        level -= token.nesting < 0
        token.level = level
        level += token.nesting > 0
        is_text = token.type == "text"
        if is_text:
            run.append(token.content)
        if is_text and following and following.type == "text":
            continue
        if run:
            token.content = "".join(run)
            run = []
        joined.append(token)
    state.tokens[:] = joined
