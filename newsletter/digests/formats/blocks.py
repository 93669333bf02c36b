"""Cuts a text at its headings: what formats of one heading a paper have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.digests.formats.reading import check_count


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, its line (from 1), and the text down to the next one."""

    line: int
    heading: re.Match[str]
    body: str


def cut_blocks(text: str, heading: re.Pattern[str]) -> Iterator[Block]:
    """The text from its first heading on. Raises DigestError where there are too many."""
    line, counted, count = 1, 0, 0
    found = heading.search(text)
    while found:
        following = heading.search(text, found.end())
        line += text.count("\n", counted, found.start())
        counted, count = found.start(), count + 1
        check_count(count, "headings", line)
        yield Block(line, found, text[found.end() : following.start() if following else len(text)])
        found = following
