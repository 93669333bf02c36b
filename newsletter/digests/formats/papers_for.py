"""The format `papers-for`: `# Papers for DATE`, then `## 0.[Title](URL)` and `summary:…` a paper.

This file finds the headings and what stands below each. A heading is read by `paper_heading`, a
summary by `digests.summary`. Text above the first paper belongs to none and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from newsletter.digests.dates import find_date
from newsletter.digests.formats.paper_heading import read_heading
from newsletter.digests.formats.reading import FoundPaper, Reading
from newsletter.digests.links import find_arxiv_id
from newsletter.digests.summary import read_summary
from newsletter.errors import DigestError
from newsletter.model import Paper, Problem

_DATE_HEADING = r"#(?!#)[ \t]*papers[ \t]+for\b"
_HEADING = re.compile(
    rf"^ {{0,3}}(?:(?P<date>{_DATE_HEADING}.*)|##(?!#)(?P<paper>.*))$", re.IGNORECASE | re.MULTILINE
)
_CLAIM = re.compile(
    rf"^ {{0,3}}(?:{_DATE_HEADING}|##(?!#)[ \t]*\d+[ \t]*[.．、][ \t]*[\[［])", re.IGNORECASE | re.MULTILINE
)
_SUMMARY_LABEL = re.compile(r"^[ \t]*summary[ \t]*[:：]", re.IGNORECASE | re.MULTILINE)


# Far beyond any digest; what is larger is another kind of file, or an attack.
_MOST_HEADINGS = 20_000
_LONGEST_SUMMARY = 100_000


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading, its line, and the text down to the next one; `paper` is None for a date's."""

    line: int
    date: str | None
    paper: str | None
    body: str


class PapersFor:
    """A Markdown file with one heading for the date and one for each paper."""

    name = "papers-for"

    def sniff(self, text: str) -> bool:
        return _CLAIM.search(text) is not None

    def parse(self, text: str) -> Reading:
        papers: list[FoundPaper] = []
        problems: list[Problem] = []
        day: date | None = None
        for block in _blocks(text):
            if block.paper is None:
                day = _read_date(block, day, problems)
            elif paper := _read_paper(block, problems):
                papers.append(FoundPaper(block.line, paper))
        return Reading(day, tuple(papers), tuple(problems))


def _blocks(text: str) -> Iterator[_Block]:
    line, counted = 1, 0
    heading = _HEADING.search(text)
    for _ in range(_MOST_HEADINGS):
        if not heading:
            return
        following = _HEADING.search(text, heading.end())
        line += text.count("\n", counted, heading.start())
        counted = heading.start()
        body = text[heading.end() : following.start() if following else len(text)]
        yield _Block(line, heading["date"], heading["paper"], body)
        heading = following
    raise DigestError(f"more than {_MOST_HEADINGS:,} headings", line=line, fix="is this a digest?")


def _read_date(block: _Block, earlier: date | None, problems: list[Problem]) -> date | None:
    written = block.date or ""
    try:
        day = find_date(written)
    except ValueError as error:
        message = f"no digest can have the date in “{written.strip()}”"
        raise DigestError(message, line=block.line, fix="write it as 2025-09-24") from error
    if earlier:
        problems.append(Problem("a digest has one date; this second heading is not read", block.line))
    elif not day:
        problems.append(Problem("this heading gives no date such as 2025-09-24", block.line))
    return earlier or day


def _read_paper(block: _Block, problems: list[Problem]) -> Paper | None:
    try:
        title, url = read_heading(block.paper or "")
    except ValueError as error:
        problems.append(Problem(f"{error}; left out", block.line, lost_paper=True))
        return None
    text = _summary_text(block, problems)
    is_too_long = len(text) > _LONGEST_SUMMARY
    summary = read_summary("" if is_too_long else text)
    if not summary.text:
        trouble = f"is longer than {_LONGEST_SUMMARY:,} characters" if is_too_long else "is missing"
        problems.append(Problem(f"the summary of this paper {trouble}", block.line))
    return Paper(
        title=title,
        url=url,
        summary=summary.text,
        sections=summary.sections,
        arxiv_id=find_arxiv_id(url),
        keywords=summary.keywords,
    )


def _summary_text(block: _Block, problems: list[Problem]) -> str:
    """What stands behind `summary:`, or the whole body where an author left the label away."""
    label = _SUMMARY_LABEL.search(block.body)
    if not label:
        return block.body
    if block.body[: label.start()].strip():
        problems.append(Problem("the text between this heading and “summary:” is not read", block.line))
    return block.body[label.end() :]
