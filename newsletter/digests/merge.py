"""Makes one digest of those that several sources have of one date: pure.

A paper that several have stands once, where the first of them has it, in the words of the richer record:
the one with more marked sections, else more keywords, else the longer summary, else the earlier source.
What that one leaves empty (authors, keywords …) comes from the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from newsletter.model import Digest, Paper, join_sources, split_sources

_FILLED = tuple(each.name for each in dataclasses.fields(Paper) if each.default is not dataclasses.MISSING)
"""What a record may lack. Its text is never mixed: sections of one and a summary of another contradict."""


def merge_digests(digests: Sequence[Digest]) -> Digest:
    """The digest of all; `digests` have one date, are at least one, and come in the order of their sources.

    Its source and format name all, and each problem its source.
    """
    distinct = list(dict.fromkeys(digests))
    first = distinct[0]
    if len(distinct) == 1:
        return first
    return Digest(
        first.date,
        join_sources(name for digest in distinct for name in split_sources(digest.format)),
        join_sources(name for digest in distinct for name in digest.sources),
        merge_papers(paper for digest in distinct for paper in digest.papers),
        tuple(
            dataclasses.replace(problem, message=f"{digest.source}: {problem.message}")
            for digest in distinct
            for problem in digest.problems
        ),
    )


def merge_papers(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Each paper once, in the order of their first records."""
    records: dict[str, list[Paper]] = {}
    for paper in papers:
        records.setdefault(paper.identity, []).append(paper)
    return tuple(map(_merge_records, records.values()))


def _merge_records(records: list[Paper]) -> Paper:
    richest = max(records, key=_measure)  # of equal ones the first
    lacking = {name for name in _FILLED if not getattr(richest, name)}
    found = {
        name: next((value for each in records if (value := getattr(each, name))), None) for name in lacking
    }
    return dataclasses.replace(richest, **{name: value for name, value in found.items() if value})


def _measure(paper: Paper) -> tuple[int, int, int]:
    sections = paper.sections
    marked = (sections.problem, sections.method, sections.results, sections.implications)
    return sum(map(bool, marked)), len(paper.keywords), len(paper.summary)
