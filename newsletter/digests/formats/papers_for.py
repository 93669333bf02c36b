"""The format `papers-for`: `# Papers for DATE`, then `## 0.[Title](URL)` and `summary:…` a paper.

This file finds the headings and what stands below each. A heading is read by `paper_heading`, a
summary by `digests.summary`. Text above the first paper belongs to none and is left out.
"""

from __future__ import annotations

import re
from datetime import date

from newsletter.digests.formats.blocks import Block, cut_blocks
from newsletter.digests.formats.marks import PAPERS_FOR, find_marked_format
from newsletter.digests.formats.paper_heading import read_heading
from newsletter.digests.formats.reading import (
    FoundPaper,
    Reading,
    check_summary,
    read_day,
    within_limit,
)
from newsletter.digests.links import find_arxiv_id
from newsletter.digests.summary import read_summary
from newsletter.model import Paper, Problem

_DATE_HEADING = r"#(?!#)[ \t]*papers[ \t]+for\b"
_HEADING = re.compile(
    rf"^ {{0,3}}(?:(?P<date>{_DATE_HEADING}.*)|##(?!#)(?P<paper>.*))$", re.IGNORECASE | re.MULTILINE
)
_SUMMARY_LABEL = re.compile(r"^[ \t]*summary[ \t]*[:：]", re.IGNORECASE | re.MULTILINE)


class PapersFor:
    """A Markdown file with one heading for the date and one for each paper."""

    name = PAPERS_FOR

    def sniff(self, text: str) -> bool:
        return find_marked_format(text) == self.name

    def parse(self, text: str) -> Reading:
        papers: list[FoundPaper] = []
        problems: list[Problem] = []
        day: date | None = None
        for block in cut_blocks(text, _HEADING):
            if block.heading["paper"] is None:
                day = read_day(block.heading["date"], block.line, day, problems)
            elif paper := _read_paper(block, problems):
                papers.append(FoundPaper(block.line, paper))
        return Reading(day, tuple(papers), tuple(problems))


def _read_paper(block: Block, problems: list[Problem]) -> Paper | None:
    try:
        title, url = read_heading(block.heading["paper"])
    except ValueError as error:
        problems.append(Problem(f"{error}; left out", block.line, lost_paper=True))
        return None
    text = _summary_text(block, problems)
    summary = read_summary(within_limit(text))
    check_summary(text, summary.text, block.line, problems)
    return Paper(
        title=title,
        url=url,
        summary=summary.text,
        sections=summary.sections,
        arxiv_id=find_arxiv_id(url),
        keywords=summary.keywords,
    )


def _summary_text(block: Block, problems: list[Problem]) -> str:
    """What stands behind `summary:`, or the whole body where an author left the label away."""
    label = _SUMMARY_LABEL.search(block.body)
    if not label:
        return block.body
    if block.body[: label.start()].strip():
        problems.append(Problem("the text between this heading and “summary:” is not read", block.line))
    return block.body[label.end() :]
