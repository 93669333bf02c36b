"""The format `hf-chinese`: `# … DATE 论文日报`, then `### N. title` and labelled parts a paper.

    ### 1. 中文标题
    **原文标题：** The title in the paper's own language
    **摘要：**
    What the paper is about, in one or more paragraphs.
    **论文链接：** [HuggingFace](…) | [arXiv](…)

This file finds the headings and the parts below each. Headings without number and parts (figures of
the day, pictures, subscriptions) are no papers and are left out.
"""

from __future__ import annotations

import re
from datetime import date

from newsletter.digests.formats.blocks import Block, cut_blocks
from newsletter.digests.formats.marks import HF_CHINESE, find_marked_format
from newsletter.digests.formats.reading import (
    LONGEST_NAME,
    LONGEST_TITLE,
    FoundPaper,
    Reading,
    check_summary,
    read_day,
    within_limit,
)
from newsletter.digests.links import choose_link
from newsletter.digests.sentences import first_sentence
from newsletter.digests.written_links import find_links
from newsletter.markup import escape_maths, to_plain
from newsletter.model import Paper, Problem, Sections

_HEADING = re.compile(
    r"^ {0,3}(?P<level>#{1,3}|####(?=[^\w\n]*\d{1,6}\s*[.．、]))(?!#)(?P<words>.*)$", re.MULTILINE
)
_DATE_WORDS = "论文日报"
# 1. or 1、 or the keycap 1️⃣, behind pictures
_NUMBER = re.compile(r"[^\w\s]*\s*(?:\d{1,6}\s*(?:\.(?!\d)|[．、:：)）]|\ufe0f?\u20e3[.．、]?)|[①-⑳])\s*")
_PICTURES = re.compile(r"^(?:[^\w\s(（\[【《“「<$`]{1,20}\s+){1,5}")
_LABEL = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?\*\*[ \t]*(?:(?P<original>原文标题|英文标题|原标题)|(?P<abstract>摘要|中文摘要)"
    r"|(?P<link>(?:论文|原文|相关)?链接)|(?P<authors>作者)|(?P<keywords>关键词|关键字)|(?P<other>\w{1,12}))"
    r"[ \t]*(?:[:：][ \t]*\*\*|\*\*[ \t]*[:：])",
    re.MULTILINE,
)
_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n\s*\n")
_SEPARATOR = re.compile(r"[,，、;；]")


class HfChinese:
    """A Markdown page with a heading and labelled parts for each paper."""

    name = HF_CHINESE

    def sniff(self, text: str) -> bool:
        return find_marked_format(text) == self.name

    def parse(self, text: str) -> Reading:
        papers: list[FoundPaper] = []
        problems: list[Problem] = []
        day: date | None = None
        for block in cut_blocks(text, _HEADING):
            if len(block.heading["level"]) < 3 and _DATE_WORDS in block.heading["words"]:
                day = read_day(block.heading["words"], block.line, day, problems)
            elif paper := _read_paper(block, problems):
                papers.append(FoundPaper(block.line, paper))
        return Reading(day, tuple(papers), tuple(problems))


def _read_paper(block: Block, problems: list[Problem]) -> Paper | None:
    parts, words = _parts(block.body), block.heading["words"].strip()
    number = _NUMBER.match(words)
    if not parts.keys() & {"original", "abstract", "link"} and not (
        number and block.heading["level"] == "###"
    ):
        return None
    title, heading_links = _read_title(words, number)
    original = _plain(parts.get("original", ""))
    url, arxiv_id = _choose_link(parts, heading_links)
    if trouble := _trouble(words, title or original, url):
        problems.append(Problem(f"{trouble}; left out", block.line, lost_paper=True))
        return None
    written = parts.get("abstract", "") or parts.get("", "")
    summary = " ".join(escape_maths(within_limit(written)).split())
    check_summary(written, summary, block.line, problems)
    return Paper(
        title=title or original,
        url=url,
        summary=summary,
        sections=Sections(first_sentence(summary)),
        arxiv_id=arxiv_id,
        authors=_list(parts.get("authors", "")),
        keywords=_list(parts.get("keywords", "")),
        original_title=original if title and original != title else "",
    )


def _parts(body: str) -> dict[str, str]:
    """What stands behind each label; under no name, what stands behind none."""
    parts: dict[str, str] = {}
    unmarked: list[str] = []
    name, start = "", 0
    body = _RULE.sub("", body)
    for label in [*_LABEL.finditer(body), None]:
        if label and label["other"] and name == "abstract":
            continue
        words = body[start : label.start() if label else len(body)].strip()
        if name not in {"abstract", "link"}:
            # Nothing else has a second paragraph: it is a text without its label.
            words, *rest = _PARAGRAPH.split(words, maxsplit=1) if name else ("", words)
            unmarked += rest
        if name and name != "other":
            parts[name] = f"{parts.get(name, '')}\n\n{words}".strip()
        if label:
            name, start = label.lastgroup or "", label.end()
    parts[""] = "\n\n".join(filter(None, unmarked))
    return parts


def _choose_link(parts: dict[str, str], heading_links: list[str]) -> tuple[str, str]:
    """The link of a paper; where none is labelled, one that stands in the text as a link of its own."""
    labelled = [link.url for link in find_links(parts.get("link", ""))]
    url, arxiv_id = choose_link([*labelled, *heading_links])
    if url or "link" in parts:
        return url, arxiv_id
    return choose_link(link.url for link in find_links(parts[""]) if link.label)


def _trouble(words: str, title: str, url: str) -> str:
    if len(words) > LONGEST_TITLE or len(title) > LONGEST_TITLE:
        return "this heading is too long for a paper's"
    if not title:
        return "this paper has no title"
    return "" if url else "this paper has no usable link (http or https)"


def _read_title(words: str, number: re.Match[str] | None) -> tuple[str, list[str]]:
    """The title in a heading as plain text, and the addresses where it is itself a link."""
    words = words[: 2 * LONGEST_TITLE]
    words = words[number.end() :] if number else _PICTURES.sub("", words, count=1)
    links = list(find_links(words))
    if len(links) == 1 and links[0].start == 0 and links[0].end == len(words):
        return _plain(links[0].label), [links[0].url]
    return _plain(words), []


def _plain(text: str) -> str:
    return to_plain(escape_maths(" ".join(text[: 2 * LONGEST_TITLE].split())))


def _list(text: str) -> tuple[str, ...]:
    names = (_plain(name) for name in _SEPARATOR.split(text[:LONGEST_TITLE]))
    return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= LONGEST_NAME))
