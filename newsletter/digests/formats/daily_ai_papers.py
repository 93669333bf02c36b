"""The format `daily-ai-papers`: a heading with the date, and tables of papers with named columns.

    ## Papers for 2025-09-24
    | Title | Authors | Summary |
    |---|---|---|
    | A title (Read more on [arXiv](…) or [HuggingFace](…)) | A, B | i) … ii) … |

Rows are found by `table_rows`, cells by `table_cells`; here is what a cell says. There are no
keywords in this format.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import date

from newsletter.digests.formats.link_clause import find_clause
from newsletter.digests.formats.marks import DAILY_AI_PAPERS, find_marked_format
from newsletter.digests.formats.reading import (
    LONGEST_NAME,
    LONGEST_TITLE,
    FoundPaper,
    Reading,
    check_count,
    check_summary,
    read_day,
    within_limit,
)
from newsletter.digests.formats.table_cells import split_row
from newsletter.digests.formats.table_header import AUTHORS, LINK, OTHER, SUMMARY, TITLE
from newsletter.digests.formats.table_rows import Row, find_rows
from newsletter.digests.links import choose_link, is_usable_url
from newsletter.digests.numerals import read_numbered_summary
from newsletter.digests.written_links import find_links
from newsletter.markup import escape_maths, to_plain
from newsletter.model import Paper, Problem

_DAY = re.compile(r"^ {0,3}(?:#{1,6}[ \t]*|\*\*)?papers[ \t]+for\b.*$", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]*(?=.{0,300}$).*\d{4}.*$", re.MULTILINE)
_BREAK = re.compile(r"<br\s?/?>|</?p\s?>", re.IGNORECASE)
_CODE = re.compile(r"(`[^`]*`)")
_DEAD_CLAUSE = re.compile(r"[(（]read more\b[^()（）]{0,80}[)）]\s*$", re.IGNORECASE)
_NOBODY = {"", "-", "–", "—", "n/a", "na", "none", "unknown", "tbd", "..."}
_NOTHING = re.compile(
    r"(?:no|0) (?:new )?papers?\b.{0,100}|tbd|n/?a|none|coming soon|title|\W*", re.IGNORECASE
)


class DailyAiPapers:
    """A Markdown file with a table of papers."""

    name = DAILY_AI_PAPERS

    def sniff(self, text: str) -> bool:
        return find_marked_format(text) == self.name

    def parse(self, text: str) -> Reading:
        papers: list[FoundPaper] = []
        problems: list[Problem] = []
        day = _read_date(text, problems)
        for count, row in enumerate(find_rows(text), 1):
            check_count(count, "rows", row.line)
            if paper := _read_paper(row, problems):
                papers.append(FoundPaper(row.line, paper))
        return Reading(day, tuple(papers), tuple(problems))


def _read_date(text: str, problems: list[Problem]) -> date | None:
    day: date | None = None
    headings = list(_DAY.finditer(text)) or list(_HEADING.finditer(text))[:1]
    line, counted = 1, 0
    for heading in headings:
        line += text.count("\n", counted, heading.start())
        counted = heading.start()
        day = read_day(heading[0], line, day, problems)
    return day


def _read_paper(row: Row, problems: list[Problem]) -> Paper | None:
    cells = split_row(row)
    title, links = _read_title(cells[TITLE])
    url, arxiv_id = choose_link([*links, *_urls(cells.get(LINK, "")), *_urls(cells[OTHER])])
    if not url:
        clause = find_clause(cells.get(SUMMARY, "")[-1_000:])
        url, arxiv_id = choose_link(link.url for link in clause.links) if clause else ("", "")
    if not url and _NOTHING.fullmatch(title) and _NOTHING.fullmatch(cells.get(SUMMARY, "")):
        return None
    if trouble := _trouble(title, url):
        problems.append(Problem(f"{trouble}; left out", row.line, lost_paper=True))
        return None
    written = cells.get(SUMMARY, "")
    summary, sections = read_numbered_summary(escape_maths(_without_breaks(within_limit(written))))
    check_summary(written, summary, row.line, problems)
    return Paper(
        title=title,
        url=url,
        summary=summary,
        sections=sections,
        arxiv_id=arxiv_id,
        authors=tuple(_read_authors(cells.get(AUTHORS, ""))),
    )


def _trouble(title: str, url: str) -> str:
    if len(title) > LONGEST_TITLE:
        return "this row is too long for a paper's"
    if not title:
        return "this paper has no title"
    return "" if url else "this paper has no usable link (http or https)"


def _read_title(cell: str) -> tuple[str, list[str]]:
    """The title as plain text, and the addresses of its cell."""
    text = cell[: 4 * LONGEST_TITLE]
    clause = find_clause(text)
    links = _urls(text)
    if clause:
        text = f"{text[: clause.start]} {text[clause.end :].strip(' .')}"
    words = _DEAD_CLAUSE.sub("", "".join(_labels(text)))
    return to_plain(escape_maths(_without_breaks(words))), links


def _labels(text: str) -> Iterable[str]:
    """The pieces of `text`, links without their addresses: a title may itself be one, and f[x](t) is none."""
    position = 0
    for link in find_links(text):
        written = text[link.start : link.end]
        is_link = is_usable_url(link.url) and not written.startswith("http")
        yield from (text[position : link.start], link.label if is_link else written.replace("](", "]\\("))
        position = link.end
    yield text[position:]


def _urls(text: str) -> list[str]:
    return [link.url for link in find_links(text)]


def _without_breaks(text: str) -> str:
    """`text` in one line, also where it is broken by tags; what stands in code is left."""
    pieces = _CODE.split(text)
    pieces[::2] = [_BREAK.sub(" ", piece) for piece in pieces[::2]]
    return " ".join("".join(pieces).split())


def _read_authors(cell: str) -> Iterable[str]:
    names = (" ".join(html.unescape(name).split()) for name in _BREAK.sub(",", cell).split(","))
    return (name for name in names if name.lower() not in _NOBODY and len(name) <= LONGEST_NAME)
