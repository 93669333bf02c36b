"""When two spellings are the same keyword: the normal form, and the abbreviation in brackets."""

from __future__ import annotations

import re
import unicodedata

_CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_SPACE_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_END_PUNCTUATION = " \t.,;:!?。，、；：！？…·\"'“”‘’《》「」"
# Full-width brackets are half-width after NFKC, but what is written keeps its own.
_BRACKET = re.compile(r"[(（]\s*(?P<inside>[A-Za-z][A-Za-z0-9+./\- ]{0,18}[A-Za-z])\s*[)）]")
_ANY_CJK = re.compile(f"[{_CJK}]")
# What `f(XY)` and `GPT-4(HD)` have before the bracket belongs to it.
_WORD_BEFORE = re.compile(rf"(?:\s|[{_CJK}]|[A-Za-z]{{3}})$")
_LONGEST = 200


def normal_form(text: str) -> str:
    """`text` as it is compared: NFKC (UAX #15), case folded, one space inside Latin text and none
    beside CJK, no punctuation at the ends, unless there is nothing else."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    # Folding may undo the normalisation, so it is done once more.
    folded = unicodedata.normalize("NFKC", _SPACE_BESIDE_CJK.sub("", folded))
    return folded.strip(_END_PUNCTUATION) or folded


def split_abbreviation(written: str) -> tuple[str, str]:
    """The keyword without abbreviations in brackets, and the alias that it teaches, if any.

    `合成自举预训练 (SBP)` → (`合成自举预训练`, `SBP`); `高斯过程(GP)核` → (`高斯过程核`, ``): in the
    middle GP stands for some of the words before it, and nobody can say for which. At the end it stands
    for all of them, unless there are more brackets, or English words that begin otherwise: `online
    reinforcement learning (RL)`. What is no abbreviation stays (`f(x)`, `GPT-4(V)`, `C(++)`,
    `方法（改进）`, `模型 (v2)`), and so does a text of more than 200 characters.
    """
    label = written.strip()
    aliases = []
    while len(label) <= _LONGEST and (bracket := _find_abbreviation(label)) is not None:
        inside, before, after = bracket["inside"], label[: bracket.start()].rstrip(), label[bracket.end() :]
        aliases.append("" if after or not _may_mean(inside, before) else inside)
        glue = " " if before[-1].isascii() and after[:1].isascii() and after[:1].isalnum() else ""
        label = f"{before}{glue}{after}".strip()
    return label, aliases[0] if len(aliases) == 1 else ""


def _find_abbreviation(label: str) -> re.Match[str] | None:
    """The last bracket that abbreviates words before it, or translates or spells them out at the end."""
    for bracket in reversed(list(_BRACKET.finditer(label))):
        before, inside = label[: bracket.start()], bracket["inside"]
        if not normal_form(before) or not _WORD_BEFORE.search(before):
            continue
        at_end = bracket.end() == len(label)
        short = " " not in inside and _has_capitals(inside)
        if _ANY_CJK.search(before):
            if short or at_end:
                return bracket
        elif (short and _shortens(inside, before)) or (at_end and _is_initials(before.strip(), inside)):
            return bracket
    return None


def _may_mean(inside: str, before: str) -> bool:
    """Whether an abbreviation can stand for all of the words before it; in Chinese nobody can tell."""
    return _ANY_CJK.search(before) is not None or normal_form(inside)[0] == normal_form(before)[0]


def _has_capitals(text: str) -> bool:
    return sum(letter.isupper() for letter in text) >= 2


def _is_initials(short: str, long: str) -> bool:
    return _has_capitals(short) and short[0].casefold() == long[0].casefold() and _shortens(short, long)


def _shortens(short: str, long: str) -> bool:
    """Whether the letters of `short` stand in `long` in their order."""
    letters = iter(long.casefold())
    return all(letter in letters for letter in short.casefold() if letter.isalnum())
