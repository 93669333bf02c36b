"""Reads one summary: its keywords, its whole text, its sections.

The order is: cut at the section labels (`sections`), take the keyword list off the part behind its
label, or off the head (`keyword_list`), join what is left. How a digest holds its summaries is for
the formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

from newsletter.digests.keyword_list import KeywordList, read_bold_list, read_labelled_list
from newsletter.digests.sections import KEYWORDS, KEYWORDS_LABEL, UNMARKED, Part, split_sections
from newsletter.digests.sentences import first_sentence
from newsletter.model import Sections

# 关键词：a, b and **关键词：a, b**. A label alone in its bold run is found by `sections`.
_LABEL_IN_LINE = re.compile(
    rf"\s*(?:(?P<bold>\*\*)(?:{KEYWORDS_LABEL})[ \t]*[:：][ \t]*+(?!\*\*)|(?:{KEYWORDS_LABEL})[ \t]*[:：])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a summary says: `text` and `sections` in inline Markdown, without keyword list and labels."""

    keywords: tuple[str, ...]
    text: str
    sections: Sections


def read_summary(text: str) -> Summary:
    """The summary in `text`, which may run over several lines and paragraphs."""
    keywords: list[str] = []
    prose: list[Part] = []
    for part in _cut(text):
        found = _take_keywords(part, is_head=not prose)
        keywords += found.keywords
        prose.append(Part(part.label, " ".join(found.rest.split())))
    whole = _join(part.text for part in prose)
    marked = {
        field.name: _join(part.text for part in prose if part.label == field.name)
        for field in fields(Sections)
    }
    marked["one_line"] = marked["one_line"] or first_sentence(whole)
    return Summary(tuple(dict.fromkeys(keywords)), whole, Sections(**marked))


def _cut(text: str) -> list[Part]:
    label = _LABEL_IN_LINE.match(text)
    if not label:
        return split_sections(text)
    return split_sections((label["bold"] or "") + text[label.end() :], first=KEYWORDS)


def _take_keywords(part: Part, *, is_head: bool) -> KeywordList:
    if part.label == KEYWORDS:
        return read_labelled_list(part.text)
    if part.label == UNMARKED and is_head:
        return read_bold_list(part.text)
    return KeywordList((), part.text)


def _join(texts: Iterable[str]) -> str:
    return " ".join(filter(None, texts))
