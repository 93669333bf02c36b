"""What a selection of papers is about, in few words: its keywords of the day and its subject.

Which papers are selected, and the header's encoding, are left to `delivery/`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from newsletter.errors import RenderError
from newsletter.model import Edition, Keyword, Newsletter, PublishedPaper
from newsletter.render.text import measure
from newsletter.render.views import flatten
from newsletter.render.words import Words

SUBJECT_COLUMNS = 60
"""About what a mail client shows of a subject on a desktop; phones show half of it."""


def rank_keywords(papers: Iterable[PublishedPaper]) -> list[Keyword]:
    """The keywords of the papers, the most frequent first, otherwise in order of appearance."""
    keywords: dict[str, Keyword] = {}
    uses: Counter[str] = Counter()
    for paper in papers:
        for keyword in paper.keywords:
            keywords[keyword.slug] = keyword
            uses[keyword.slug] += 1
    return [keywords[slug] for slug, _ in uses.most_common()]


def make_subject(
    pattern: str, newsletter: Newsletter, edition: Edition, papers: Sequence[PublishedPaper], words: Words
) -> str:
    """The subject of a mail with these papers, on one line and without control characters.

    As many keywords go in as keep it within SUBJECT_COLUMNS. Raises RenderError for a pattern that
    names anything but {title}, {date}, {count} and {keywords}.
    """
    facts = {"title": newsletter.title, "date": edition.name, "count": words.count_papers(len(papers))}
    room = SUBJECT_COLUMNS - measure(_fill_pattern(pattern, facts | {"keywords": ""}))
    labels = [flatten(keyword.label) for keyword in rank_keywords(papers)]
    subject = _fill_pattern(pattern, facts | {"keywords": _join_fitting(labels, room, words)})
    return flatten(subject).strip(" ·|-:")


def _fill_pattern(pattern: str, facts: dict[str, str]) -> str:
    try:
        return pattern.format_map(facts)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise RenderError(
            f"the subject {pattern!r} cannot be filled in: {error}",
            fix="[mail] subject knows {title}, {date}, {count} and {keywords}; a brace itself is {{.",
        ) from error


def _join_fitting(labels: Sequence[str], columns: int, words: Words) -> str:
    """The first labels that fit into `columns`, with an ellipsis where some are left out."""
    for count in range(len(labels), 0, -1):
        joined = words.join(labels[:count]) + (" …" if count < len(labels) else "")
        if measure(joined) <= columns:
            return joined
    return ""
