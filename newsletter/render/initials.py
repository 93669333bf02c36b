"""The list of all keywords: the frequent ones first, then every one under its initial.

The initial is that of the slug, which writes Chinese in pinyin: so 强化学习 is found under Q.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from newsletter.model import Keyword, keyword_path
from newsletter.render.views import Link, flatten
from newsletter.render.words import Words

FREQUENT = 24
"""About as many keywords as a glance takes in."""

Count = tuple[Keyword, int]
"""A keyword, and how many papers have it."""


@dataclass(frozen=True, slots=True)
class KeywordCount:
    """A keyword with the number of its papers; `aliases` are more words to find it by."""

    label: str
    aliases: str
    url: str
    count: str


@dataclass(frozen=True, slots=True)
class Initial:
    """The keywords under one letter, or under `0–9`."""

    name: str
    anchor: str
    keywords: tuple[KeywordCount, ...]


def list_frequent(counts: Sequence[Count], words: Words, link: Link) -> tuple[KeywordCount, ...]:
    """The keywords of most papers, of those with more than one."""
    ranked = sorted(counts, key=lambda count: (-count[1], count[0].slug))
    frequent = (count for count in ranked[:FREQUENT] if count[1] > 1)
    return tuple(_view(count, words.format_number, link) for count in frequent)


def list_initials(counts: Sequence[Count], words: Words, link: Link) -> tuple[Initial, ...]:
    """All keywords, alphabetically by slug."""
    ordered = sorted(counts, key=lambda count: count[0].slug)
    write = cache(words.format_number)  # nearly all are 1, and Babel takes its time
    return tuple(
        Initial(name, f"initial-{name[0].lower()}", tuple(_view(count, write, link) for count in members))
        for name, members in groupby(ordered, key=lambda count: _name_initial(count[0].slug))
    )


def _name_initial(slug: str) -> str:
    return slug[0].upper() if slug[0].isalpha() else "0–9"


def _view(count: Count, write: Callable[[int], str], link: Link) -> KeywordCount:
    keyword, papers = count
    return KeywordCount(
        label=flatten(keyword.label),
        aliases=flatten(" ".join(keyword.aliases)),
        url=link(keyword_path(keyword.slug)),
        count=write(papers),
    )
