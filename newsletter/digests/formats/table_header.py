"""Reads the header of a table of papers: which column holds what, found by name in any order.

Rows are for `table_rows`.
"""

from __future__ import annotations

import re

TITLE, AUTHORS, SUMMARY, LINK, OTHER = "title", "authors", "summary", "link", ""

PIPE = re.compile(r"(?<!\\)\|")
TITLE_WORDS = "title|paper|name|标题|论文"  # without one of these no line is a header
_LONGEST = 300
_NAMES = {
    TITLE: re.compile(r"(?:paper )?titles?|papers?(?: name)?|names?|(?:论文)?标题|论文(?:名称)?"),
    AUTHORS: re.compile(r"(?:paper )?author(?:s| ?\(s)?|作者"),
    SUMMARY: re.compile(
        r"(?:paper |ai )?(?:summar(?:y|ies)|abstracts?|descriptions?|overview)|tl;?dr"
        r"|key (?:points?|takeaways?|insights?|findings?|contributions?)|highlights?|notes?|摘要|总结"
    ),
    LINK: re.compile(
        r"(?:paper )?(?:links?|urls?)|read more|sources?|arxiv(?: link)?|pdf|hugging ?face(?: link)?"
        r"|(?:论文)?链接"
    ),
}
_TITLE_WORD = re.compile(TITLE_WORDS, re.IGNORECASE)
_NO_WORD = re.compile(r"^[\W_]+|[\W_]+$")


def read_columns(line: str) -> tuple[str, ...]:
    """What each column holds, by the header in `line`; empty where it is no header of papers."""
    if len(line) > _LONGEST or "|" not in line or not _TITLE_WORD.search(line):
        return ()
    cells = PIPE.split(line.strip().removeprefix("|").removesuffix("|"))
    columns = tuple(map(_kind, cells))
    known = [kind for kind in columns if kind]
    is_header = columns.count(TITLE) == 1 and len(known) > 1
    return columns if is_header else ()


def _kind(cell: str) -> str:
    name = _NO_WORD.sub("", " ".join(cell.lower().split()))
    return next((kind for kind, names in _NAMES.items() if names.fullmatch(name)), OTHER)
