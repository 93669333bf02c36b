"""Inline Markdown as feeds, pages and mails show it."""

from __future__ import annotations

import nh3
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_cjk_friendly import cjk_friendly

from newsletter.markup import to_html, to_plain

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
