"""Cuts a summary at its roman numerals: `i) … ii) … iii) … iv) … v) …`.

What is marked by words instead is for `sections`.
"""

from __future__ import annotations

import re
from dataclasses import fields

from newsletter.digests.sentences import SENTENCE_MARKS, first_sentence
from newsletter.model import Sections

_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_BEHIND_SENTENCE = rf"[{SENTENCE_MARKS}][\"'”’)\]*]*\s+"
_MARKS = [
    re.compile(
        (_BEHIND_SENTENCE if index else r"^\s*")
        + rf"(?P<mark>(?:\*\*\(?{numeral}\)\*\*|\(?{numeral}\))[ \t]*[:：]?)\s"
    )
    for index, numeral in enumerate(_NUMERALS)
]


def read_numbered_summary(text: str) -> tuple[str, Sections]:
    """The summary in `text` as one paragraph of inline Markdown without its numerals, and its sections.

    A numeral marks a section where a sentence begins and all before it stand in order, from `i)` at
    the very beginning. What goes on beyond `v)` belongs to the last section.
    """
    text = " ".join(text.split())
    parts = _cut(text)
    whole = " ".join(filter(None, parts))
    if len(parts) == 1:
        return whole, Sections(first_sentence(whole))
    names = [field.name for field in fields(Sections)]
    *first, last = names
    marked = dict(zip(first, parts, strict=False)) | {last: " ".join(parts[len(first) :])}
    marked["one_line"] = marked["one_line"] or first_sentence(whole)
    return whole, Sections(**marked)


def _cut(text: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for mark in _MARKS:
        match = mark.search(text, start)
        if not match:
            break
        if start:
            parts.append(text[start : match.start("mark")].strip())
        start = match.end("mark")
    return [*parts, text[start:].strip()]
