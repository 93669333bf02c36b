"""When two spellings are the same keyword: the normal form, and the abbreviation in brackets."""

from __future__ import annotations

import re
import unicodedata

_CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_SPACE_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_END_PUNCTUATION = " \t.,;:!?。，、；：！？…·\"'“”‘’《》「」"
# Full-width brackets are half-width after NFKC, but what is written keeps its own.
_ABBREVIATION = re.compile(r"^(?P<label>.+?)\s*[(（]\s*(?P<alias>[A-Za-z][A-Za-z0-9+./\- ]{0,19})\s*[)）]$")


def normal_form(text: str) -> str:
    """`text` as it is compared: NFKC (UAX #15), case folded, one space inside Latin text and none
    beside CJK, no punctuation at the ends. Empty where nothing is left."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    # Folding may undo the normalisation, so it is done once more.
    folded = unicodedata.normalize("NFKC", _SPACE_BESIDE_CJK.sub("", folded))
    return folded.strip(_END_PUNCTUATION) or folded


def split_abbreviation(written: str) -> tuple[str, str]:
    """`合成自举预训练 (SBP)` → (`合成自举预训练`, `SBP`); without a bracket the alias is empty."""
    match = _ABBREVIATION.match(written.strip())
    if match is None or not normal_form(match["label"]):
        return written.strip(), ""
    return match["label"].strip(), match["alias"].strip()
