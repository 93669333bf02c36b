"""The form of a subscriber's preferences: what stands in its fields, and what that means. Pure."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from urllib.parse import parse_qs

from newsletter.keywords import normal_form
from newsletter.model import EditionKind, Preferences
from newsletter.render.views import flatten

FIELDS = frozenset({"keywords", "frequency", "limit", "language"})
"""The names of the fields, and of the preferences they speak of."""
_OPTIONAL = frozenset({"frequency"})
"""Pages that were open, and templates of an operator's own, may be older than the field."""
_FREQUENCIES = {kind.value: kind for kind in EditionKind}
MOST_KEYWORDS = 100
LONGEST_KEYWORD = 100
HIGHEST_LIMIT = 1000

# A separator within brackets is part of its keyword, as in a digest: 大模型（LLM，VLM）.
_KEYWORD = re.compile(r"(?:[(（\[【][^)）\]】]{0,99}[)）\]】]|[^;；,，、])+")


@dataclass(frozen=True, slots=True)
class PreferenceForm:
    """The fields as they stand or were typed: keywords a line each, or between `;`, `,` and `、`.

    Of a `frequency` that is empty it says nothing.
    """

    keywords: str
    limit: str
    language: str
    frequency: str = ""

    @property
    def named(self) -> frozenset[str]:
        """The preferences it speaks of."""
        return FIELDS if self.frequency else FIELDS - _OPTIONAL


@dataclass(frozen=True, slots=True)
class Reading:
    """What a form means, or the names of the fields that cannot be meant."""

    preferences: Preferences
    problems: frozenset[str]


def fill_form(preferences: Preferences, *, language: str) -> PreferenceForm:
    """The form that shows what is stored; `language` is the one in use."""
    return PreferenceForm(
        keywords="\n".join(preferences.keywords or ()),
        limit="" if preferences.limit is None else str(preferences.limit),
        language=language,
        frequency=preferences.frequency.value,
    )


def parse_form(body: bytes) -> PreferenceForm | None:
    """The fields of an urlencoded body; None where it is not this form, whole.

    An empty body is not a form with empty fields: a mail program's one-click that went astray must
    not choose all papers.
    """
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=len(FIELDS))
    except ValueError:
        return None
    if not FIELDS - _OPTIONAL <= fields.keys() <= FIELDS:
        return None
    return PreferenceForm(**{name: values[0] for name, values in fields.items()})


def read_form(form: PreferenceForm, *, languages: Container[str], newsletter_language: str) -> Reading:
    """No keywords: all papers. The newsletter's own language is kept as none, so that it follows."""
    keywords = split_keywords(form.keywords)
    limit = form.limit.strip()
    right = {
        "keywords": len(keywords) <= MOST_KEYWORDS and all(len(each) <= LONGEST_KEYWORD for each in keywords),
        "frequency": not form.frequency or form.frequency in _FREQUENCIES,
        "limit": not limit or _is_limit(limit),
        "language": form.language in languages,
    }
    problems = frozenset(name for name, is_right in right.items() if not is_right)
    preferences = Preferences(
        keywords=keywords or None,
        frequency=_FREQUENCIES.get(form.frequency, EditionKind.DAILY),
        language="" if form.language == newsletter_language else form.language,
        limit=int(limit) if limit and "limit" not in problems else None,
    )
    return Reading(preferences, problems)


def split_keywords(text: str) -> tuple[str, ...]:
    """Each keyword once, in its first spelling."""
    found = (flatten(each) for line in text.splitlines() for each in _KEYWORD.findall(line))
    keywords: dict[str, str] = {}
    for each in found:
        if normal := normal_form(each):
            keywords.setdefault(normal, each)
    return tuple(keywords.values())


def _is_limit(text: str) -> bool:
    """Also in the full-width digits that Chinese keyboards write."""
    return text.isdecimal() and len(text) <= len(str(HIGHEST_LIMIT)) and 1 <= int(text) <= HIGHEST_LIMIT
