"""Columns and wrapping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.text import COLUMNS, find_links, measure, shorten, wrap, wrap_lines

_TEXT = st.text(alphabet="ab 中文，。（《》“”.https://x-%é́🙂\u3000", max_size=400)


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("中文", 4), ("（a）", 5), ("e\u0301", 1), ("", 0), ("🙂", 2)]
)
def test_a_wide_character_counts_two_columns(text: str, columns: int) -> None:
    assert measure(text) == columns


@given(_TEXT)
def test_wrapping_loses_and_invents_no_character(text: str) -> None:
    assert "".join(wrap(text, 4).split()) == "".join(text.split())


@given(st.text(alphabet="ab 中文字，。", max_size=400))
def test_no_line_of_short_words_is_wider_than_allowed(text: str) -> None:
    words = " ".join(text[start : start + 12] for start in range(0, len(text), 12))
    assert all(measure(line) <= COLUMNS for line in wrap(words).splitlines())


def test_an_address_is_never_broken() -> None:
    address = "https://papers.test/unsubscribe/" + "a-b_c" * 40
    assert address in wrap(f"中文说明：{address} 之后的文字", 4).split()[1]


def test_no_line_begins_with_closing_punctuation() -> None:
    lines = wrap("字" * 37 + "字字，" * 30).splitlines()
    assert not any(line.startswith("，") for line in lines)


def test_an_opening_bracket_stays_with_its_word() -> None:
    assert wrap("字" * 37 + "（词）").splitlines() == ["字" * 37, "（词）"]


def test_continued_lines_are_indented() -> None:
    assert wrap("字" * 40, 4).splitlines() == ["字" * 36, "    " + "字" * 4]


@given(_TEXT, st.integers(2, 60))
def test_shortened_text_fits(text: str, columns: int) -> None:
    shortened = shorten(text, columns)
    assert measure(shortened) <= columns
    assert shortened == text or shortened.endswith("…")


def test_links_of_markdown_are_found_as_written() -> None:
    assert find_links("见[这里](https://a.test/?x=1&y=2)和`code`") == ["https://a.test/?x=1&y=2"]


def test_long_lines_of_a_text_are_wrapped_where_they_began() -> None:
    long = "  " + "word " * 20 + "end"
    short, address = "a" * 76, "see https://papers.test/" + "x" * 80
    first, second, *rest = wrap_lines(f"{long}\r\n{short}\r\n{address}\r\n".encode()).decode().split("\r\n")
    assert measure(first) <= COLUMNS
    assert first.startswith("  word")
    assert second.startswith("  word")
    assert rest == [short, address, ""]
