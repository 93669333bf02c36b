"""The format `json`: what `newsletter digest show --json` prints. So any program can feed the newsletter.

A paper needs a title and a URL; unknown keys, positions and problems are not read. All texts are
plain, and come out again as they are. An array of papers alone is a digest without date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from newsletter.digests.formats.json_scan import JsonScan, Piece
from newsletter.digests.formats.reading import (
    LONGEST_NAME,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    FoundPaper,
    Reading,
    check_count,
    find_day,
)
from newsletter.digests.links import LONGEST_URL, choose_link, read_arxiv_id
from newsletter.digests.sentences import first_sentence
from newsletter.markup import clean_text, escape_markdown
from newsletter.model import Paper, Problem, Sections

_CLAIM = re.compile(r"\s*(?:(?P<object>\{)|\[)")
_PAPERS = re.compile(r"[\"']papers[\"']\s{0,100}:")
_TITLE = re.compile(r"[\"']title[\"']\s{0,100}:")
# No line of JSON begins so: a Markdown text in brackets is left to the other formats.
_MARKDOWN = re.compile(r"^[ \t]{0,3}[#|*]", re.MULTILINE)
_KINDS = {str: "text", float: "a number", bool: "true or false", list: "a list", dict: "an object"}


class JsonDigest:
    """A JSON document with the papers in full."""

    name = "json"

    def sniff(self, text: str) -> bool:
        claim = _CLAIM.match(text)
        if not claim or not (_PAPERS if claim["object"] else _TITLE).search(text):
            return False
        return not _MARKDOWN.search(text)

    def parse(self, text: str) -> Reading:
        scan = JsonScan(text)
        problems: list[Problem] = []
        papers: list[FoundPaper] = []
        day: date | None = None
        if scan.next_mark() == "[":
            papers = _read_papers(scan, problems)
        else:
            for key in scan.members():
                if key == "papers" and scan.next_mark() == "[":
                    papers = _read_papers(scan, problems)
                elif key == "papers":
                    trouble = f"papers is {_kind(scan.read().value)}, not a list"
                    problems.append(Problem(trouble, scan.line))
                elif key == "date":
                    day = _read_date(scan.read(), problems)
                else:
                    scan.read()
        scan.finish()
        return Reading(day, tuple(papers), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts of one paper; what is of a wrong kind is named and taken as missing."""

    name: str
    piece: Piece
    problems: list[Problem]

    def say(self, key: str, trouble: str) -> None:
        self.problems.append(Problem(f"{self.name}.{key} {trouble}", self.piece.line_of(key)))

    def text(self, key: str, longest: int) -> str:
        return self._text(self.piece.value.get(key), key, key, longest)

    def texts(self, key: str) -> tuple[str, ...]:
        written = self.piece.value.get(key)
        if written is not None and not isinstance(written, list):
            self.say(key, f"is {_kind(written)}, not a list")
        if not isinstance(written, list):
            return ()
        for index, each in enumerate(written):
            if not isinstance(each, str) or len(each) > LONGEST_NAME:  # the first of a kind is enough
                self._text(each, f"{key}[{index}]", key, LONGEST_NAME)
                break
        names = (_plain(each) for each in written if isinstance(each, str) and len(each) <= LONGEST_NAME)
        return tuple(filter(None, names))

    def sections(self) -> dict[str, str]:
        written = self.piece.value.get("sections") or {}
        if not isinstance(written, dict):
            self.say("sections", f"is {_kind(written)}, not an object")
            return {}
        names = [field.name for field in fields(Sections)]
        return {
            name: self._text(written.get(name), f"sections.{name}", name, LONGEST_SUMMARY) for name in names
        }

    def _text(self, written: Any, shown: str, key: str, longest: int) -> str:
        if written is None:
            return ""
        if isinstance(written, str) and len(written) <= longest:
            return _plain(written)
        is_text = isinstance(written, str)
        trouble = f"is longer than {longest:,} characters" if is_text else f"is {_kind(written)}, not text"
        self.problems.append(Problem(f"{self.name}.{shown} {trouble}", self.piece.line_of(key)))
        return ""


def _read_papers(scan: JsonScan, problems: list[Problem]) -> list[FoundPaper]:
    papers: list[FoundPaper] = []
    for index, piece in enumerate(scan.items()):
        check_count(index + 1, "papers", piece.line)
        if paper := _read_paper(f"papers[{index}]", piece, problems):
            papers.append(FoundPaper(piece.line, paper))
    return papers


def _read_date(piece: Piece, problems: list[Problem]) -> date | None:
    if piece.value is None:
        return None
    if not isinstance(piece.value, str):
        problems.append(Problem(f"date is {_kind(piece.value)}, not text such as 2025-09-24", piece.line))
        return None
    day = find_day(_plain(piece.value), piece.line)
    if not day:
        problems.append(Problem("date is no date such as 2025-09-24", piece.line))
    return day


def _read_paper(name: str, piece: Piece, problems: list[Problem]) -> Paper | None:
    if not isinstance(piece.value, dict):
        problems.append(
            Problem(f"{name} is {_kind(piece.value)}, not an object; left out", piece.line, lost_paper=True)
        )
        return None
    own: list[Problem] = []
    facts = _Facts(name, piece, own)
    title, written_url = facts.text("title", LONGEST_TITLE), facts.text("url", LONGEST_URL)
    url, arxiv_id = choose_link([written_url])
    if not title or not url:
        if not own:
            facts.say(*("url", "is no usable link (http or https)") if title else ("title", "is missing"))
        problems.append(Problem(f"{own[0].message}; left out", own[0].line, lost_paper=True))
        return None
    summary, sections = _read_summary(facts)
    paper = Paper(
        title=title,
        url=url,
        arxiv_id=read_arxiv_id(facts.text("arxiv_id", LONGEST_NAME)) or arxiv_id,
        authors=facts.texts("authors"),
        keywords=tuple(dict.fromkeys(facts.texts("keywords"))),
        original_title=facts.text("original_title", 2 * LONGEST_TITLE),
        summary=summary,
        sections=sections,
    )
    problems += own
    return paper


def _read_summary(facts: _Facts) -> tuple[str, Sections]:
    """The text and the sections as Markdown that shows as what is written."""
    marked = facts.sections()
    text = facts.text("text", LONGEST_SUMMARY) or " ".join(filter(None, marked.values()))
    one_line = marked.pop("one_line", "") or first_sentence(text)
    others = {name: escape_markdown(words) for name, words in marked.items()}
    return escape_markdown(text), Sections(escape_markdown(one_line), **others)


def _plain(text: str) -> str:
    return " ".join(clean_text(text).split())


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "null")
