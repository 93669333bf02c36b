"""Inline Markdown as feeds, pages and mails show it."""

from __future__ import annotations

import time

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_cjk_friendly import cjk_friendly

from newsletter.markup import clean_text, escape_markdown, escape_maths, to_html, to_plain

LIBRARY = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").use(cjk_friendly)
WRITTEN = st.text(st.sampled_from("ab 的。*_`[]()<>&~!\\\n-:#$%@^{}1") | st.characters(codec="utf-8"))


@given(text=WRITTEN)
def test_plain_runs_are_found_as_the_library_finds_them(text: str) -> None:
    cleaned = "".join(each for each in text if each.isprintable() or each == "\n")
    expected = nh3.clean(
        LIBRARY.renderInline(cleaned),
        tags={"strong", "em", "code", "a", "br", "s"},
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https"},
        url_relative="deny",
    )
    assert to_html(cleaned) == expected


def test_strong_text_next_to_chinese_is_strong() -> None:
    assert to_html("达到**73.5%**的水平") == "达到<strong>73.5%</strong>的水平"
    assert to_plain("达到**73.5%**的水平") == "达到73.5%的水平"


def test_html_in_a_digest_is_text() -> None:
    assert to_html("a <script>alert(1)</script> & b") == "a &lt;script&gt;alert(1)&lt;/script&gt; &amp; b"


@given(text=WRITTEN)
def test_escaped_text_shows_as_it_is(text: str) -> None:
    assert to_plain(escape_markdown(text)) == " ".join(clean_text(text).split())
    assert "<" not in to_html(escape_markdown(text)).replace("<br>", "")


@given(text=WRITTEN)
def test_formulas_show_as_they_are_and_escaping_them_changes_nothing_else(text: str) -> None:
    formula = "$" + "".join(text.replace("$", "").replace("`", "").replace("\\", "").split()) + "x$"
    assert to_plain(escape_maths(f"a {formula} b")) == f"a {clean_text(formula)} b"
    without = text.replace("$", "")
    assert escape_maths(without) == without


def test_prices_and_code_are_no_formulas() -> None:
    for text in ("$5 to *$10*", "`$a_1 * b$` and `c$`", r"\$x_1$ *y*", "$ a *b* $"):
        assert escape_maths(text) == text


def test_a_hundred_thousand_marks_that_mark_nothing_are_joined_to_one_text() -> None:
    for marks in ("*" * 100_000, "_" * 100_000, "~" * 100_001):
        assert to_plain(marks) == to_html(marks) == marks


@pytest.mark.parametrize("mark", ["[", "![", "[]", "[a] "])
def test_brackets_without_an_address_cost_no_more_than_letters(mark: str) -> None:
    text = (mark * 300_000).strip()
    began = time.process_time()
    assert to_plain(text) == text
    assert time.process_time() - began < 1
