"""Finds the first sentence of a summary in Chinese or a Latin script, Markdown intact.

What is done with it is for `summary`.
"""

from __future__ import annotations

import re

SENTENCE_MARKS = "。！？.!?"

# A Latin mark ends a sentence only before white space, and not before a small letter: 3.1 and
# example.org go on. No match begins within a run of marks, or long runs would cost quadratic time.
_END = re.compile(r"(?:[。！？]+|(?<![.!?])[.!?]++(?=[\s\"”’)*]|$)(?!\s[a-z]))[\"”’」』）)]*")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(（])(?:e\.g|i\.e|vs|al|cf|ca|approx|resp|figs?|eqs?|secs?|dr|prof)$", re.IGNORECASE
)
_LIST_NUMBER = re.compile(r"(?:^|[:：;；。.!?]\s*)\d{1,2}$")
_LOOK_BACK = 16


def first_sentence(text: str) -> str:
    """The first sentence of `text` in inline Markdown, or all of it where none ends.

    A sentence never ends within bold words or code, nor after "e.g.", "et al." or a list's "1.".
    """
    stars = ticks = position = 0
    for match in _END.finditer(text):
        if _goes_on(text, match.start()):
            continue
        end = match.end()
        stars += text.count("**", position, end)
        ticks += text.count("`", position, end)
        position = end
        if stars % 2 and text.startswith("**", end):
            return text[: end + 2].strip()
        if stars % 2 == ticks % 2 == 0:
            return text[:end].strip()
    return text.strip()


def _goes_on(text: str, mark: int) -> bool:
    if text[mark] != ".":
        return False
    before = text[max(0, mark - _LOOK_BACK) : mark]
    return bool(_ABBREVIATION.search(before) or _LIST_NUMBER.search(before))
