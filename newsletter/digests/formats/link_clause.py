"""Finds the clause that follows a title in its cell: "(Read more on [arXiv](…) or [HuggingFace](…))".

The words differ, brackets may be missing, one link may be. Which link is the paper's is for
`digests.links`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.digests.written_links import WrittenLink, find_links

_LABEL = re.compile(
    r"\W*(?:(?:read|see|view|full|more|the|on|at|official|project|original)\s+)*"
    r"(?:ar\s?xiv|hugging\s?face|hf|alphaxiv|papers?|pdf|html|abs(?:tract)?|links?|more|here|url|source|text"
    r"|page|website|github|code)(?:\s+(?:papers?|page|link|pdf))?\W*",
    re.IGNORECASE,
)
_SITE = re.compile(r"https?://(?:[\w-]+\.)?(?:arxiv\.org|huggingface\.co|hf\.co)/", re.IGNORECASE)
# What may stand between a title and its first link: words within an open bracket, or a phrase.
_OPENING = re.compile(r"\s*[(（\[][^()（）\[\]|]{0,60}$")
_WORDS = (
    r"(?:read|see|view|find|available|check|full|more|also|text|papers?|links?|out|it|on|at|in|via|from"
    r"|the|here)"
)
_PHRASE = re.compile(
    rf"(?:[\s.,;·•|–—-]|<br\s?/?>)*(?<!\w)(?:read|see|view|find|available|check|more|full|links?|papers?:)"
    rf"(?:(?:\s+{_WORDS})+|(?=\s*[:：]))\s*[:：]?\s*$",
    re.IGNORECASE,
)
_DASH = re.compile(r"(?:[\s,;·•|–—-]|<br\s?/?>)+$", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:[\s,;|/&+·•]|\b(?:or|and|on|via|at)\b)*", re.IGNORECASE)
_CLOSING = re.compile(r"[\s.]*[)）\]]*")
_LONGEST_OPENING = 120


@dataclass(frozen=True, slots=True)
class LinkClause:
    """Where a clause stands, and its links in order."""

    start: int
    end: int
    links: tuple[WrittenLink, ...]


def find_clause(text: str) -> LinkClause | None:
    """The first clause of links in `text`; None where no link of it is a way to read a paper.

    An address alone counts only where it leads to papers, or nothing else is there.
    """
    links = list(find_links(text))
    for is_sure in (True, False):
        for index, first in enumerate(links):
            if _is_way(first) if is_sure else not first.label:
                found = list(_joined(text, links[index:]))
                closing = _CLOSING.match(text, found[-1].end)
                end = closing.end() if closing else found[-1].end
                return LinkClause(_start_of(text, first.start), end, tuple(found))
    return None


def is_links_only(text: str) -> bool:
    """Whether `text` holds links and nothing but what joins them."""
    position, count = 0, 0
    for link in find_links(text):
        if not _BETWEEN.fullmatch(text, position, link.start):
            return False
        position, count = link.end, count + 1
    return count > 0 and _BETWEEN.fullmatch(text, position) is not None


def _is_way(link: WrittenLink) -> bool:
    return _LABEL.fullmatch(link.label) is not None if link.label else bool(_SITE.match(link.url))


def _joined(text: str, links: list[WrittenLink]) -> Iterator[WrittenLink]:
    """The first of `links`, and those that only a word or a mark parts from the one before."""
    end = links[0].start
    for link in links:
        if not _BETWEEN.fullmatch(text, end, link.start):
            return
        yield link
        end = link.end


def _start_of(text: str, link: int) -> int:
    """Where the words begin that lead to the link at `link`."""
    floor = max(0, link - _LONGEST_OPENING)
    before = text[floor:link]
    opening = _OPENING.search(before) or _PHRASE.search(before) or _DASH.search(before)
    return floor + opening.start() if opening else link
