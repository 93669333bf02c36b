"""Finds the rows of the tables of a text, broken over lines as they may be.

A row runs from its first pipe to the last line that closes it; text between tables belongs to none.
What stands in a row's cells is for `table_cells`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.digests.formats.table_header import AUTHORS, LINK, PIPE, SUMMARY, TITLE, read_columns

# What a table without a header is taken for.
_USUAL = (TITLE, AUTHORS, SUMMARY)
_RULE = " \t|:+=-"
_HEADING = re.compile(r" {0,3}#{1,6}\s")
_LEFTOVER = re.compile(
    r"\s*(?:<!--.*?-->|</?(?:details|summary|table|tbody|thead|tr|div|center|p|br|hr|img)\b[^<>]*>)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as written, its lines joined by newlines; `line` counts from 1."""

    line: int
    columns: tuple[str, ...]
    text: str


@dataclass(slots=True)
class _Draft:
    """A row as far as it has been read; `closed` is how many of its lines a closing pipe has ended."""

    line: int
    columns: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    pipes: int = 0
    closed: int = 0
    blank: int = 0

    def add(self, line: str) -> None:
        if not line:
            self.blank = self.blank or (self.has_all_cells and len(self.lines))
        if _is_leftover(line):
            return
        if not self.lines and not line.startswith("|"):
            line = f"| {line}"
        self.lines.append(line)
        self.pipes += _count_pipes(line)
        if self.pipes > len(self.columns) and line.endswith("|"):
            self.closed = len(self.lines)

    @property
    def has_all_cells(self) -> bool:
        return self.pipes >= len(self.columns)

    @property
    def text(self) -> str:
        """Without what was no part of it: text behind its last pipe, or behind a blank line."""
        return "\n".join(self.lines[: self.closed or self.blank or len(self.lines)])


def find_rows(text: str) -> Iterator[Row]:
    """The rows of all tables in `text`, in order, header and rule left out."""
    earlier: _Draft | None = None
    for draft in _drafts(text):
        if earlier and _is_rest(draft, earlier):
            for line in draft.lines:
                earlier.add(line)
            continue
        if earlier:
            yield Row(earlier.line, earlier.columns, earlier.text)
        earlier = draft
    if earlier:
        yield Row(earlier.line, earlier.columns, earlier.text)


def _is_leftover(line: str) -> bool:
    """Whether it holds nothing but comments and tags, which show nothing between two rows."""
    at = 0
    while at < len(line):  # not one pattern for all: it would remember each of a million tags
        tag = _LEFTOVER.match(line, at)
        if tag is None:
            return False
        at = tag.end()
    return True


def _is_rest(draft: _Draft, earlier: _Draft) -> bool:
    """Whether what begins with a pipe is no row, but goes on with a summary that was broken before `|x|`."""
    if earlier.closed or earlier.blank or draft.columns is not earlier.columns:
        return False
    is_short = draft.pipes <= len(draft.columns) or not draft.lines[0].startswith("| ")
    return is_short and not any("://" in line for line in draft.lines)


def _drafts(text: str) -> Iterator[_Draft]:
    columns: tuple[str, ...] = _USUAL
    is_bare = False
    draft: _Draft | None = None
    for number, written in enumerate(text.split("\n"), 1):
        line = written.strip()
        header = read_columns(line)
        ends_row = bool(header) or _ends_row(written, draft)
        begins_row = not ends_row and _begins_row(line, draft, columns, is_bare=is_bare)
        if draft and (ends_row or begins_row):
            yield draft
            draft = None
        if header:
            columns, is_bare = header, not line.startswith("|")
        elif begins_row:
            draft = _Draft(number, columns)
        if draft:
            draft.add(line)
    if draft:
        yield draft


def _ends_row(line: str, draft: _Draft | None) -> bool:
    """A rule; a heading or nothing, but not in the midst of a row: words may be broken before a # too."""
    may_end = draft is None or bool(draft.closed or draft.blank)
    if not line.strip(_RULE):
        return may_end or "---" in line or ("-" in line and "|" in line)
    return may_end and _HEADING.match(line) is not None


def _begins_row(line: str, draft: _Draft | None, columns: tuple[str, ...], *, is_bare: bool) -> bool:
    pipes = _count_pipes(line)
    enough = len(columns)
    if is_bare:
        return pipes >= enough - 1
    if not line.startswith("|"):  # forgotten, where the line is a whole row and none is open
        return (not draft or bool(draft.closed)) and pipes >= enough - 1 and "://" in line
    if not draft or draft.has_all_cells:
        return True
    head = line if LINK in columns else PIPE.split(line, maxsplit=2)[1]
    return pipes >= enough and draft.pipes + pipes > enough + 1 and "://" in head


def _count_pipes(line: str) -> int:
    return len(PIPE.findall(line))
