"""Cuts a summary at its bold section labels (`**关键方法**：`), in Chinese and English.

A bold run that is no label stays in the text. What stands behind the keyword label is read by
`keyword_list`; the parts are put together by `summary`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.digests.sentences import SENTENCE_MARKS

KEYWORDS = "keywords"
UNMARKED = ""

_MAIN = "(?:主要|核心|关键)?"
_MAIN_EN = "(?:(?:main|key|core|primary|principal|central) )?"
_AIM = "(?:问题|目标|目的)"
_AIM_EN = "(?:problem|question|objective|goal)s?"
_FINDING = "(?:成果|结果|发现)"

KEYWORDS_LABEL = rf"{_MAIN}关键[词字]|{_MAIN_EN}key ?words?"

# What each field of `model.Sections` is called, and the keyword list; all in lower case.
_LABELS = {
    KEYWORDS: KEYWORDS_LABEL,
    "one_line": "一句话(?:核心)?(?:总结|摘要|概述|概括)|one[- ](?:sentence|line)(?: core)? summary|tl;?dr",
    "problem": rf"{_MAIN}(?:研究)?{_AIM}(?:[或与和及/](?:研究)?{_AIM})?"
    rf"|{_MAIN_EN}(?:research )?{_AIM_EN}(?: (?:or|and) {_AIM_EN})?",
    "method": rf"{_MAIN}(?:研究|技术)?方法论?|{_MAIN_EN}(?:methods?|methodology|approach)",
    "results": rf"{_MAIN}(?:研究|实验)?{_FINDING}(?:[与和]{_FINDING})?|{_MAIN_EN}(?:results?|findings?)",
    "implications": rf"(?:对 ?ai ?从业者的)?{_MAIN}启示"
    rf"|{_MAIN_EN}(?:implications?|takeaways?)(?: for (?:ai )?practitioners)?",
}
_ANY_LABEL = "|".join(rf"(?P<{name}>{pattern})" for name, pattern in _LABELS.items())
_LABEL = re.compile(
    rf"\*\*(?![*\s])(?:{_ANY_LABEL})(?P<inner>[ \t]*[:：])?\*\*[ \t]*(?P<outer>[:：])?", re.IGNORECASE
)
_LOOK_BACK = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a summary and what it is marked as: a field of `model.Sections`, KEYWORDS or UNMARKED."""

    label: str
    text: str


def split_sections(text: str, *, first: str = UNMARKED) -> list[Part]:
    """The parts of `text` in order, labels left out; the first is marked `first` and may be empty."""
    parts: list[Part] = []
    label, start = first, 0
    for match in _LABEL.finditer(text):
        if _opens_part(text, match, after_keywords=label == KEYWORDS):
            parts.append(Part(label, text[start : match.start()]))
            label, start = next(name for name in _LABELS if match[name]), match.end()
    return [*parts, Part(label, text[start:])]


def _opens_part(text: str, label: re.Match[str], *, after_keywords: bool) -> bool:
    """Whether a label stands where a part begins, and is not a word of prose made bold.

    A keyword list ends without a full stop: behind it or bold words, one space is enough.
    """
    before = text[max(0, label.start() - _LOOK_BACK) : label.start()]
    words = before.rstrip()
    gap = before[len(words) :]
    if not words or words[-1] in SENTENCE_MARKS:
        return True
    is_marked = bool(label["inner"] or label["outer"]) or after_keywords or words.endswith("**")
    return "\n" in gap or len(gap) > 1 or (bool(gap) and is_marked)
