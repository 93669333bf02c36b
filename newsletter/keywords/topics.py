"""Finds the topics of the vocabulary inside the keywords and titles of papers.

A spelling is found as a whole word: 在线强化学习 and `RL-based` belong to 强化学习, `URL` does not.

- Texts are compared in NFKC (UAX #15) without case. A Latin word ends at anything but a letter, a digit
  or a mark, and beside CJK: `基于LLM的` has the word LLM. CJK has no words: any place will do.
- Hyphens count for nothing (`multi-modal`, `multimodal`); a space only where the spelling has a space or
  a hyphen, and beside CJK. The last word may stand in the plural.
- A spelling of up to three Latin letters, one of them a capital, must be written just so or in capitals:
  `RAG` is a topic, `rag` is not, and its plural is `RAGs`: `VITS` and `RLS` are other words than ViT and RL.
- The longest spelling takes its characters, and with it what else stands there: 自监督学习 is not 监督学习.
  The words in a group's `not_in` take theirs in the same way and mean nothing.

How a text as a whole is resolved to a keyword is left to `vocabulary`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from newsletter.keywords.groups import Group

_CJK = (("\u2e80", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))
_HYPHENS = frozenset("-_·\u2010\u2011\u2012\u2013\u2212")
# Soft hyphens, joiners, zero-width spaces, enclosing marks: nobody sees a word end there.
_UNSEEN = frozenset({"Cf", "Me"})
# `C++` is a word, `SFT+RL` is two.
_JOINING_PLUS = re.compile(r"[+#]+(?=[A-Za-z0-9])")
_LATIN, _CHINESE, _STOPPED, _HYPHEN, _SPACE = range(5)
_LONGEST_IN_CAPITALS = 3


class TopicFinder:
    """Finds the topics of `groups`; immutable once made.

    Takes time in proportion to the text, times the number of different lengths of spellings.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        """Where two groups share a spelling, the first has it; broader labels of no group are ignored."""
        self._meanings: dict[str, _Meaning] = {}
        named = [(name, group.label) for group in groups for name in group.names]
        named += [(word, "") for group in groups for word in group.not_in]
        read = [_read_spelling(name, label) for name, label in named]
        for words, meaning in read:
            self._add(words[:1], meaning)
        # What somebody wrote down is no other group's plural: agents may be a topic beside agent.
        for words, meaning in read:
            self._add(words[1:], meaning)
        self._lengths = _list_lengths(self._meanings)
        self._broader = _close({group.label: group.broader for group in groups})
        # The keywords of papers come again every day.
        self._labels_in = lru_cache(maxsize=1 << 14)(self._read_labels)

    def find(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The labels of the topics in `texts`, each once, in the order of their first places.

        The broader topics of one, also indirectly, follow it.
        """
        return self.broaden(self.find_direct(texts))

    def broaden(self, labels: Iterable[str]) -> tuple[str, ...]:
        """The labels, each followed by its broader topics."""
        found: dict[str, None] = {}
        for label in labels:
            found.update(dict.fromkeys((label, *self._broader[label])))
        return tuple(found)

    def find_direct(self, texts: Iterable[str]) -> tuple[str, ...]:
        """As `find`, without those that are only broader than one that stands there."""
        return tuple({label: None for text in texts for label in self._labels_in(text)})

    def meant_by(self, text: str) -> str | None:
        """The label of the topic that `text` as a whole is a spelling of: `LLMs`, `Multi-Modal LLM`."""
        read = _Text(text)
        whole = read.inside
        return next((label for *place, label in self._places(read) if tuple(place) == whole), None) or None

    def _add(self, words: Iterable[str], meaning: _Meaning) -> None:
        for word in words:
            known = self._meanings.get(word)
            if known is None:
                self._meanings[word] = meaning
            elif known.label == meaning.label:
                capitals = known.capitals if meaning.capitals else ""
                self._meanings[word] = _Meaning(known.label, known.gaps | meaning.gaps, capitals)

    def _read_labels(self, text: str) -> tuple[str, ...]:
        """Those of the longest spellings, in the order of their places."""
        read = _Text(text)
        taken = bytearray(len(read.folded))
        chosen = []
        for start, end, label in sorted(self._places(read), key=lambda place: place[0] - place[1]):
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                chosen.append((start, label))
        return tuple(label for _, label in sorted(chosen) if label)

    def _places(self, read: _Text) -> Iterator[tuple[int, int, str]]:
        """Wherever a spelling or a word of a not_in stands: its start, its end and its label."""
        folded = read.folded
        for start in read.starts:
            pair, one = folded[start : start + 2], folded[start]
            for length in self._lengths.get(pair, self._lengths.get(one, ())):
                meaning = self._meanings.get(folded[start : start + length])
                if meaning is not None and read.fits(start, start + length, meaning):
                    yield start, start + length, meaning.label


class _Meaning(NamedTuple):
    """Of a spelling: its topic, "" for a word of a not_in; where it may be split; how it must be written."""

    label: str
    gaps: frozenset[int]
    capitals: str


class _Text:
    """A text without spaces and hyphens, and where they were.

    `folded` is what is compared and `written` the same with its case, character by character. `starts`
    and `ends` are those of words; each sign that can be in none stands for itself. `gaps` has the places
    that had a space or a hyphen before them, `spaces` those that had a space between Latin words.
    """

    __slots__ = ("ends", "folded", "gaps", "spaces", "starts", "written")

    def __init__(self, text: str) -> None:
        folded: list[str] = []
        written: list[str] = []
        starts: list[int] = []
        gaps, spaces = set(), set()
        before, gap = _STOPPED, _LATIN
        for char in _JOINING_PLUS.sub("/", unicodedata.normalize("NFKC", text)):
            kind, folds = _classify(char)
            if kind >= _HYPHEN:
                gap = max(gap, kind)
                continue
            if kind != _LATIN or before != _LATIN or gap != _LATIN:
                starts.append(len(folded))
                if gap != _LATIN:
                    gaps.add(len(folded))
                    if gap == _SPACE and kind == before == _LATIN:
                        spaces.add(len(folded))
                    gap = _LATIN
            before = kind
            folded.extend(folds)
            written.extend(char if len(folds) == 1 else folds)
        self.folded = "".join(folded)
        self.written = "".join(written)
        self.starts = starts
        self.ends = {*starts, len(folded)}
        self.gaps = gaps
        self.spaces = spaces

    @property
    def inside(self) -> tuple[int, int]:
        """Where the first word begins and the last one ends; an empty range without words."""
        words = [place for place in self.starts if _classify(self.folded[place])[0] != _STOPPED]
        if not words:
            return 0, 0
        return words[0], min(place for place in self.ends if place > words[-1])

    def fits(self, start: int, end: int, meaning: _Meaning) -> bool:
        """Whether what stands from `start` to `end` is a whole word, split and written as it may be."""
        if end not in self.ends:
            return False
        capitals = meaning.capitals
        if capitals:
            written = self.written[start:end]
            # The plural has a small letter: `ViTs` and `VITs` have ViT, `VITS` is something else.
            if not written.startswith((capitals, capitals.upper())) or written[len(capitals) :].isupper():
                return False
        return not self.spaces or all(
            place - start in meaning.gaps for place in range(start + 1, end) if place in self.spaces
        )


@lru_cache(maxsize=1 << 14)
def _classify(char: str) -> tuple[int, str]:
    """The kind of a character and what it is compared as."""
    category = unicodedata.category(char)
    if char.isspace():
        return _SPACE, ""
    if char in _HYPHENS or category in _UNSEEN or "\ufe00" <= char <= "\ufe0f":
        return _HYPHEN, ""
    if any(first <= char <= last for first, last in _CJK) and category[0] in "LN":
        return _CHINESE, char.casefold()
    if category[0] in "LNM" or char in "+#":
        return _LATIN, char.casefold()
    return _STOPPED, char


def _list_lengths(words: Iterable[str]) -> dict[str, Sequence[int]]:
    """How long, the longest first, the words are that begin with a pair of characters, or with one.

    One character is looked up where no word begins with the pair.
    """
    lengths: dict[str, set[int]] = {}
    for word in words:
        lengths.setdefault(word[:2], set()).add(len(word))
    for pair, found in lengths.items():
        if pair[0] in lengths:
            found.add(1)
    return {pair: sorted(found, reverse=True) for pair, found in lengths.items()}


def _read_spelling(name: str, label: str) -> tuple[tuple[str, ...], _Meaning]:
    """A spelling as it is compared, then in the plural, and what it means; nothing where it has no word."""
    read = _Text(name)
    start, end = read.inside
    written, gaps = read.written[start:end], frozenset(place - start for place in read.gaps)
    short = len(written) <= _LONGEST_IN_CAPITALS and written.isascii() and written.lower() != written
    return _plurals(read.folded[start:end]), _Meaning(label, gaps, written if short else "")


def _plurals(word: str) -> tuple[str, ...]:
    """A squeezed spelling as it is and in the plural, where English would make one."""
    if not "a" <= word[-1:] <= "z":
        return (word,) if word else ()
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word, word + "es"
    if word[-1] == "y" and word[-2:-1] not in {*"aeiou"}:
        return word, word[:-1] + "ies"
    return word, word + "s"


def _close(broader: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Label → all that is broader, the nearest first; circles are walked once."""
    closed = {}
    for label in broader:
        found: dict[str, None] = {}
        pending = [*broader[label]]
        while pending:
            following = pending
            pending = []
            for each in following:
                if each in broader and each not in found and each != label:
                    found[each] = None
                    pending.extend(broader[each])
        closed[label] = tuple(found)
    return closed
