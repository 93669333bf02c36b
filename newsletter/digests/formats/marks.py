"""Tells by its marks in which format a Markdown text is; one decision, so that never two claim it.

What stands under each mark is for the formats.
"""

from __future__ import annotations

import re
from functools import lru_cache

from newsletter.digests.formats.table_header import TITLE_WORDS, read_columns

PAPERS_FOR = "papers-for"
DAILY_AI_PAPERS = "daily-ai-papers"
HF_CHINESE = "hf-chinese"

# A line that begins a paper, or a table of papers: the first of these decides.
_PAPER = re.compile(
    r"^ {0,3}(?:(?P<heading>##(?!#)[ \t]*\d{1,9}[ \t]*[.．、][ \t]*[\[［])"
    r"|(?P<label>\*\*[ \t]*(?:原文标题|论文链接)[ \t]*(?:[:：]|\*\*[ \t]*[:：]))"
    rf"|(?P<table>(?=.{{0,300}}$)(?=.*\|).*(?:{TITLE_WORDS}).*))",
    re.IGNORECASE | re.MULTILINE,
)
# A day without papers has its heading alone.
_DAY = re.compile(
    r"^ {0,3}(?:(?P<papers_for>#(?!#)[ \t]*papers[ \t]+for\b)"
    r"|(?P<daily>##{1,5}[ \t]*papers[ \t]+for\b)"
    r"|(?P<chinese>#{1,2}(?!#).{0,500}论文日报))",
    re.IGNORECASE | re.MULTILINE,
)


@lru_cache(maxsize=1)  # every format asks, one after the other
def find_marked_format(text: str) -> str:
    """The name of the format that `text` is marked as; empty where it bears no mark."""
    for match in _PAPER.finditer(text):
        if match["heading"]:
            return PAPERS_FOR
        if match["label"]:
            return HF_CHINESE
        if read_columns(match["table"]):
            return DAILY_AI_PAPERS
    if day := _DAY.search(text):
        return PAPERS_FOR if day["papers_for"] else DAILY_AI_PAPERS if day["daily"] else HF_CHINESE
    return ""
