"""Reads the keyword list at the head of a summary, and says where the prose begins.

Authors write it in many shapes: each word bold; one bold run; behind a label, bold or plain; ended
by two spaces, by one space before prose, by a full stop, by a line's end. Labels are found by
`sections`; spellings are unified by `newsletter.keywords`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from newsletter.digests.sentences import SENTENCE_MARKS
from newsletter.markup import to_plain

_LONGEST = 64  # characters of a keyword
_MOST = 100  # keywords of a list; what goes on longer is none

_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_SEPARATORS = ",，、;；"
_OPEN, _CLOSE = r"(（\[【{《", r")）\]】}》"
_INNER_BRACKETS = rf"[{_OPEN}][^{_OPEN}{_CLOSE}\n]{{0,64}}[{_CLOSE}]"
_BRACKETS = rf"[{_OPEN}](?:[^{_OPEN}{_CLOSE}\n]|{_INNER_BRACKETS}){{0,64}}[{_CLOSE}]"

_SEPARATOR = re.compile(rf"\s*[{_SEPARATORS}]\s*")
_WHITE = re.compile(r"\s*")
_BETWEEN = re.compile(rf"{_BRACKETS}|(?P<separator>[{_SEPARATORS}])")
_BOLD = re.compile(r"\*\*(?!\s|\*\*)(.+?)\*\*", re.DOTALL)

# One space stays within a plain keyword unless prose begins behind it: Chinese after Chinese, a
# quotation, or a word that opens sentences.
_OPENERS = (
    r"[《“「【]|本[文研论工项]|该|我们|论文|这|为|针对|随着"
    r"|(?:This|These|We|Our|The|Here|In this|To address)\s"
)
_SPACE = rf"(?:(?<![{_CJK}）)]) | (?![{_CJK}]))(?!\s|$|\*\*|{_OPENERS})"
_PLAIN = re.compile(
    rf"(?:{_BRACKETS}|[^{_SEPARATORS}\s*.!?。！？]|[.!?](?!\s|$)|\*(?!\*)|{_SPACE}){{1,{_LONGEST}}}"
)
# How an item shows prose in it: many words behind a space next to Chinese (低比特率 SCAN是一种…,
# BAKER 提出…), or an English verb.
_GAP = re.compile(rf"(?:(?<=[{_CJK}）)]) (?![(（])| (?=[{_CJK}]))(?=.{{6}})")
_VERB = re.compile(r" (?:is|are|was|were|has|have|can|that|which|presents|proposes|introduces)\b")
_BEHIND_LIST = re.compile(rf"^[\s{_SEPARATORS}]*(?:。|\.(?=\s|$))?\s*")
_RUNS_ON = re.compile(r"\s*(?:(?:and|or|is|are|was|were|has|have|with)\b|[和及等是的])")


@dataclass(frozen=True, slots=True)
class KeywordList:
    """The keywords as written, without markup, and the text behind their list."""

    keywords: tuple[str, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class _Item:
    """One bold run or one plain keyword, and where it stands."""

    words: str
    start: int
    end: int
    is_bold: bool


def read_labelled_list(text: str) -> KeywordList:
    """The list that `text`, which stood behind a keyword label, begins with: bold, plain or mixed."""
    items = list(islice(_items(text, plain=True), _MOST))
    if items and not items[-1].is_bold:
        items = _without_prose(text, items)
    return _keyword_list(text, items)


def read_bold_list(text: str) -> KeywordList:
    """The bold list that `text` begins with, without any label; no keywords where it is prose.

    One bold word alone is prose, and so are bold words that a sentence runs on from.
    """
    items = list(islice(_items(text, plain=False), _MOST))
    found = _keyword_list(text, items)
    if len(found.keywords) < 2:
        return KeywordList((), text)
    end = items[-1].end
    is_closed = re.match(r"\s|。|$", text[end : end + 1])
    if not is_closed or _SEPARATOR.match(text, end) or _RUNS_ON.match(text, end):
        return KeywordList((), text)
    return found


def _items(text: str, *, plain: bool) -> Iterator[_Item]:
    position = len(text) - len(text.lstrip())
    while match := _BOLD.match(text, position) or (_PLAIN.match(text, position) if plain else None):
        is_bold = match.re is _BOLD
        words = match[1] if is_bold else match[0]
        if is_bold and not _is_list(words):
            return
        yield _Item(words, match.start(), match.end(), is_bold)
        separator = _SEPARATOR.match(text, match.end())
        if not separator and words[-1] in _SEPARATORS:
            separator = _WHITE.match(text, match.end())
        if not separator:
            return
        position = separator.end()


def _is_list(words: str) -> bool:
    if len(words) > _LONGEST * _MOST or re.search("[。！？]", words):
        return False
    return all(len(word) <= _LONGEST for word in _split(words))


def _without_prose(text: str, items: list[_Item]) -> list[_Item]:
    """The items before the sentence that a list ended by one space runs into."""
    end = items[-1].end
    mark, behind = text[end : end + 1], text[end + 1 :]
    is_sentence_end = mark in SENTENCE_MARKS
    if not mark or mark.isspace() or mark in f"*{_SEPARATORS}" or (is_sentence_end and not behind.strip()):
        return items
    for index, item in enumerate(items):
        if gap := _GAP.search(item.words):
            keyword = replace(item, words=item.words[: gap.start()], end=item.start + gap.start())
            return [*items[:index], keyword]
        if _VERB.search(item.words):
            return items[:index]
    return items if is_sentence_end else items[:-1]


def _keyword_list(text: str, items: Iterable[_Item]) -> KeywordList:
    end = 0
    keywords: list[str] = []
    for item in items:
        end = item.end
        keywords += filter(None, map(to_plain, _split(item.words)))
    return KeywordList(tuple(keywords), _BEHIND_LIST.sub("", text[end:], count=1))


def _split(words: str) -> list[str]:
    """The keywords in `words`; a separator within brackets is part of its keyword."""
    cuts = [match.span() for match in _BETWEEN.finditer(words) if match["separator"]]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(words)]
    return [words[start:end].strip() for start, end in zip(starts, ends, strict=True)]
