"""A long line of a damaged digest takes memory of about its length: no pattern remembers each mark of it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable

import pytest

from newsletter.digests.formats.table_rows import find_rows
from newsletter.digests.keyword_list import read_bold_list
from newsletter.digests.written_links import find_links

LENGTH = 1_000_000
READERS: dict[str, Callable[[str], object]] = {
    "bold list": read_bold_list,
    "links": lambda text: list(find_links(text)),
    "rows": lambda text: list(
        find_rows(f"| Title | Authors | Summary |\n|---|---|---|\n| a | b | c |\n{text}")
    ),
}
MARKS = {
    "bold list": ("**a", "*a"),
    "links": ("[x](", "a", "(a)", "\n", "[x](a", "<a href="),
    "rows": ("<br>", "<!---->", "<!--", "<!-- -", "<details open>"),
}
BEGINNINGS = {"bold list": "**a", "links": "[x](", "rows": ""}


def lines_of(reader: str) -> Iterable[str]:
    for mark in MARKS[reader]:
        yield BEGINNINGS[reader] + mark * (LENGTH // len(mark))


@pytest.mark.parametrize("reader", READERS)
def test_a_long_line_takes_little_more_memory_than_it_has_characters(reader: str) -> None:
    for line in lines_of(reader):
        tracemalloc.start()
        READERS[reader](line)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 25 * LENGTH, f"{line[:20]!r}: {peak:,} bytes"
