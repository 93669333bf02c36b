"""Tells the cells of a row apart, also where pipes stand within a title or a summary.

Which pipes separate cells is guessed only where there are too many: a separator has white space about
it, none stands in a formula or an open bracket of a title, and the clause "(Read more on …)" ends its
title. What a cell says is for the format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from newsletter.digests.formats.link_clause import find_clause, is_links_only
from newsletter.digests.formats.table_header import LINK, OTHER, PIPE, SUMMARY, TITLE
from newsletter.digests.formats.table_rows import Row

_LONGEST_TITLE = 2_000
_LONGEST_LINK = 1_000


def split_row(row: Row) -> dict[str, str]:
    """What stands in each column, by its kind; escaped pipes are pipes again."""
    text = row.text.removeprefix("|")
    if text.endswith("|") and not text.endswith("\\|"):
        text = text[:-1]
    columns = row.columns
    pipes = [match.start() for match in PIPE.finditer(text)]
    if len(pipes) == len(columns) and columns[-1] == SUMMARY and is_links_only(text[pipes[-1] + 1 :]):
        columns = (*columns, LINK)  # a table whose header was lost, or is shorter than its rows
    if len(pipes) >= len(columns):
        pipes = _choose_pipes(text, pipes, columns)
    starts = [0, *(pipe + 1 for pipe in pipes)]
    ends = [*pipes, len(text)]
    cells = dict.fromkeys((*columns, OTHER), "")
    for kind, start, end in zip(columns, starts, ends, strict=False):
        cells[kind] = f"{cells[kind]} {text[start:end]}".replace("\\|", "|").strip()
    return cells


def _choose_pipes(text: str, pipes: list[int], columns: tuple[str, ...]) -> list[int]:
    """One pipe fewer than columns, left to right. Those to spare belong to the summary's words."""
    widest = columns.index(SUMMARY if SUMMARY in columns else TITLE)
    before, behind = columns[:widest], columns[widest + 1 :]
    right = _choose_from_right(text, pipes[len(before) :], behind)
    left = pipes[: pipes.index(right[0])] if right else pipes
    return _choose_from_left(text, left, before, has_links=LINK in columns) + right


def _choose_from_left(text: str, pipes: list[int], kinds: tuple[str, ...], *, has_links: bool) -> list[int]:
    chosen: list[int] = []
    start = first = 0
    for index, kind in enumerate(kinds):
        candidates = pipes[first : len(pipes) - len(kinds) + index + 1]
        if kind == TITLE:
            pipe = _end_of_title(text, start, candidates, has_links=has_links)
        else:
            pipe = next((each for each in candidates if _is_separator(text, each)), candidates[0])
        chosen.append(pipe)
        first, start = pipes.index(pipe) + 1, pipe + 1
    return chosen


def _choose_from_right(text: str, pipes: list[int], kinds: tuple[str, ...]) -> list[int]:
    chosen: list[int] = []
    for index, kind in enumerate(reversed(kinds)):
        candidates = pipes[len(kinds) - index - 1 :]
        pipe = next((each for each in reversed(candidates) if _is_separator(text, each)), candidates[-1])
        if kind == LINK and kinds.count(LINK) == 1:
            pipe = _begin_of_links(text, candidates, pipe)
        chosen.insert(0, pipe)
        pipes = pipes[: pipes.index(pipe)]
    return chosen


def _begin_of_links(text: str, pipes: list[int], pipe: int) -> int:
    """The pipe before a cell of several links, which pipes separate too."""
    for earlier in reversed(pipes[: pipes.index(pipe)]):
        if pipe - earlier > _LONGEST_LINK or not is_links_only(text[earlier + 1 : pipe]):
            break
        pipe = earlier
    return pipe


def _end_of_title(text: str, start: int, pipes: list[int], *, has_links: bool) -> int:
    """The pipe that ends the title beginning at `start`."""
    clause = None if has_links else find_clause(text[start : start + _LONGEST_TITLE])
    if clause:
        behind = [pipe for pipe in pipes if pipe >= start + clause.end]
        if behind:
            return behind[0]
    separators = [pipe for pipe in pipes if _is_separator(text, pipe)]
    return next(_outside_brackets(text, start, separators), (separators or pipes)[0])


def _outside_brackets(text: str, start: int, pipes: Iterable[int]) -> Iterator[int]:
    depth = dollars = ticks = 0
    limit = start + _LONGEST_TITLE
    for pipe in pipes:
        piece = text[start : min(pipe, limit)]
        depth += sum(map(piece.count, "([{（")) - sum(map(piece.count, ")]}）"))
        dollars += piece.count("$")
        ticks += piece.count("`")
        if depth <= 0 and dollars % 2 == ticks % 2 == 0:
            yield pipe
        start = pipe


def _is_separator(text: str, pipe: int) -> bool:
    return text[pipe - 1 : pipe].isspace() and (text[pipe + 1 : pipe + 2] or " ").isspace()
