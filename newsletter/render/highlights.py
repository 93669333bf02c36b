"""What a selection of papers is about, in few words: its keywords of the day and its subject.

Which papers are selected, and the header's encoding, are left to `delivery/`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from newsletter.errors import RenderError
from newsletter.model import Edition, Keyword, Newsletter, PublishedPaper
from newsletter.render.text import measure
from newsletter.render.views import flatten
from newsletter.render.words import Words

SUBJECT_COLUMNS = 60
"""About what a mail client shows of a subject on a desktop; phones show half of it."""


def rank_keywords(papers: Iterable[PublishedPaper]) -> list[Keyword]:
    """The keywords of the papers, the most frequent first, otherwise in order of appearance."""
    every = [keyword for paper in papers for keyword in paper.keywords]
    slugs = [keyword.slug for keyword in every]
    keywords = dict(zip(slugs, every, strict=True))
    return [keywords[slug] for slug in rank_slugs(slugs)]


def rank_slugs(slugs: Iterable[str]) -> list[str]:
    """Each once, the most frequent first, otherwise in order of appearance."""
    uses = Counter(slugs)
    return sorted(uses, key=uses.__getitem__, reverse=True)


def make_subject(
    pattern: str,
    newsletter: Newsletter,
    edition: Edition,
    *,
    count: int,
    keywords: Sequence[Keyword],
    words: Words,
) -> str:
    """The subject of a mail with `count` papers, on one line and without control characters.

    `keywords` are theirs as `rank_keywords` gives them; as many go in as keep it within SUBJECT_COLUMNS.
    Raises RenderError for a pattern that names anything but {title}, {date}, {count} and {keywords}.
    """
    facts = {"title": newsletter.title, "date": edition.name, "count": words.count_papers(count)}
    room = SUBJECT_COLUMNS - measure(_fill_pattern(pattern, facts | {"keywords": ""}))
    subject = _fill_pattern(pattern, facts | {"keywords": _join_fitting(keywords, room, words)})
    return flatten(subject).strip(" ·|-:")


def _fill_pattern(pattern: str, facts: dict[str, str]) -> str:
    try:
        return pattern.format_map(facts)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise RenderError(
            f"the subject {pattern!r} cannot be filled in: {error}",
            fix="[mail] subject knows {title}, {date}, {count} and {keywords}; a brace itself is {{.",
        ) from error


def _join_fitting(keywords: Sequence[Keyword], columns: int, words: Words) -> str:
    """The labels of the first that fit into `columns`, with an ellipsis where some are left out."""
    labels: list[str] = []
    fitting, used, comma = 0, 0, measure(words.comma)
    for keyword in keywords:
        label, taken = _measure_label(keyword.label)
        used += taken + (comma if labels else 0)
        labels.append(label)
        if used > columns:
            break
        if len(labels) == len(keywords) or used + _AND_MORE_COLUMNS <= columns:
            fitting = len(labels)
    return words.join(labels[:fitting]) + (_AND_MORE if 0 < fitting < len(keywords) else "")


@lru_cache(maxsize=1 << 12)  # the same ones come again for every choice
def _measure_label(label: str) -> tuple[str, int]:
    """The label on one line, and its columns."""
    line = flatten(label)
    return line, measure(line)


_AND_MORE = " …"
_AND_MORE_COLUMNS = measure(_AND_MORE)
