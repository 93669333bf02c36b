"""Which keywords may be one, written in two ways: pairs for a person to consider, the likeliest first.

It compares letters, not meanings, so that it never finds synonyms (`LLM`, 大语言模型): those are for
keywords.toml. Merging is left to `store/`, the decision to the operator.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from newsletter.keywords.groups import squeeze

_LEAST = 85
_GRAM = 2
_RAREST = 4
_MOST_BESIDE = 100
_DIGITS = re.compile(r"\d+")
_ASCII = re.compile(r"[a-z]+")
# One more or less of these makes another topic: 无监督学习, 三维重建, decoder, offline.
_TELLING = (
    *"无非不半自弱反逆去大小长短多单双零少内外前后上下显隐正负强一二三四五六七八九十百",
    *("在线", "离线", "动态", "静态", "全局", "局部", "输入", "输出", "编码", "解码"),
    *("un", "non", "semi", "self", "weak", "strong", "anti", "de", "online", "offline", "multi", "single"),
    *("few", "zero", "one", "two", "three", "pre", "post", "intra", "inter", "cross", "im", "ex", "over"),
    *("under", "large", "small", "short", "long", "static", "dynamic", "local", "global", "image", "video"),
    *("audio", "text", "speech", "input", "output", "low", "high", "macro", "micro", "homo", "hetero"),
)


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two labels that may be one keyword: `old` with fewer papers than `new`; `score` is at most 100."""

    old: str
    new: str
    score: float


def find_near_duplicates(
    labels: Sequence[str],
    counts: Sequence[int] = (),
    *,
    recent: Collection[str] | None = None,
    settled: Collection[str] = (),
    limit: int = 50,
) -> tuple[NearDuplicate, ...]:
    """At most `limit` pairs of `labels` that differ little, the closest first, then those of most papers.

    `counts` are the papers of each label, `recent` the labels to compare with all; without it all are
    compared with all. Two that are both `settled` are known to be different. Labels are compared without
    case, spaces and hyphens; a pair is told from 85 of 100 on, where 100 less the share of letters to insert
    or delete is what counts (rapidfuzz's `ratio`). 大语言模型 and 大型语言模型 have 91.

    Left out is what looks alike and is not: other numbers (GPT-3, GPT-4; 2D, 3D), another negation or
    opposite (监督学习, 无监督学习; online, offline), and a longer name that begins or ends with a
    shorter one (多模态大模型, 多模态大模型推理), except in an English ending. Two labels are only compared
    when they share one of their four rarest pairs of letters, and of a pair that more than 100 labels have
    only the neighbours in order: time and memory grow with the number of labels, and a few pairs are missed.
    """
    forms = [squeeze(label) for label in labels]
    papers = [*counts, *[0] * (len(labels) - len(counts))]
    asked = range(len(labels))
    if recent is not None:
        wanted = {squeeze(label) for label in recent}
        asked_of = [number for number in asked if forms[number] in wanted]
    else:
        asked_of = list(asked)
    different = frozenset(settled)
    known = {number for number, label in enumerate(labels) if label in different}
    best = heapq.nsmallest(
        limit,
        (pair for pair in _find_pairs(forms, asked_of) if not known.issuperset(pair[:2])),
        key=lambda pair: (-pair[2], -papers[pair[0]] - papers[pair[1]], labels[pair[0]], labels[pair[1]]),
    )
    return tuple(_order(labels, papers, one, other, score) for one, other, score in best)


def _order(labels: Sequence[str], papers: Sequence[int], one: int, other: int, score: float) -> NearDuplicate:
    old, new = sorted((one, other), key=lambda number: (papers[number], -number))
    return NearDuplicate(labels[old], labels[new], score)


def _find_pairs(forms: Sequence[str], asked: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Each pair once, the lower number first, with its score."""
    rarest, beside = _index(forms)
    asking = set(asked)
    for one in asked:
        candidates: dict[int, str] = {}
        for gram in rarest[one]:
            numbers = beside[gram]
            if len(numbers) > _MOST_BESIDE:
                place = bisect_left(numbers, forms[one], key=forms.__getitem__)
                numbers = numbers[max(0, place - _MOST_BESIDE // 2) : place + _MOST_BESIDE // 2]
            candidates.update((other, forms[other]) for other in numbers)
        # A pair of two that are asked for is told by the lower.
        found = {other: form for other, form in candidates.items() if other > one or other not in asking}
        found.pop(one, None)
        matches = process.extract(forms[one], found, scorer=fuzz.ratio, score_cutoff=_LEAST, limit=None)
        for form, score, other in matches:
            if _may_be_one(forms[one], form):
                yield min(one, other), max(one, other), score


def _index(forms: Sequence[str]) -> tuple[list[list[str]], Mapping[str, list[int]]]:
    """The rarest grams of each form, and in order of the forms the numbers of those that have a gram."""
    common = Counter(gram for form in forms for gram in _grams(form))
    rarest = [heapq.nsmallest(_RAREST, _grams(form), key=lambda gram: (common[gram], gram)) for form in forms]
    beside: defaultdict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(forms)), key=forms.__getitem__):
        for gram in rarest[number]:
            beside[gram].append(number)
    return rarest, beside


def _grams(form: str) -> set[str]:
    return {form[start : start + _GRAM] for start in range(max(1, len(form) - _GRAM + 1))}


def _may_be_one(one: str, other: str) -> bool:
    """Whether two forms that differ little may mean the same."""
    if _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    if any(one.count(word) != other.count(word) for word in _TELLING):
        return False
    short, long = sorted((one, other), key=len)
    if long.startswith(short):
        return _is_ending(long[len(short) :])
    return not long.endswith(short)


def _is_ending(rest: str) -> bool:
    return not rest or (len(rest) <= 3 and _ASCII.fullmatch(rest) is not None)
